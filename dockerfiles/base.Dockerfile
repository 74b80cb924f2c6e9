# The tools that every other stage builds with, and the services of the distributed mode.
#
# Nothing here ends up in an image that people run, except what `runtime` copies.
# Everything downloaded is pinned: the version and the checksums come from the profile.

FROM helpers AS base
ARG PYTHON_VERSION
RUN --mount=type=secret,id=ca \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    install-packages ca-certificates curl python${PYTHON_VERSION} python${PYTHON_VERSION}-venv

# uv comes as its wheel: one file, the same index and the same mirror as everything of Python.
ARG UV_VERSION
ARG UV_SHA256_AMD64=
ARG UV_SHA256_ARM64=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=pip-index-url \
    --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    python${PYTHON_VERSION} -m venv /opt/build/python \
 && pinned uv "${UV_VERSION}" ${UV_SHA256_AMD64} ${UV_SHA256_ARM64} > /tmp/uv.txt \
 && online /opt/build/python/bin/pip install --quiet --disable-pip-version-check --only-binary :all: --requirement /tmp/uv.txt \
 && mv /opt/build/python/bin/uv /opt/build/bin/uv \
 && rm /tmp/uv.txt

# What stages that start from other images mount: a stage of few layers, because the layers of a stage
# that is mounted count for some engines as the image's own do.
FROM scratch AS tools
COPY --from=base /opt/build/ /

# NATS and etcd, which the distributed mode needs: the programs alone, nothing gets installed.
FROM base AS service_programs
ARG TARGETARCH
ARG NATS_SOURCE
ARG NATS_URL=
ARG NATS_SHA256_AMD64=
ARG NATS_SHA256_ARM64=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    take-program nats-server "${NATS_SOURCE}" nats-server "${NATS_URL}-linux-${TARGETARCH}.tar.gz" ${NATS_SHA256_AMD64} ${NATS_SHA256_ARM64}
ARG ETCD_SOURCE
ARG ETCD_URL=
ARG ETCD_SHA256_AMD64=
ARG ETCD_SHA256_ARM64=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    take-program etcd "${ETCD_SOURCE}" etcd-server "${ETCD_URL}-linux-${TARGETARCH}.tar.gz" ${ETCD_SHA256_AMD64} ${ETCD_SHA256_ARM64} \
 && take-program etcdctl "${ETCD_SOURCE}" etcd-client "${ETCD_URL}-linux-${TARGETARCH}.tar.gz" ${ETCD_SHA256_AMD64} ${ETCD_SHA256_ARM64}
