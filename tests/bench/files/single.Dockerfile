ARG BASE_IMAGE
ARG BASE_IMAGE_TAG
FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
RUN mkdir /work
FROM base AS one
RUN echo one > /work/one
FROM base AS two
RUN echo two > /work/two
FROM base AS three
RUN echo three > /work/three
FROM base AS runtime
COPY --from=one /work/one /work/
COPY --from=two /work/two /work/
COPY --from=three /work/three /work/
COPY . /context/
