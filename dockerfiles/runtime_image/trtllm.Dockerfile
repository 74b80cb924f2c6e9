# An image that has TensorRT-LLM. TENSORRTLLM_SOURCE says how it gets there:
#   image      the released image, as it is
#   wheel      a released wheel, TENSORRTLLM_PIP_WHEEL of the index TENSORRTLLM_INDEX_URL
#   directory  a wheel of yours: the build context `trtllm_wheel` is its directory
#   git        compiled from TENSORRTLLM_GIT_URL at GITHUB_TRTLLM_COMMIT, in the image with its
#              compilers and libraries, TENSORRTLLM_DEVEL_IMAGE
# All but the first stand on NVIDIA's PyTorch, whose packages the wheel is made for. That image pins
# packages for pip by PIP_CONSTRAINT, among them some that the wheel wants in another version.
ARG RUNTIME_IMAGE
ARG RUNTIME_IMAGE_TAG
ARG PYTORCH_IMAGE
ARG PYTORCH_IMAGE_TAG
ARG TENSORRTLLM_DEVEL_IMAGE
ARG TENSORRTLLM_DEVEL_IMAGE_TAG
ARG TENSORRTLLM_SOURCE

FROM ${RUNTIME_IMAGE}:${RUNTIME_IMAGE_TAG} AS tensorrtllm_image

FROM ${PYTORCH_IMAGE}:${PYTORCH_IMAGE_TAG} AS tensorrtllm_pytorch
RUN --mount=type=secret,id=ca \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    /opt/build/bin/install-packages git git-lfs libopenmpi-dev

FROM tensorrtllm_pytorch AS tensorrtllm_wheel
ARG TENSORRTLLM_PIP_WHEEL
ARG TENSORRTLLM_INDEX_URL=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=pip-index-url \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    unset PIP_CONSTRAINT; /opt/build/bin/online python3 -m pip install --quiet --break-system-packages \
      ${TENSORRTLLM_INDEX_URL:+--extra-index-url "${TENSORRTLLM_INDEX_URL}"} "${TENSORRTLLM_PIP_WHEEL}"

# `--build-context trtllm_wheel=DIR` takes the place of this stage.
FROM scratch AS trtllm_wheel
WORKDIR /

FROM tensorrtllm_pytorch AS tensorrtllm_directory
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=pip-index-url \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=trtllm_wheel,target=/tmp/wheels \
    --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    set -e; wheels=$(find /tmp/wheels -name '*.whl'); \
    if [ "$(echo "${wheels}" | wc -w)" != 1 ]; then \
      echo "error: the build context trtllm_wheel must hold one wheel, it has: ${wheels:-none}" >&2; exit 1; \
    fi; \
    unset PIP_CONSTRAINT; /opt/build/bin/online python3 -m pip install --quiet --break-system-packages "${wheels}"

# Large files come after the checkout, from the address that is known then. Sources of different ages
# find TensorRT by an option or by themselves.
FROM ${TENSORRTLLM_DEVEL_IMAGE}:${TENSORRTLLM_DEVEL_IMAGE_TAG} AS tensorrtllm_compiled
ARG TENSORRTLLM_GIT_URL
ARG GITHUB_TRTLLM_COMMIT
ARG MAX_JOBS=
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=MAX_JOBS \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=github-token \
    --mount=type=secret,id=gitlab-token \
    --mount=type=secret,id=pip-index-url \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    set -e; export PATH="/opt/build/bin:${PATH}"; unset PIP_CONSTRAINT; export GIT_LFS_SKIP_SMUDGE=1; \
    git init --quiet /src; cd /src; \
    online git fetch --quiet --depth 1 "${TENSORRTLLM_GIT_URL}" "${GITHUB_TRTLLM_COMMIT}"; git checkout --quiet FETCH_HEAD; \
    online git submodule update --quiet --init --recursive --depth 1; \
    online git lfs fetch "${TENSORRTLLM_GIT_URL}"; git lfs checkout; \
    root=; if python3 scripts/build_wheel.py --help | grep -q -e --trt_root; then root="--trt_root /usr/local/tensorrt"; fi; \
    online python3 scripts/build_wheel.py --clean ${root} --job_count "$(job-count MAX_JOBS)"; \
    mkdir /dist; mv build/tensorrt_llm*.whl /dist/

FROM tensorrtllm_pytorch AS tensorrtllm_git
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=pip-index-url \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=tensorrtllm_compiled,source=/dist,target=/tmp/wheels \
    --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    unset PIP_CONSTRAINT; /opt/build/bin/online python3 -m pip install --quiet --break-system-packages /tmp/wheels/*.whl

FROM tensorrtllm_${TENSORRTLLM_SOURCE} AS runtime_image
