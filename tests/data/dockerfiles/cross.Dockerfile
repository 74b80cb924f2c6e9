# syntax=docker/dockerfile:1

ARG GO_VERSION=1.24.4
ARG BASE_DEBIAN_DISTRO="bookworm"
ARG GOLANG_IMAGE="debian:${BASE_DEBIAN_DISTRO}-slim"
ARG DOCKER_STATIC=1

# cross compilation helper
FROM --platform=$BUILDPLATFORM scratch AS xx
COPY --chmod=0755 <<"EOF" /usr/bin/xx-go
#!/bin/sh
ARG="$1" FROM nowhere
EOF

# base is what all start from
FROM --platform=$BUILDPLATFORM ${GOLANG_IMAGE} AS base
COPY --from=xx / /
RUN echo 'Binary::apt::APT::Keep-Downloaded-Packages "true";' > /etc/apt/apt.conf.d/keep-cache
ARG APT_MIRROR
RUN test -n "$APT_MIRROR" && sed -ri "s/(httpredir|deb).debian.org/${APT_MIRROR}/g" /etc/apt/sources.list || true
ARG DEBIAN_FRONTEND=noninteractive
ENV GOTOOLCHAIN=local

FROM base AS criu
ARG CRIU_VERSION=v3.17.1
ARG CRIU_VERSION=${CRIU_VERSION#v}
RUN --mount=type=cache,sharing=locked,id=moby-criu-aptlib,target=/var/lib/apt \
    --mount=type=cache,sharing=locked,id=moby-criu-aptcache,target=/var/cache/apt \
        echo ${CRIU_VERSION} \
# a comment in between
     && true

FROM base AS build-${TARGETOS:-x}
FROM base AS binary-base
FROM criu AS binary-1
FROM base AS binary-
FROM binary-${DOCKER_STATIC} AS binary
ARG TARGETPLATFORM
ARG GITHUB_ACTIONS
RUN --mount=type=bind,target=.,rw \
    --mount=type=secret,id=GIT_AUTH_TOKEN,env=TOKEN \
    --mount=type=ssh,id=github <<EOT
  set -e
  ARG=1
  xx-go build
EOT

FROM scratch AS dev
COPY --from=binary / /
