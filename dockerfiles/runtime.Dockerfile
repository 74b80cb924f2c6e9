# The image that runs Dynamo: its wheels on the engine, or on nothing for frontend, router and mocker.
FROM framework AS runtime
# Modules that must be there at the end; a wrong pair of versions is told here, not at the first start.
ARG IMPORT_CHECK=dynamo.runtime
RUN --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/wheels,target=/tmp/wheels \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    set -e; umask 002; export UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy; \
    /opt/build/bin/uv pip install --quiet --compile-bytecode --no-deps --offline /tmp/wheels/*.whl; \
    for module in ${IMPORT_CHECK}; do python3 -c "import ${module}"; done

ENTRYPOINT ["/opt/dynamo/bin/entrypoint"]
CMD ["/bin/bash"]

# Last, because it changes with every commit.
ARG DYNAMO_COMMIT_SHA=
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}
