//! Sources, packages and compilers that do not fit together.

use crate::diagnosis::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "rust-too-old",
        &[
            r"rustc (?P<found>[\d.]+)\S* is not supported by the following packages?: (?P<crate>\S+) requires rustc (?P<wanted>[\d.]+)",
            r"rustc (?P<found>[\d.]+)\S* is not supported by the following packages?",
            r"requires rustc (?P<wanted>[\d.]+)(?: or newer)?, while the currently active rustc version is (?P<found>[\d.]+)",
            r"package `[^`]+` cannot be built because it requires rustc (?P<wanted>[\d.]+)",
            r"feature `?(?P<edition>edition20\d\d)`? is required|edition 20\d\d is unstable|this version of Cargo is older than the `?20\d\d`? edition",
            r"lock file version `?\d+`? (?:requires `-Znext-lockfile-bump`|was found, but this version of Cargo does not understand)",
            r"rust-version (?P<wanted>[\d.]+) is (?:required|not supported)",
            r"error: toolchain '(?P<wanted>[^']+)' is not installed",
            r"MSRV of (?P<wanted>[\d.]+)",
        ],
        "The Rust compiler of the stage is too old[ for `$crate`][: it is $found][, wanted: $wanted]",
    )
    .step(&["Compile with the Rust that the sources want: `--build-arg RUST_SOURCE=archive --build-arg RUST_VERSION=X.Y.Z`; their `rust-toolchain.toml` names it"])
    .across_lines(),
    Rule::new(
        "go-too-old",
        &[
            r"go\.mod requires go >= (?P<wanted>[\d.]+) \(running go (?P<found>[\d.]+)",
            r"module \S+ requires go >= (?P<wanted>[\d.]+) \(running go (?P<found>[\d.]+)",
        ],
        "The Go compiler of the stage is too old: it is $found, wanted: $wanted",
    )
    .step(&["Take an image that has Go $wanted, or let Go fetch it: `ENV GOTOOLCHAIN=auto`"]),
    Rule::new(
        "python-version",
        &[
            r"requires a different Python: (?P<found>[\d.]+) not in '(?P<wanted>[^']+)'",
            r"the (?:current|requested) Python version \((?P<found>[^)]+)\) does not satisfy Python ?(?P<wanted>[^\s,]+)",
            r"No interpreter found for Python (?P<wanted>\S+)",
            r"Ignored the following versions that require a different python version: (?P<wanted>.*)",
            r"has no wheels with a matching Python (?:ABI|version|implementation) tag",
        ],
        "A Python package does not exist for the Python of the image[: it is $found][, wanted: $wanted]",
    )
    .step(&["Choose another Python with `--build-arg PYTHON_VERSION=X.Y` and images that have it, or another version of the package"])
    .across_lines(),
    Rule::new(
        "python-conflict",
        &[
            r"[Bb]ecause (?P<first>\S+) depends on (?P<one>\S+) and you require \S+, we can conclude that you require \S+ And because you require (?P<asked>[^\s,]+), we can conclude",
            r"The conflict is caused by: The user requested (?P<asked>\S+) (?P<first>\S+ \S+) depends on (?P<one>\S+)",
            r"Because (?P<first>\S+) depends on (?P<one>\S+?),? and (?P<second>[^\s,]+)(?: \S+ \S+)? depends on (?P<two>[^\s,]+), we can conclude that",
            r"The conflict is caused by: (?P<first>.{1,60}?) depends on (?P<one>\S+) (?:\(from \S+\) )?(?P<second>.{1,60}?) depends on (?P<two>\S+)",
            r"ERROR: Cannot install (?P<left>\S+?),? and (?P<right>\S+) because these package versions have conflicting dependencies",
            r"[Bb]ecause you require (?P<asked>[^\s,]+) and (?P<second>\S+) depends on (?P<two>[^\s,]+)",
            r"[Bb]ecause (?P<first>\S+) depends on (?P<one>\S+) and you require (?P<asked>[^\s,]+), we can conclude",
            // poetry, conda
            r"depends on both (?P<left>\S+ \([^)]+\)) and (?P<right>\S+ \([^)]+\)), version solving failed",
            r"(?:LibMamba)?UnsatisfiableError: .*?- package (?P<first>\S+) requires (?P<one>[^\s,]+)",
        ],
        "Requirements of Python packages contradict each other[: `$first` wants `$one`][, `$second` wants `$two`][, the build asks for `$asked`][: `$left` and `$right`]",
    )
    .step(&["Bring the pins of the profile together (`dynbuild lint --pins` compares them), or set one with `--build-arg PYTHON_OVERRIDES=NAME==VERSION`"])
    .across_lines(),
    Rule::new(
        "cargo-lock",
        &[
            r"the lock file .* needs to be updated but --(?:locked|frozen) was passed",
            r"cannot (?:update|create) the lock file .* because --(?:locked|frozen) was passed",
        ],
        "`Cargo.lock` does not belong to the source that is compiled",
    )
    .step(&["Bring it up to date in the source tree with `cargo update --workspace`, and commit it"]),
    Rule::new(
        "cargo-package",
        &[
            r"error: failed to select a version for (?:the requirement )?`(?P<package>[^`]+)`",
            r"error: no matching package (?:named )?`(?P<package>[^`]+)` found",
            r"failed to load source for dependency `(?P<package>[^`]+)`",
        ],
        "Cargo finds no version of `$package` that all of its users accept",
    )
    .step(&["See who wants which version with `cargo tree --invert PACKAGE` in the sources, and commit a `Cargo.lock` that fits"]),
    Rule::new(
        "gpu-architecture",
        &[
            r"nvcc fatal\s*: (?:Unsupported gpu architecture|Value) '(?P<architecture>[^']+)'",
            r"unsupported GNU version! gcc versions later than (?P<gcc>\d+) are not supported",
        ],
        "The CUDA compiler of the base image does not know the GPU architecture or the C++ compiler[: `$architecture`]",
    )
    .step(&["Choose another CUDA with `--device`, or fewer architectures, for example `--build-arg TORCH_CUDA_ARCH_LIST=9.0`"]),
];
