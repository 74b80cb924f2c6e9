//! Packages of distributions and of Python.

use crate::diagnosis::rule::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "apt-key",
        &[
            r"NO_PUBKEY (?P<key>\w+)",
            r"The repository '(?P<repository>[^']+)' is not signed",
            r"signatures couldn't be verified because the public key is not available",
            r"At least one invalid signature was encountered",
        ],
        "apt does not have the key that signs a package archive",
    )
    .step(&["Take the base image again with `--pull`; an archive that is added needs its key in `/etc/apt/keyrings`"]),
    Rule::new(
        "apt-package",
        &[
            r"E: Unable to locate package (?P<package>\S+)",
            r"E: Package '(?P<package>[^']+)' has no installation candidate",
            r"E: Version '[^']+' for '(?P<package>[^']+)' was not found",
            r"E: Couldn't find any package by (?:glob|regex) '(?P<package>[^']+)'",
        ],
        "The distribution of the base image has no package `$package` in the wanted version",
    )
    .step(&["Search for its name with `docker run --rm IMAGE sh -c 'apt-get update && apt-cache policy $package'`"]),
    Rule::new(
        "apt-conflict",
        &[
            r"^\s*(?P<package>\S+) : (?:Pre)?Depends: (?P<other>.*?) but ",
            r"E: Unable to correct problems, you have held broken packages",
            r"E: Unmet dependencies",
        ],
        "Packages of the distribution contradict each other, or what the base image has already[: `$package` needs `$other`]",
    )
    .step(&["Look at both with `docker run --rm IMAGE sh -c 'apt-get update && apt-cache policy NAME'`; archives that the base image adds may hold a newer one"]),
    Rule::new(
        "python-managed",
        &[r"externally-managed-environment|This environment is externally managed"],
        "pip refuses to install into the Python of the distribution",
    )
    .step(&["Install into an environment (`uv pip install --python /opt/dynamo/venv`), or pass `--break-system-packages` where the image is the engine's"]),
    Rule::new(
        "python-package",
        &[
            r"No matching distribution found for (?P<package>\S+)",
            r"[Bb]ecause there (?:is|are) no versions? of (?P<package>\S+)",
            r"[Bb]ecause only (?P<known>.{1,80}?) (?:is|are) available and you require (?P<package>[^\s,]+)",
            r"[Bb]ecause (?P<package>\S+) (?:was not found in|has no wheels|was published after|has no publish time)",
            r"Could not find a version that satisfies the requirement (?P<package>\S+)",
            r"(?P<package>\S+\.whl) is not a supported wheel on this platform",
            r"No solution found when resolving|ResolutionImpossible",
        ],
        "No Python package fits[ `$package` with] this version, Python and platform",
    )
    .step(&["See which versions there are with `pip index versions PACKAGE`, and correct the version in the profile or with `--build-arg`"])
    .across_lines(),
];
