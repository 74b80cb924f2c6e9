//! What a step of a build was not given, and what its compilers say last.

use crate::diagnosis::evidence::Setting;
use crate::diagnosis::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "context",
        &[
            r#"(?:failed to calculate checksum of ref [^"]*|failed to compute cache key: [^"]*)"(?P<path>[^"]+)": not found"#,
        ],
        "`$path` is not in the build context, or `.dockerignore` leaves it out",
    )
    .step(&["See what is sent and what is left out by which rule: `dynbuild context ls`"]),
    Rule::new(
        "secret",
        &[r"secret (?P<id>[\w.-]+): not found"],
        "The step needs the secret `$id`, which was not given",
    )
    .step(&["Give it with `--secret id=$id,env=VARIABLE` or `--secret id=$id,src=FILE`"]),
    Rule::new(
        "checksum",
        &[
            r"computed checksums? did NOT match|: FAILED$",
            r"DO NOT MATCH THE HASHES|[Hh]ash mismatch|digest mismatch|checksum mismatch",
            r"error: (?P<url>\S+) has the checksum \S+, expected one of",
            r"error: no checksum is set for (?P<url>\S+),",
            r"failed to verify the checksum of `(?P<package>[^`]+)`",
            r"checksum for `(?P<package>[^`]+)` changed between lock files",
            r"EINTEGRITY",
            r"Got unexpected checksum for",
        ],
        "A download is not what it was when its checksum was written down",
    )
    .step(&["If the new file is meant, write its checksum into the profile; else a proxy or mirror may have changed it: compare with the publisher's"]),
];

pub(super) const REPOSITORIES_AND_RIGHTS: &[Rule] = &[
    Rule::new(
        "git-owner",
        &[r"detected dubious ownership in repository at '(?P<path>[^']+)'"],
        "git does not trust the repository at `$path`, since it belongs to another user",
    )
    .step(&["Trust it in the step: `git config --global --add safe.directory $path`"])
    .said_in_passing_by(&[Setting::Step]),
    Rule::new(
        "git-absent",
        &[
            r"fatal: not a git repository",
            r"setuptools[-_]scm was unable to detect version",
            r"error: (?:pathspec '(?P<ref>[^']+)' did not match|Remote branch (?P<branch>\S+) not found)",
            r"fatal: (?:Remote branch (?P<remote>\S+) not found|couldn't find remote ref (?P<fetched>\S+))",
        ],
        "The step asks git for what is not there: a repository, a branch, a tag or a commit[ `$ref`][ `$branch`][ `$remote`][ `$fetched`]",
    )
    .step(&["Check the ref in the profile; a build context has no `.git` where `.dockerignore` leaves it out (`dynbuild context ls`)"])
    .said_in_passing_by(&[Setting::Step]),
    Rule::new(
        "read-only",
        &[r"Read-only file system"],
        "The $place writes to a directory that is mounted read-only",
    )
    .step(&["Write elsewhere, or mount it with `rw` (`RUN --mount=type=bind,rw,…`); a bind mount's changes are thrown away"])
    .container(&["Write elsewhere, or mount the directory without `:ro`; `--read-only` makes the whole image so"]),
    Rule::new(
        "permission",
        &[
            r"Permission denied: '(?P<path>[^']+)'",
            r"E: Could not open lock file (?P<path>\S+) - open \(13: Permission denied\)",
            r"(?:cannot create directory|cannot touch|cannot create regular file) ['‘](?P<path>[^'’]+)['’]: Permission denied",
            r"(?i)permissionerror: \[errno 13\]|cannot (?:open for writing|create directory).*permission denied",
        ],
        "The user of the $place may not write[ `$path`| where it has to]",
    )
    .step(&["Switch to root for the step with `USER root`, or give the directory to the user where it is made"])
    .container(&[
        "If it is yours, run the container as you: `--user host`",
        "Or let everybody write to it: `chmod -R a+rwX DIR`",
    ]),
];

pub(super) const COMPILERS: &[Rule] = &[
    Rule::new(
        "rust-code",
        &[r"error: could not compile `(?P<crate>[^`]+)`.* due to "],
        "The crate `$crate` does not compile",
    )
    .step(&["Read the first `error` above; the whole output is in `--progress plain`"]),
    Rule::new(
        "python-compile",
        &[
            // uv, which names the package first
            r"Failed to (?:download and )?build `(?P<package>[^`]+)`.*error: can't find (?P<tool>Rust compiler)",
            r"Failed to (?:download and )?build `(?P<package>[^`]+)`.*(?:No such file or directory: '|command '|unable to execute ')(?P<program>[\w.+-]+)'(?: failed: No such| |: No such|$)",
            // pip, which names it last
            r"error: can't find (?P<tool>Rust compiler).*Failed building wheel for (?P<package>\S+)",
            r"(?:No such file or directory: '|unable to execute '|command ')(?P<program>[\w.+-]+)'(?: failed: No such| |: No such).*Failed building wheel for (?P<package>\S+)",
            r"Failed to (?:download and )?build `(?P<package>[^`]+)`",
            r"Failed building wheel for (?P<package>\S+)",
        ],
        "The Python package `$package` is compiled in this step, since no wheel of it fits this Python and platform, and that fails[: there is no $tool][: there is no program `$program`]",
    )
    .step(&["See which versions have a wheel with `pip download --no-deps --only-binary :all: $package`, and take one of them (`--build-arg PYTHON_OVERRIDES='NAME==VERSION'`) or a base image with another Python; or install the compiler in an earlier step"])
    .across_lines(),
];
