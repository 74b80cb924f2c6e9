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

/// An argument that is called otherwise now, or is no more.
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) became: Became,
}

const fn argument(name: &'static str, became: Became) -> Argument {
    Argument { name, became }
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
pub(super) const ARGUMENTS: &[Argument] = &[
    argument("CUDA_VERSION", Option("--cuda-version")),
    argument("VLLM_MAX_JOBS", Option("--vllm-max-jobs")),
    argument("USE_SCCACHE", Switch("--use-sccache")),
    argument("SCCACHE_BUCKET", Option("--sccache-bucket")),
    argument("SCCACHE_REGION", Option("--sccache-region")),
    argument("TENSORRTLLM_PIP_WHEEL", Option("--tensorrtllm-pip-wheel")),
    argument("TENSORRTLLM_INDEX_URL", Option("--tensorrtllm-index-url")),
    argument("ENABLE_KVBM", Switch("--enable-kvbm")),
    argument(
        "ENABLE_GPU_MEMORY_SERVICE",
        Switch("--enable-gpu-memory-service"),
    ),
    argument("ENABLE_MEDIA_NIXL", Switch("--enable-media-nixl")),
    argument("ENABLE_MEDIA_FFMPEG", Switch("--enable-media-ffmpeg")),
    argument("USER_UID", Option("--uid")),
    argument("USER_GID", Option("--gid")),
    argument("ARCH", Nothing(PLATFORM)),
    argument("ARCH_ALT", Nothing(PLATFORM)),
    argument("GRACE_BLACKWELL", Nothing(PLATFORM)),
    argument("BUILD_TYPE", Nothing(PLATFORM)),
    argument(
        "BRANCH_TYPE",
        Nothing("`--source tree` and `--source wheel` say it"),
    ),
    argument("RELEASE_BUILD", Nothing("the runtime image is the release")),
    argument("FRAMEWORK", Nothing("`--framework` says it")),
    argument(
        "DYNAMO_BASE_IMAGE",
        Nothing("all stages are built together"),
    ),
    argument("VLLM_GIT_URL", Nothing(VLLM)),
    argument("VLLM_PRECOMPILED_WHEEL_LOCATION", Nothing(VLLM)),
    argument("TORCH_BACKEND", Nothing(VLLM)),
    argument("FLASHINF_REF", Nothing(VLLM)),
    argument("FLASHINFER_REF", Nothing(VLLM)),
    argument("LMCACHE_REF", Nothing(VLLM)),
    argument("DEEPGEMM_REF", Nothing(VLLM)),
    argument("EP_KERNELS_REF", Nothing(VLLM)),
    argument("TORCH_CUDA_ARCH_LIST", Nothing(VLLM)),
    argument("SGLANG_VERSION", Nothing(SGLANG)),
    argument("SGLANG_IMAGE_TAG", Became::Argument("RUNTIME_IMAGE_TAG")),
    argument("SGL_KERNEL_VERSION", Nothing(SGLANG)),
    argument("DEEPEP_COMMIT", Nothing(SGLANG)),
    argument("NVSHMEM_VERSION", Nothing(SGLANG)),
    argument("HAS_TRTLLM_CONTEXT", Nothing(RELEASED)),
    argument("TRTLLM_WHEEL_IMAGE", Nothing(RELEASED)),
    argument("NIXL_UCX_REF", Nothing(ARCHIVE)),
    argument("NIXL_LIBFABRIC_REF", Nothing(ARCHIVE)),
    argument("NIXL_GDRCOPY_REF", Nothing(ARCHIVE)),
    argument(
        "MANYLINUX_IMAGE",
        Nothing("wheels are compiled on the base image"),
    ),
];

/// Returns what became of an argument; `None` if it is what it was.
pub(super) fn became(name: &str) -> core::option::Option<Became> {
    let mut arguments = ARGUMENTS.iter();
    let found = arguments.find(|argument| argument.name == name);
    found.map(|argument| argument.became)
}
