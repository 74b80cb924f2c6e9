# The runtime with what developers need: compilers, debuggers, editors. Runs as root, whose files
# in a mounted workspace the launcher maps to the user.
#
# With DYNAMO_SOURCE=tree the sources are in /workspace and installed editable.
ARG DYNAMO_SOURCE=wheel

FROM runtime AS dev_tools
USER root
ARG PYTHON_VERSION
RUN --mount=type=secret,id=ca \
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    /opt/build/bin/install-packages \
      bash-completion cmake file g++ gcc gdb git git-lfs htop iproute2 iputils-ping jq less libclang-dev libssl-dev \
      lsof make netcat-openbsd openssh-client patchelf pkg-config procps protobuf-compiler \
      python${PYTHON_VERSION}-dev rsync strace sudo tree unzip vim-tiny wget zip

# The Rust of `toolchain`: rustup's as files, the distribution's as packages.
ARG RUST_SOURCE
ARG RUST_PACKAGES=
ENV RUSTUP_HOME=/usr/local/rustup \
    CARGO_HOME=/home/dynamo/.cargo \
    PATH=/usr/local/rustup/current/bin:/usr/local/cargo/bin:/opt/build/bin:${PATH}
COPY --from=toolchain /usr/local/rustup/ /usr/local/rustup/
COPY --from=toolchain /usr/local/cargo/ /usr/local/cargo/
COPY --from=toolchain /opt/build/ /opt/build/
RUN --mount=type=secret,id=ca \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    if [ "${RUST_SOURCE}" = package ]; then install-packages ${RUST_PACKAGES}; fi; \
    cargo --version

FROM dev_tools AS dev_wheel

FROM dev_tools AS dev_tree
ARG PYTHON_PACKAGES_BEFORE=
COPY --chown=1000:0 . /workspace/
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=uv-default-index \
    --mount=type=cache,target=/root/.cache/uv \
    umask 002 \
 && UV_CACHE_DIR=/root/.cache/uv online uv pip install --quiet --link-mode copy --no-deps \
      ${PYTHON_PACKAGES_BEFORE:+--exclude-newer "${PYTHON_PACKAGES_BEFORE}"} --editable /workspace

FROM dev_${DYNAMO_SOURCE} AS dev
ARG DYNAMO_COMMIT_SHA=
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}
