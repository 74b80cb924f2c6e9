# The image that runs Dynamo without an inference engine: frontend, router, mocker.
ARG RUNTIME_IMAGE
ARG RUNTIME_IMAGE_TAG

FROM ${RUNTIME_IMAGE}:${RUNTIME_IMAGE_TAG} AS runtime
ARG PYTHON_VERSION
RUN --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    /opt/build/bin/install-packages ca-certificates curl python${PYTHON_VERSION}

# User 1000 of group 0, and files that group 0 may write: so any `--user UID:0` works as well.
# Everything is created by its owner, for `chown -R` would store every file a second time.
RUN set -e; \
    if other=$(getent passwd 1000); then userdel --remove "${other%%:*}" 2>/dev/null; fi; \
    useradd --uid 1000 --gid 0 --create-home --shell /bin/bash dynamo; \
    install -d -o dynamo -g 0 -m 0775 /home/dynamo /home/dynamo/.cache /home/dynamo/.cache/huggingface \
      /opt/dynamo /opt/dynamo/bin /workspace; \
    echo 'umask 002' > /etc/profile.d/umask.sh; \
    printf '%s\n' '#!/bin/sh' 'umask 002' 'exec "$@"' > /opt/dynamo/bin/entrypoint; \
    chmod 0755 /opt/dynamo/bin/entrypoint

COPY --from=services /opt/services/bin/ /usr/local/bin/

USER dynamo
WORKDIR /workspace
ENV HOME=/home/dynamo \
    DYNAMO_HOME=/opt/dynamo \
    VIRTUAL_ENV=/opt/dynamo/venv \
    PATH=/opt/dynamo/venv/bin:${PATH}

# Two layers, because they change at different times: what Dynamo depends on, then Dynamo.
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements.txt,target=/tmp/requirements.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    set -e; umask 002; export UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy PATH="/opt/build/bin:${PATH}"; \
    uv venv --quiet --python "python${PYTHON_VERSION}" "${VIRTUAL_ENV}"; \
    online uv pip install --quiet --compile-bytecode --require-hashes --requirement /tmp/requirements.txt
RUN --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/wheels,target=/tmp/wheels \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    set -e; umask 002; export UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy; \
    /opt/build/bin/uv pip install --quiet --compile-bytecode --no-deps --offline /tmp/wheels/*.whl; \
    python3 -c 'import dynamo.runtime'

ENTRYPOINT ["/opt/dynamo/bin/entrypoint"]
CMD ["/bin/bash"]

# Last, because it changes with every commit.
ARG DYNAMO_COMMIT_SHA=
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}
