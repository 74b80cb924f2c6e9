# What every image that people run stands on: the user, the services, and an empty Python environment.
#
# ENGINE_SOURCE says where the inference engine comes from: `none`, `wheel` for packages that
# `framework` installs, or `image` where the runtime image has it already.
FROM runtime_image AS runtime_base
USER root
ARG ENGINE_SOURCE=none
ARG PYTHON_VERSION
ARG RUNTIME_PACKAGES=
# Whether the engine compiles at run time: then a compiler and Python's headers are added, unless there.
ARG ENGINE_COMPILES=false
# Files of the image that would only be in the way, such as the sources of its engine.
ARG RUNTIME_REMOVES=
RUN --mount=type=secret,id=ca \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=service_programs,source=/opt/services,target=/opt/services \
    --mount=type=bind,from=ffmpeg,source=/opt/native,target=/tmp/native \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    /opt/build/bin/prepare-runtime "${ENGINE_SOURCE}" "${PYTHON_VERSION}" "${ENGINE_COMPILES}" \
      "${RUNTIME_PACKAGES}" "${RUNTIME_REMOVES}"

USER dynamo
WORKDIR /workspace
# USER is for any other user, who has no account: torch names its cache after whoever runs it.
# Images of engines may make uv install next to the engine, and name caches that belong to root.
# Programs of services come last in PATH: an image that has newer ones keeps them.
ENV HOME=/home/dynamo \
    USER=dynamo \
    HF_HOME=/home/dynamo/.cache/huggingface \
    UV_SYSTEM_PYTHON=0 \
    UV_CACHE_DIR=/home/dynamo/.cache/uv \
    DYNAMO_HOME=/opt/dynamo \
    VIRTUAL_ENV=/opt/dynamo/venv \
    PATH=/opt/dynamo/venv/bin:${PATH}:/opt/dynamo/bin

# An engine that is in the image already stays where it is, and the environment looks there second.
RUN --mount=type=bind,from=tools,target=/opt/build \
    set -e; umask 002; \
    python="python${PYTHON_VERSION}"; if [ "${ENGINE_SOURCE}" = image ]; then python=$(command -v python3); fi; \
    /opt/build/bin/uv venv --quiet --no-cache --python "${python}" "${VIRTUAL_ENV}"; \
    if [ "${ENGINE_SOURCE}" = image ]; then \
      echo "${python}" > "${VIRTUAL_ENV}/engine-python"; \
      "${python}" -c 'import sys; print(*(f"import site; site.addsitedir({path!r})" for path in sys.path if path.endswith("-packages")), sep="\n")' \
        > "$(echo "${VIRTUAL_ENV}"/lib/python3*/site-packages)/engine.pth"; \
    fi
