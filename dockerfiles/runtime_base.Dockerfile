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
# User 1000 of group 0, and files that group 0 may write: so any `--user UID:0` works as well.
# Everything is created by its owner, for `chown -R` would store every file a second time.
#
# The engine's image keeps its Python, which an installation would upgrade under the engine.
RUN --mount=type=secret,id=ca \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=service_programs,source=/opt/services,target=/opt/services \
    --mount=type=bind,from=ffmpeg,source=/opt/native,target=/tmp/native \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    set -e; packages="ca-certificates curl ${RUNTIME_PACKAGES}"; python="python${PYTHON_VERSION}"; \
    if [ "${ENGINE_SOURCE}" = image ]; then \
      python=$(command -v python3) || { echo "error: the engine's image has no python3" >&2; exit 1; }; \
      has=$("${python}" -c 'import sys; print(*sys.version_info[:2], sep=".")'); \
      if [ "${has}" != "${PYTHON_VERSION}" ]; then \
        echo "error: the engine's image has Python ${has}, and PYTHON_VERSION is ${PYTHON_VERSION}" >&2; \
        echo "  fix: --build-arg PYTHON_VERSION=${has}" >&2; exit 1; \
      fi; \
    else packages="${packages} ${python}"; fi; \
    if [ "${ENGINE_COMPILES}" = true ]; then \
      if ! command -v c++ >/dev/null; then packages="${packages} g++"; fi; \
      include=$("${python}" -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null || true); \
      if [ ! -f "${include}/Python.h" ]; then packages="${packages} python${PYTHON_VERSION}-dev"; fi; \
    fi; \
    /opt/build/bin/install-packages ${packages}; \
    if other=$(getent passwd 1000); then userdel --remove "${other%%:*}" >/dev/null 2>&1 || true; fi; \
    if other=$(getent passwd 1000); then \
      echo "error: the image's user ${other%%:*} has the id 1000 and cannot be removed" >&2; exit 1; \
    fi; \
    useradd --uid 1000 --gid 0 --create-home --shell /bin/bash dynamo; \
    if [ -n "${RUNTIME_REMOVES}" ]; then rm -rf ${RUNTIME_REMOVES}; fi; \
    install -d -o dynamo -g 0 -m 0775 /home/dynamo /home/dynamo/.cache /home/dynamo/.cache/huggingface \
      /opt/dynamo /opt/dynamo/bin /workspace /legal; \
    echo 'umask 002' > /etc/profile.d/umask.sh; \
    printf '%s\n' '#!/bin/sh' 'umask 002' \
      'if [ -f /opt/intel/oneapi/setvars.sh ]; then . /opt/intel/oneapi/setvars.sh --force >/dev/null; fi' \
      'exec "$@"' > /opt/dynamo/bin/entrypoint; \
    chmod 0755 /opt/dynamo/bin/entrypoint; \
    cp /opt/services/bin/* /opt/dynamo/bin/; cp -r /opt/services/legal/. /legal/; \
    if [ -n "$(ls /tmp/native)" ]; then \
      cp -a /tmp/native /opt/native; echo /opt/native/lib > /etc/ld.so.conf.d/native.conf; \
    fi; \
    ldconfig

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
