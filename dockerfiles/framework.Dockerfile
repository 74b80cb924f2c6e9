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
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements.txt,target=/tmp/requirements.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/requirements.txt

FROM runtime_base AS framework_wheel
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements/cuda.txt,target=/tmp/cuda.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/cuda.txt
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements/torch.txt,target=/tmp/torch.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/torch.txt
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements/engine.txt,target=/tmp/engine.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/engine.txt
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements/rest.txt,target=/tmp/rest.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-requirements /tmp/rest.txt

# The image's own versions stay: only what it does not have at all is added, and nothing of CUDA or
# PyTorch, which its engine was compiled against.
FROM runtime_base AS framework_image
RUN --mount=type=secret,id=ca,uid=1000 \
    --mount=type=secret,id=netrc,uid=1000 \
    --mount=type=secret,id=uv-default-index,uid=1000 \
    --mount=type=bind,from=base,source=/opt/build,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/requirements,target=/tmp/requirements \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    set -e; /opt/build/bin/missing-requirements /tmp/requirements/engine.txt /tmp/requirements/rest.txt > /tmp/missing.txt; \
    /opt/build/bin/install-requirements /tmp/missing.txt; rm /tmp/missing.txt

FROM framework_${ENGINE_SOURCE} AS framework
