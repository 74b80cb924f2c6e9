# The runtime with what developers need. Runs as root, whose files in a mounted workspace the launcher
# maps to the user.
#
# With DYNAMO_SOURCE=tree the sources are in /workspace and installed editable.
ARG DYNAMO_SOURCE=wheel

FROM runtime AS dev_wheel

FROM runtime AS dev_tree
USER root
ARG PYTHON_PACKAGES_BEFORE=
COPY --chown=1000:0 . /workspace/
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=uv-default-index \
    --mount=type=cache,target=/root/.cache/uv \
    umask 002; unset UV_EXTRA_INDEX_URL UV_INDEX UV_INDEX_URL UV_INDEX_STRATEGY UV_CONSTRAINT UV_OVERRIDE UV_PYTHON UV_FIND_LINKS; \
    UV_CACHE_DIR=/root/.cache/uv online uv pip install --quiet --link-mode copy --no-deps \
      ${PYTHON_PACKAGES_BEFORE:+--exclude-newer "${PYTHON_PACKAGES_BEFORE}"} --editable /workspace

FROM dev_${DYNAMO_SOURCE} AS dev
USER root
