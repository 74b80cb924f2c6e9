# What every image that people run stands on: the user, the services, and an empty Python environment.
#
# ENGINE_SOURCE says where the inference engine comes from: `none`, `wheel` for packages that
# `framework` installs, or `image` where the runtime image has it already.
FROM runtime_image AS runtime_base
USER root
ARG PYTHON_VERSION
ARG RUNTIME_PACKAGES=
RUN --mount=type=secret,id=ca \
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    /opt/build/bin/install-packages ca-certificates curl python${PYTHON_VERSION} ${RUNTIME_PACKAGES}

# User 1000 of group 0, and files that group 0 may write: so any `--user UID:0` works as well.
# Everything is created by its owner, for `chown -R` would store every file a second time.
RUN set -e; \
    if other=$(getent passwd 1000); then userdel --remove "${other%%:*}" 2>/dev/null; fi; \
    useradd --uid 1000 --gid 0 --create-home --shell /bin/bash dynamo; \
    install -d -o dynamo -g 0 -m 0775 /home/dynamo /home/dynamo/.cache /home/dynamo/.cache/huggingface \
      /opt/dynamo /opt/dynamo/bin /workspace; \
    echo 'umask 002' > /etc/profile.d/umask.sh; \
    echo /opt/native/lib > /etc/ld.so.conf.d/native.conf; \
    printf '%s\n' '#!/bin/sh' 'umask 002' 'exec "$@"' > /opt/dynamo/bin/entrypoint; \
    chmod 0755 /opt/dynamo/bin/entrypoint

COPY --from=service_programs /opt/services/bin/ /usr/local/bin/
COPY --from=native /opt/native/ /opt/native/
RUN ldconfig

USER dynamo
WORKDIR /workspace
# USER is for any other user, who has no account: torch names its cache after whoever runs it.
# Images of engines may tell uv to install beside the engine; it shall use the environment.
ENV HOME=/home/dynamo \
    USER=dynamo \
    UV_SYSTEM_PYTHON=0 \
    DYNAMO_HOME=/opt/dynamo \
    VIRTUAL_ENV=/opt/dynamo/venv \
    PATH=/opt/dynamo/venv/bin:${PATH}

# An engine that is in the image already stays where it is, and the environment looks there second.
ARG ENGINE_SOURCE=none
RUN --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    set -e; umask 002; \
    python="python${PYTHON_VERSION}"; if [ "${ENGINE_SOURCE}" = image ]; then python=$(command -v python3); fi; \
    /opt/build/bin/uv venv --quiet --no-cache --python "${python}" "${VIRTUAL_ENV}"; \
    if [ "${ENGINE_SOURCE}" = image ]; then \
      "${python}" -c 'import sys; print(*(f"import site; site.addsitedir({path!r})" for path in sys.path if path.endswith("-packages")), sep="\n")' \
        > "$(echo "${VIRTUAL_ENV}"/lib/python3*/site-packages)/engine.pth"; \
    fi
