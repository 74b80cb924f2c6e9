# The inference engine and everything that Dynamo depends on, below Dynamo itself: this changes
# with versions, Dynamo with every commit.
#
# Packages come in layers of their own, the largest first, so that a new version of one does not
# store and push the gigabytes of the others again.
ARG ENGINE_SOURCE=none

FROM runtime_base AS framework_none
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements.txt,target=/tmp/requirements.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/requirements.txt

FROM runtime_base AS framework_wheel
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements/cuda.txt,target=/tmp/cuda.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/cuda.txt
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements/torch.txt,target=/tmp/torch.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/torch.txt
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements/engine.txt,target=/tmp/engine.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/engine.txt
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements/rest.txt,target=/tmp/rest.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/rest.txt

# The image's own versions stay, unless one is too old; what it does not have at all is added, and
# nothing of CUDA or PyTorch, which its engine was compiled against. `add-to-engine` resolves this
# against what the image has.
FROM runtime_base AS framework_image
ARG PYTHON_PACKAGES_BEFORE=
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/dynamo.in,target=/tmp/dist/dynamo.in \
    --mount=type=bind,from=wheel_builder,source=/dist/overrides.txt,target=/tmp/dist/overrides.txt \
    --mount=type=bind,from=wheel_builder,source=/dist/floors.txt,target=/tmp/dist/floors.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    set -e; /opt/build/bin/add-to-engine /tmp/dist ${PYTHON_PACKAGES_BEFORE:+--exclude-newer "${PYTHON_PACKAGES_BEFORE}"} > /tmp/added.txt; \
    /opt/build/bin/install-requirements /tmp/added.txt; rm /tmp/added.txt

FROM framework_${ENGINE_SOURCE} AS framework
ARG ENGINE_SOURCE=none
# Directories of libraries that the loader shall know, and modules of the engine.
ARG RUNTIME_LIBRARY_DIRS=
ARG ENGINE_MODULES=
USER root
RUN --mount=type=bind,from=tools,target=/opt/build \
    /opt/build/bin/prepare-engine "${ENGINE_SOURCE}" "${RUNTIME_LIBRARY_DIRS}" ${ENGINE_MODULES}
USER dynamo
