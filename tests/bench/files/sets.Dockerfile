# Steps sleep: how long the set has to take does not depend on the machine, and three targets do not
# compete for its cores. `base` is what all three share, `one` what two of them do.
ARG BASE_IMAGE
ARG BASE_IMAGE_TAG
FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS base
RUN mkdir /work && sleep 3
FROM base AS one
RUN sleep 2 && echo one > /work/one
FROM base AS two
RUN sleep 3 && echo two > /work/two
FROM base AS first
COPY --from=one /work/one /work/
COPY --from=two /work/two /work/
COPY . /context/
RUN sleep 2
FROM base AS second
COPY --from=one /work/one /work/
RUN sleep 3
FROM base AS third
COPY . /context/
RUN sleep 4
