# The vLLM Dockerfile is used to construct the image.
ARG CUDA_VERSION=12.9.1
ARG PYTHON_VERSION=3.12
ARG BUILD_BASE_IMAGE=debian:trixie-slim
ARG GET_PIP_URL="https://bootstrap.pypa.io/get-pip.py"
ARG PIP_INDEX_URL UV_INDEX_URL=${PIP_INDEX_URL}
ARG PYTORCH_CUDA_INDEX_BASE_URL=https://download.pytorch.org/whl

#################### BASE BUILD IMAGE ####################
# prepare basic build environment
FROM ${BUILD_BASE_IMAGE} AS base
ARG CUDA_VERSION
ARG PYTHON_VERSION
ARG TARGETPLATFORM
ENV DEBIAN_FRONTEND=noninteractive
ARG GET_PIP_URL

# Install Python and other dependencies
RUN echo 'tzdata tzdata/Areas select America' | debconf-set-selections \
    && if [ ! -z "${DEADSNAKES_MIRROR_URL}" ] ; then \
        mkdir -p -m 0755 /etc/apt/keyrings ; \
    fi \
    && curl -sS ${GET_PIP_URL} | python${PYTHON_VERSION} \
    && python3 --version

ARG PIP_INDEX_URL UV_INDEX_URL
ARG PYTORCH_CUDA_INDEX_BASE_URL
ENV UV_HTTP_TIMEOUT=500 \
    UV_INDEX_STRATEGY="unsafe-best-match"

WORKDIR /workspace
COPY requirements/common.txt requirements/common.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    uv pip install --system -r requirements/cuda.txt \
    --extra-index-url ${PYTORCH_CUDA_INDEX_BASE_URL}/cu$(echo $CUDA_VERSION | cut -d. -f1,2 | tr -d '.')

ARG torch_cuda_arch_list='7.0 7.5 8.0 8.9 9.0 10.0 12.0'
ENV TORCH_CUDA_ARCH_LIST=${torch_cuda_arch_list}

FROM base AS build
ARG max_jobs=2
ENV MAX_JOBS=${max_jobs}
ARG USE_SCCACHE
ARG SCCACHE_BUCKET_NAME=vllm-build-sccache
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=.git,target=.git  \
    --mount=type=secret,id=aws,env=AWS_ACCESS_KEY_ID,required=false \
    if [ "$USE_SCCACHE" = "1" ]; then \
        export SCCACHE_BUCKET=${SCCACHE_BUCKET_NAME} \
        && python3 setup.py bdist_wheel --dist-dir=dist --py-limited-api=cp38; \
    fi
#################### EXTENSION ####################

FROM base AS vllm-base
RUN --mount=type=bind,from=build,src=/workspace/dist,target=/vllm-workspace/dist \
    uv pip install --system dist/*.whl --verbose
RUN --mount=type=cache,target=/root/.cache/uv <<'BASH'
    . /etc/environment
    if [ "$TARGETPLATFORM" != 'linux/arm64' ]; then \
        FLASHINFER_CUDA_VERSION=128
    fi
BASH

FROM vllm-base AS vllm-openai
ARG INSTALL_KV_CONNECTORS=false
ENV VLLM_USAGE_SOURCE production-docker-image
ENTRYPOINT ["python3", "-m", "vllm.entrypoints.openai.api_server"]
