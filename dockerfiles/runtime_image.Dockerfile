# What the device's runtime starts from.
ARG RUNTIME_IMAGE
ARG RUNTIME_IMAGE_TAG

FROM ${RUNTIME_IMAGE}:${RUNTIME_IMAGE_TAG} AS runtime_image
