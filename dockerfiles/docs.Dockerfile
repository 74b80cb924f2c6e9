# The documentation of Dynamo's sources as web pages, in /workspace/docs/build.
FROM base AS docs
ARG PYTHON_VERSION
ARG PYTHON_PACKAGES_BEFORE=
RUN --mount=type=secret,id=ca \
    --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    install-packages g++ gcc git make
WORKDIR /workspace
COPY pyproject.toml ./
RUN --mount=type=secret,id=ca \
    --mount=type=secret,id=netrc \
    --mount=type=secret,id=uv-default-index \
    --mount=type=cache,target=/root/.cache/uv \
    uv venv --quiet --python "python${PYTHON_VERSION}" /opt/docs \
 && online uv pip install --quiet --link-mode copy --python /opt/docs/bin/python \
      ${PYTHON_PACKAGES_BEFORE:+--exclude-newer "${PYTHON_PACKAGES_BEFORE}"} --group docs
COPY . .
RUN PATH="/opt/docs/bin:${PATH}" python docs/generate_docs.py
