//! Build arguments of the original Dockerfiles, and what says the same here.

/// What became of a build argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// An option has its value.
    Option(&'static str),
    /// An option without a value, if the argument is on.
    Switch(&'static str),
    /// Another build argument has its value.
    Argument(&'static str),
    /// Nothing: why.
    Nothing(&'static str),
}

use Became::{Nothing, Option, Switch};

const VLLM: &str = "it is compiled in vLLM's own image, which the runtime starts from; \
                    `--build-arg RUNTIME_IMAGE_TAG=TAG` names another one";
const SGLANG: &str = "it is in SGLang's own image, which the runtime starts from; \
                      `--build-arg RUNTIME_IMAGE_TAG=TAG` names another one";
const RELEASED: &str = "TensorRT-LLM comes as its released image, unless a \
                        `--tensorrtllm-…` option names another place";
const ARCHIVE: &str = "it is compiled from an archive with its checksum: give `UCX`, `LIBFABRIC` or \
                       `GDRCOPY` `_URL` and `_SHA256` by `--build-arg`";
const PLATFORM: &str = "it follows from `--platform`";

/// The arguments. Those that stages still declare under the same name are not here.
#[rustfmt::skip]
const ARGUMENTS: &[(&str, Became)] = &[
    ("CUDA_VERSION", Option("--cuda-version")),
    ("VLLM_MAX_JOBS", Option("--vllm-max-jobs")),
    ("USE_SCCACHE", Switch("--use-sccache")),
    ("SCCACHE_BUCKET", Option("--sccache-bucket")),
    ("SCCACHE_REGION", Option("--sccache-region")),
    ("TENSORRTLLM_PIP_WHEEL", Option("--tensorrtllm-pip-wheel")),
    ("TENSORRTLLM_INDEX_URL", Option("--tensorrtllm-index-url")),
    ("ENABLE_KVBM", Switch("--enable-kvbm")),
    ("ENABLE_GPU_MEMORY_SERVICE", Switch("--enable-gpu-memory-service")),
    ("ENABLE_MEDIA_NIXL", Switch("--enable-media-nixl")),
    ("ENABLE_MEDIA_FFMPEG", Switch("--enable-media-ffmpeg")),
    ("USER_UID", Option("--uid")),
    ("USER_GID", Option("--gid")),
    ("ARCH", Nothing(PLATFORM)),
    ("ARCH_ALT", Nothing(PLATFORM)),
    ("GRACE_BLACKWELL", Nothing(PLATFORM)),
    ("BUILD_TYPE", Nothing(PLATFORM)),
    ("BRANCH_TYPE", Nothing("`--source tree` and `--source wheel` say it")),
    ("RELEASE_BUILD", Nothing("the runtime image is the release")),
    ("FRAMEWORK", Nothing("`--framework` says it")),
    ("DYNAMO_BASE_IMAGE", Nothing("all stages are built together")),
    ("VLLM_GIT_URL", Nothing(VLLM)),
    ("VLLM_PRECOMPILED_WHEEL_LOCATION", Nothing(VLLM)),
    ("TORCH_BACKEND", Nothing(VLLM)),
    ("FLASHINF_REF", Nothing(VLLM)),
    ("FLASHINFER_REF", Nothing(VLLM)),
    ("LMCACHE_REF", Nothing(VLLM)),
    ("DEEPGEMM_REF", Nothing(VLLM)),
    ("EP_KERNELS_REF", Nothing(VLLM)),
    ("TORCH_CUDA_ARCH_LIST", Nothing(VLLM)),
    ("SGLANG_VERSION", Nothing(SGLANG)),
    ("SGLANG_IMAGE_TAG", Became::Argument("RUNTIME_IMAGE_TAG")),
    ("SGL_KERNEL_VERSION", Nothing(SGLANG)),
    ("DEEPEP_COMMIT", Nothing(SGLANG)),
    ("NVSHMEM_VERSION", Nothing(SGLANG)),
    ("HAS_TRTLLM_CONTEXT", Nothing(RELEASED)),
    ("TRTLLM_WHEEL_IMAGE", Nothing(RELEASED)),
    ("NIXL_UCX_REF", Nothing(ARCHIVE)),
    ("NIXL_LIBFABRIC_REF", Nothing(ARCHIVE)),
    ("NIXL_GDRCOPY_REF", Nothing(ARCHIVE)),
    ("MANYLINUX_IMAGE", Nothing("wheels are compiled on the base image")),
];

/// Returns what became of an argument; `None` if it is what it was.
pub(super) fn became(name: &str) -> core::option::Option<Became> {
    let mut arguments = ARGUMENTS.iter();
    let found = arguments.find(|(argument, _)| *argument == name);
    found.map(|(_, became)| *became)
}
