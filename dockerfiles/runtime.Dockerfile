# The image that runs Dynamo: its wheels on the engine, or on nothing for frontend, router and mocker.
#
# RUNTIME_ENVIRONMENT selects the variables that programs find, also in Kubernetes, where nobody goes
# through dynrun. RUNTIME_PARENT is the stage below: `framework`, or `dev_tools` for images to work in,
# whose tools so stay as they are when Dynamo changes.
ARG RUNTIME_ENVIRONMENT=cpu
ARG RUNTIME_PARENT=framework

FROM ${RUNTIME_PARENT} AS environment_cpu

FROM ${RUNTIME_PARENT} AS environment_cuda
ENV CUDA_DEVICE_ORDER=PCI_BUS_ID \
    NVIDIA_DRIVER_CAPABILITIES=video,compute,utility \
    NIXL_PREFIX=/opt/dynamo/nixl \
    TRITON_PTXAS_PATH=/opt/dynamo/cuda/ptxas \
    TRITON_CUOBJDUMP_PATH=/opt/dynamo/cuda/cuobjdump \
    TRITON_NVDISASM_PATH=/opt/dynamo/cuda/nvdisasm

FROM environment_cuda AS environment_sglang
ENV SGLANG_FORCE_SHUTDOWN=1

FROM environment_cuda AS environment_trtllm
ENV NIXL_PLUGIN_DIR=/opt/dynamo/nixl/plugins

FROM environment_${RUNTIME_ENVIRONMENT} AS runtime
USER dynamo
# The wheels that are compiled come first: they change less often than those of Python alone.
RUN --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/wheels/native,target=/tmp/wheels \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    /opt/build/bin/install-wheels /tmp/wheels/*.whl

# What does not work is reported here, with its reason, not at the first start.
ARG IMPORT_CHECK=dynamo.runtime
ARG FIND_CHECK=
ARG ENGINE_COMPILES=false
RUN --mount=type=bind,from=tools,target=/opt/build \
    --mount=type=bind,from=wheel_builder,source=/dist/wheels/python,target=/tmp/wheels \
    --mount=type=bind,from=wheel_builder,source=/dist/overrides.txt,target=/tmp/overrides.txt \
    --mount=type=cache,target=/var/cache/uv,uid=1000,gid=0,mode=0775 \
    set -e; /opt/build/bin/install-wheels /tmp/wheels/*.whl; \
    export PATH="${PATH}:/opt/build/bin"; \
    check-packages /tmp/overrides.txt; \
    check-imports ${IMPORT_CHECK}; check-imports --find ${FIND_CHECK}; \
    check-native; check-caches; \
    if [ "${ENGINE_COMPILES}" = true ]; then check-compiler; fi; \
    collect-legal /legal

ENTRYPOINT ["/opt/dynamo/bin/entrypoint"]
CMD ["/bin/bash"]

# Last, because it changes with every commit.
ARG DYNAMO_COMMIT_SHA=
ENV DYNAMO_COMMIT_SHA=${DYNAMO_COMMIT_SHA}
