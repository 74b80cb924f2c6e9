# What developers need in addition to the engine: compilers, debuggers, editors. Dynamo comes on top of it, so
# that these gigabytes stay as they are when Dynamo changes.
FROM framework AS dev_tools
USER root
# The Rust of `toolchain`: rustup's as files, the distribution's as packages.
COPY --from=toolchain /usr/local/rustup/ /usr/local/rustup/
COPY --from=toolchain /usr/local/cargo/ /usr/local/cargo/
COPY --from=toolchain /opt/build/ /opt/build/
ARG PYTHON_VERSION
ARG RUST_SOURCE
ARG RUST_PACKAGES=
ENV RUSTUP_HOME=/usr/local/rustup \
    CARGO_HOME=/home/dynamo/.cargo \
    PATH=/usr/local/rustup/current/bin:/usr/local/cargo/bin:/opt/build/bin:${PATH}
RUN --mount=type=secret,id=ca \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    set -e; rust=; if [ "${RUST_SOURCE}" = package ]; then rust="${RUST_PACKAGES}"; fi; \
    install-packages \
      bash-completion clang cmake fd-find file g++ gcc gdb gh git git-lfs htop iproute2 iputils-ping jq less libclang-dev \
      libfontconfig-dev libprotobuf-dev libssl-dev lsof make meson netcat-openbsd ninja-build openssh-client patchelf pkg-config \
      procps protobuf-compiler pybind11-dev python${PYTHON_VERSION}-dev ripgrep rsync strace sudo tmux tree unzip valgrind vim-tiny \
      wget yq zip ${rust}; \
    cargo --version
