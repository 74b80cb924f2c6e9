//! Libraries, modules, headers, programs and GPUs that an image lacks.

use crate::diagnosis::rule::{Ending, Rule};

const NO_GPU: &str = "The $place sees no GPU and no driver of NVIDIA";

const NO_GPU_IN_BUILDS: &[&str] = &[
    "Do at run time what needs a GPU: the driver comes with it when a container runs; or link with the stub in `/usr/local/cuda/lib64/stubs`",
];

const GIVE_GPUS: &[&str] = &[
    "Give it GPUs: `--gpus all`",
    "Or look what the engine can give: `dynbuild doctor`",
];

const NO_PROGRAM: &str = "The program `$program` is not in the image";

const FIND_PROGRAM: &str = "[Write its words apart, without quotes around all of them: `-- $words`|Take the image that has it: `dynrun --framework $framework`|Did you mean `$similar`?|Check its name, or take another image: `--image`]";

/// How shells, runc, tini and makers of builds say that there is no program of a name.
const PROGRAM: &[&str] = &[
    r"(?:: \d+: |: line \d+: |^)(?:exec: )?(?P<program>[\w./+-]+): (?:command )?not found$",
    r#"exec: "(?P<program>[^"]+)": executable file not found in \$PATH"#,
    r"exec: .?(?P<program>[\w./+-]+).?: executable file not found in \$PATH",
    r"\] exec (?P<program>.+?) failed: No such file or directory",
    r"error: linker `(?P<program>[^`]+)` not found",
    r#"CMake was unable to find a build program corresponding to "(?P<program>[^"]+)""#,
    r"No (?P<program>CMAKE_\w+_COMPILER) could be found",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "no-gpu",
        &[
            r"(?P<library>lib(?:cuda|nvidia-ml)\.so[\d.]*): cannot open shared object file",
            r"(?i)failed to infer device type|no cuda gpus are available",
        ],
        NO_GPU,
    )
    .step(NO_GPU_IN_BUILDS)
    .container(GIVE_GPUS),
    Rule::new(
        "library-version",
        &[
            r"version `(?P<version>(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found",
            r"(?P<library>\S+): undefined symbol: (?P<symbol>\S+)",
            r"symbol lookup error: (?P<library>\S+):",
        ],
        "A library of the image is not the one that a program was compiled with[: `$version` is missing][: `$library` has no `$symbol`]",
    )
    .step(&["Compile on the distribution that the image has (`dynbuild explain BASE_IMAGE`, `dynbuild explain RUNTIME_IMAGE`), or take packages that belong together"])
    .container(&["Take an image whose packages belong together, or mount nothing over them: what `-v` brings may be of another version"])
    .lasts(),
    Rule::new(
        "library",
        &[
            r"(?P<library>[\w.+-]+\.so[\w.]*): cannot open shared object file",
            r"Error loading shared library (?P<library>[\w.+-]+):",
            r"(?P<library>lib[\w.+-]+\.so[\w.]*) => not found",
            r"Library not found: (?P<library>\S+)",
        ],
        "The loader does not find `$library` in the image",
    )
    .step(&["Install the package that has it (`--build-arg RUNTIME_PACKAGES=…`), or name its directory in `/etc/ld.so.conf.d` and run `ldconfig`"])
    .container(&["Take the image that the command is made for (`--framework`, `--image`), or build one that has it: `dynbuild --build-arg RUNTIME_PACKAGES=PACKAGE`"])
    .lasts(),
    Rule::new(
        "module",
        &[
            r"ModuleNotFoundError: No module named '?(?P<module>[\w.]+)'?",
            r"ImportError: No module named '?(?P<module>[\w.]+)'?",
            r"\bpython[\d.]*: No module named (?P<module>[\w.]+)",
            r"(?:importlib\.metadata\.)?PackageNotFoundError: (?:No package metadata was found for )?'?(?P<module>[\w.-]+)'?",
        ],
        "The Python module `$module` is not in the image[: it has another engine than `$framework`, or none]",
    )
    .step(&["Add the package that has it to `ENGINE_COMPANIONS` or `PYTHON_REQUIREMENTS`, in the profile or with `--build-arg`"])
    .container(&[
        "[Take the image that has it: `dynrun --framework $framework`; `dynbuild --framework $framework` makes it|Did you mean `python3 -m $similar`?]",
        "[See what is in the image: `dynrun run $image python3 -m pip list`|Take an image that has it: `dynbuild list`]",
    ])
    .lasts(),
    Rule::new(
        "import",
        &[
            r"ImportError: cannot import name '(?P<name>[^']+)' from (?:partially initialized module )?'(?P<module>[^']+)'",
            r"AttributeError: module '(?P<module>[^']+)' has no attribute '(?P<name>[^']+)'",
        ],
        "The Python module `$module` has no `$name`: it is another version than the one that its user expects",
    )
    .step(&["See what the image has with `docker run --rm IMAGE python3 -m pip list`, and bring the versions together"])
    .container(&["See what the image has: `dynrun run [$image|IMAGE] python3 -m pip list`; sources that `-v` mounts may be of another version"]),
    Rule::new(
        "linker-library",
        &[
            r"cannot find -l(?P<library>[\w.+-]+)",
            r"unable to find library -l(?P<library>[\w.+-]+)",
        ],
        "The linker does not find the library `$library` in the stage that compiles",
    )
    .step(&["Install the development package that has it, in an earlier step of that stage"]),
    Rule::new(
        "header",
        &[
            r"fatal error: '?(?P<header>[\w./+-]+\.(?:h|hpp|cuh))'?(?: file not found|: No such file or directory)",
            r"^(?P<header>[\w./+-]+\.proto): File not found",
            r"Import \S*(?P<header>google/[\w./]+\.proto)\S* was not found",
        ],
        "The file `$header` is not in the stage that compiles",
    )
    .step(&["Install the development package that has it, in an earlier step of that stage"]),
    Rule::new(
        "system-package",
        &[
            r"The system library `(?P<package>[^`]+)` required by crate",
            r"Package '?(?P<package>[^'\s,]+)'?,? (?:required by .*, )?(?:not found|was not found in the pkg-config search path)",
            r"Dependency (?P<package>\S+) found: NO",
            r#"Could NOT find (?P<package>\S+)(?: |$)|Could not find a package configuration file provided by "(?P<cmake>[^"]+)""#,
            r"Could not find `(?P<package>protoc)`|Unable to find (?P<clang>libclang)",
        ],
        "[`$package`][`$cmake`][`$clang`] is not in the stage that compiles",
    )
    .step(&["Install the development package that has it, in an earlier step of that stage"]),
    Rule::new(
        "program",
        PROGRAM,
        NO_PROGRAM,
    )
    .launch(&[FIND_PROGRAM])
    .ended(Ending::Code(&[126, 127]))
    .lasts(),
    Rule::new(
        "option-unknown",
        &[
            r"(?i)error: unrecognized arguments|unknown arguments specified|error: unexpected argument|no such option",
        ],
        "The command does not know an option that it was given",
    )
    .container(&["List those that it has: give the command `--help`"])
    .lasts(),
];

/// What programs look for, and may go on without.
pub(super) const SAID_IN_PASSING: &[Rule] = &[Rule::new(
    "no-gpu",
    &[r"(?i)found no nvidia driver|cuda driver version is insufficient|no cuda-capable device"],
    NO_GPU,
)
.step(NO_GPU_IN_BUILDS)
.container(GIVE_GPUS)];

/// What a shell says of a program, of which a compiler may have said more before.
pub(super) const AT_THE_END: &[Rule] = &[
    Rule::new(
        "program",
        PROGRAM,
        NO_PROGRAM,
    )
    .step(&["Install it in an earlier step or stage, or check that the base image is the one meant (`dynbuild plan`)"]),
];
