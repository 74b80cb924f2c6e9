//! Disks and memory that are used up.

use crate::diagnosis::rule::{Ending, Rule};

const FEWER_JOBS: &str = "Compile with fewer jobs at once (`--build-arg MAX_JOBS=2 --build-arg CARGO_BUILD_JOBS=2`), or give the engine more memory";

const MORE_MEMORY: &str = "Give it more with `--memory`, or leave the limit out";

const MORE_SHARED_MEMORY: &[&str] =
    &["Give it more: `--shm-size 16g`, or share the host's: `--ipc host`"];

/// Where to look when something was killed.
const WHO_KILLED: &str = "Look for who did it: a `docker kill`, a restart of the engine, a supervisor, or the kernel when the whole machine had no memory left: `journalctl --dmesg --grep 'out of memory'`";

/// How programs say that one that they started was killed.
const KILLED: &[&str] = &[
    r"fatal error: Killed signal|terminated program cc1plus",
    r"signal: 9, SIGKILL",
    r"(?:died due to|terminated with) signal 9",
    r"exit (?:status|code):? 137$|returned non-zero exit status 137|died with <Signals\.SIGKILL",
    r"^(?:\S+: )?(?:(?:line )?\d+: +)?(?:\d+ )?Killed(?: |$)",
    r"(?i)\boom-kill|Out of memory: Killed process",
    r"Segmentation fault.*cc1plus.*memory",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "shared-memory",
        &[r"(?i)bus error|sigbus|insufficient shared memory|/dev/shm"],
        "The shared memory of the container is too small",
    )
    .container(MORE_SHARED_MEMORY),
    Rule::new(
        "shared-memory",
        &[],
        "The shared memory of the container is too small",
    )
    .container(MORE_SHARED_MEMORY)
    .ended(Ending::Code(&[135])),
    Rule::new(
        "result-disk-full",
        &[
            r"(?:error from receiver: .*|on the client: |cannot write `.*`: )No space left on device",
        ],
        "The disk is full where the result goes",
    )
    .step(&["Make room there, or name another place: `--output type=…,dest=PATH`"]),
    Rule::new(
        "disk-full",
        &[
            r"(?i)no space left on device",
            r"(?i)disk quota exceeded",
            r"\bENOSPC\b",
            r"E: You don't have enough free space in",
        ],
        "The disk of the engine is full[, or one that is mounted into the $place]",
    )
    .step(&["See what takes the space with `docker system df`, and remove build cache that is not in use with `docker builder prune`"])
    .launch(&["See which: `df -h` and `docker system df`; free some: `docker system prune`"]),
    Rule::new(
        "lost-snapshot",
        &[r"failed to stat active key during commit: snapshot \S+ does not exist"],
        "The engine lost what it was writing when an earlier build was killed, and still counts on it",
    )
    .step(&["Remove what it keeps of builds, `docker builder prune`, or build once with `--no-cache`"]),
    Rule::new(
        "too-many-layers",
        &[r"max depth exceeded", r"too many layers"],
        "The image has more layers than the engine can mount on top of each other",
    )
    .everywhere(&["Start from an image with fewer layers, or join `RUN` and `COPY` instructions; `docker image inspect --format '{{len .RootFS.Layers}}' IMAGE` counts them"]),
    Rule::new(
        "gpu-out-of-memory",
        &[r"(?i)cuda out of memory|cuda error: out of memory|torch\.outofmemoryerror"],
        "The GPU has too little free memory for the model and its cache",
    )
    .container(&[
        "See who uses it: `nvidia-smi`",
        "Or use less: vLLM `--gpu-memory-utilization`, SGLang `--mem-fraction-static`, TensorRT-LLM `--free-gpu-memory-fraction`",
    ]),
    Rule::new(
        "out-of-memory",
        &[],
        "The container reached its limit of memory, and the kernel killed a process of it",
    )
    .container(&[MORE_MEMORY])
    .ended(Ending::OutOfMemory),
    Rule::new(
        "gpu-memory-taken",
        &[r"(?i)is less than desired gpu memory utilization"],
        "Something else uses the GPU's memory that vLLM wants for itself",
    )
    .container(&[
        "See who uses it: `nvidia-smi`",
        "Or ask for less: `--gpu-memory-utilization 0.5`",
    ]),
    Rule::new(
        "cache-too-small",
        &[
            r"(?i)larger than the maximum number of tokens that can be stored in kv cache",
            r"(?i)no available memory for the cache blocks|larger than the available kv cache memory",
            r"(?i)not enough memory\. please try to increase --mem-fraction-static",
        ],
        "The weights leave too little memory of the GPU for the cache of one whole sequence",
    )
    .container(&[
        "See what fits: `dynrun fit --model MODEL --gpu h100`",
        "Shorten the sequences: vLLM `--max-model-len 8192`, SGLang `--context-length 8192`; or use more GPUs: `--tensor-parallel-size 2`, SGLang `--tp 2`",
    ]),
    Rule::new(
        "killed",
        KILLED,
        "A program of the step was killed, most likely because the memory ran out",
    )
    .step(&[FEWER_JOBS]),
    Rule::new(
        "memory",
        &[
            r"\bOut of memory\b|\bout of memory allocating|LLVM ERROR: out of memory|heap out of memory",
            r"^MemoryError\b|\bMemoryError: ",
            r"Cannot allocate memory|virtual memory exhausted|memory exhausted",
            r"std::bad_alloc|memory allocation of \d+ bytes failed",
            r"ptxas fatal\s*: Memory allocation failure",
            r"fork: (?:retry: )?Resource temporarily unavailable",
        ],
        "A program of the $place got no more memory",
    )
    .step(&[FEWER_JOBS])
    .container(&[MORE_MEMORY]),
];

/// Containers that were killed, if nothing else is known of them.
pub(super) const ENDINGS: &[Rule] = &[
    Rule::new(
        "killed",
        &[],
        "It was killed (SIGKILL), and the engine saw it reach no limit of memory",
    )
    .container(&[WHO_KILLED])
    .ended(Ending::KilledWithinMemory),
    Rule::new(
        "killed",
        &[],
        "It was killed (SIGKILL), and the engine cannot say whether it reached a limit of memory",
    )
    .container(&[WHO_KILLED])
    .ended(Ending::Code(&[137])),
    Rule::new("killed", KILLED, "A program of the container was killed")
        .container(&[MORE_MEMORY, WHO_KILLED]),
];
