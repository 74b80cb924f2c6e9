# syntax=docker/dockerfile:1.10.0
# SPDX-License-Identifier: Apache-2.0

##################################
########## Build Arguments #######
##################################

ARG ENABLE_KVBM="false"
ARG BASE_IMAGE="debian"
ARG BASE_IMAGE_TAG="bookworm-slim"
ARG ARCH=amd64
ARG ARCH_ALT=x86_64
ARG FRAMEWORK_STAGE=${ENABLE_KVBM%e}

FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS dynamo_base
ARG ARCH
ARG ARCH_ALT
USER root
RUN <<NATS
    set -eu
    curl -fsSL https://example.org/nats-${ARCH}.deb -o /tmp/nats.deb
NATS
ENV ETCD_VERSION="v3.5.21"
RUN cat <<'CONF' > /etc/lab.conf && cat /etc/lab.conf
[server]
port = 8000
CONF
ENV PATH=/usr/local/bin/etcd/:$PATH \
    RUSTARCH=${ARCH_ALT}-unknown-linux-gnu

FROM dynamo_base AS wheel_fals
ARG CARGO_BUILD_JOBS
ENV CARGO_BUILD_JOBS=${CARGO_BUILD_JOBS:-16}
RUN --mount=type=secret,id=aws-key-id,env=AWS_ACCESS_KEY_ID \
    --mount=type=secret,id=aws-secret-id,env=AWS_SECRET_ACCESS_KEY \
    --mount=type=cache,target=/root/.cargo/registry \
    python3 - <<PY
import os
print("FROM python", "$CARGO_BUILD_JOBS")
PY

FROM wheel_${FRAMEWORK_STAGE} AS wheel_builder
ARG ENABLE_KVBM
ARG SCCACHE_REGION=""
RUN if [ "${ENABLE_KVBM}" = "true" ]; then echo yes; \
    else \
        # nothing to do
        echo no; \
    fi

FROM dynamo_base AS runtime
COPY --chmod=775 --chown=1000:0 --from=wheel_builder /opt /opt/
SHELL ["/bin/bash", "-l", "-o", "pipefail", "-c"]
LABEL org.opencontainers.image.source="https://example.org/" \
      "a b"='c d'
CMD []
ENTRYPOINT []

FROM runtime AS dev
ARG USERNAME=dynamo
ARG USER_UID
ARG USER_GID=${USER_UID}
RUN groupadd --gid $USER_GID $USERNAME || true
