//! Registries that images come from and go to.

use crate::diagnosis::rule::Rule;

const LOG_IN: &str = "Check the name, and log in with `docker login[ $registry]` (NVIDIA's: user `$$oauthtoken`, an NGC API key as the password)";

const UNREACHABLE: &str =
    "The engine cannot reach [`$host`|the registry that the image's name points to]";

const BUILD_OR_CHECK: &[&str] = &[
    "[Build the image here: `$build_line`|Check the name, the network and the engine's proxy settings]",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "registry-limit",
        &[r"toomanyrequests|429 Too Many Requests.*(?:registry|docker)|pull rate limit"],
        "The registry allows no more downloads from this address for now",
    )
    .everywhere(&["Log in with `docker login`, or wait, or name a mirror of the base image"]),
    Rule::new(
        "registry-unreachable",
        &[
            r#"(?:Head|Get|Post|Put|Patch) "?https?://(?P<host>[^/"]+)[^"]*"?: .*(?:no such host|server misbehaving|i/o timeout|connection refused|network is unreachable|no route to host|TLS handshake timeout|context deadline exceeded|connection reset by peer|: EOF$)"#,
        ],
        UNREACHABLE,
    )
    .step(&["Check the name, and the network, proxy and DNS of the engine (`docker info`); `localhost` is the machine of the engine"])
    .engine(BUILD_OR_CHECK),
    Rule::new(
        "registry-http",
        &[
            r#""?https?://(?P<host>[^/"]+)[^"]*"?: http: server gave HTTP response to HTTPS client"#,
        ],
        "The registry `$host` speaks HTTP, and the engine expects HTTPS of it",
    )
    .everywhere(&["Give the registry a certificate, or write its name into `insecure-registries` of the engine's `/etc/docker/daemon.json`"]),
    Rule::new(
        "push-refused",
        &[
            r"could not push image `(?P<registry>(?:localhost|[\w-]+(?:\.|:\d))[^/`\s]*)/[^`]*`: .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )",
            r"could not push image `[^`]*`: .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )",
            r"failed to push (?P<registry>[\w-]+(?:\.|:\d)[^/\s]*)/\S+: .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )",
            r"failed to push .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )|push access denied|requested access to the resource is denied|denied: .*(?:push|permission)",
        ],
        "The registry does not let this user push the image",
    )
    .step(&["Log in with `docker login[ $registry]` as a user who may write to the repository, and check its name"]),
    Rule::new(
        "pull-refused",
        &[
            r"source metadata for (?P<registry>[\w-]+(?:\.|:\d)[^/\s]*)/\S+: .*(?:pull access denied|insufficient_scope|authorization failed|unauthorized: |no basic auth|401 |403 )",
            r"pull access denied|insufficient_scope|authorization failed|unauthorized: |no basic auth credentials|failed to (?:authorize|resolve source metadata).*(?:401|403) ",
        ],
        "The server wants a login, or this one does not allow it; some registries also say so of images that do not exist",
    )
    .step(&[LOG_IN])
    .engine(&["[Build the image here: `$build_line`|Check the name, and log in with `docker login $registry`|Check the name, and log in with `docker login`]"]),
    Rule::new(
        "entitlement",
        &[r"granting entitlement (?P<entitlement>[\w.-]+) is not allowed"],
        "The engine allows `$entitlement` to no build",
    )
    .step(&["Allow it in `builder.Entitlements` of the engine's `/etc/docker/daemon.json` (`\"security-insecure\": true`, `\"network-host\": true`) and restart the engine, or build elsewhere with `--builder`"]),
    Rule::new(
        "frontend-flag",
        &[r"dockerfile parse error.*: unknown flag: --(?P<flag>[\w-]+)"],
        "The engine's own reader of Dockerfiles does not know `--$flag`",
    )
    .step(&["Name one that does in the first line of the fragment: `# syntax=docker/dockerfile:1`, or `docker/dockerfile:1-labs` for what is not stable yet"]),
    Rule::new(
        "platform",
        &[
            r"no match for platform in manifest|no matching manifest for (\S+)|does not match the specified platform",
        ],
        "[The image `$image`|The base image] does not exist for the platform that is wanted",
    )
    .everywhere(&["See which platforms it has with `docker buildx imagetools inspect IMAGE`, and choose one of them with `--platform`"]),
    Rule::new(
        "emulator",
        &[r"[Ee]xec format error"],
        "[The programs of the $place|The programs of the image] are for another platform, and no emulator for it is on the machine of the engine",
    )
    .step(&["Build on a machine of that platform, or install the emulators: `docker run --privileged --rm tonistiigi/binfmt --install all`"])
    .launch(&["Take an image of the machine's platform, which `docker info` names, or install the emulators: `docker run --privileged --rm tonistiigi/binfmt --install all`"]),
    Rule::new(
        "image-missing",
        &[
            r"failed to resolve source metadata for (\S+):.* not found|(\S+): not found: manifest unknown|manifest unknown",
        ],
        "The base image does not exist under this name and tag",
    )
    .step(&["Check the name and tag with `docker buildx imagetools inspect IMAGE`"]),
    Rule::new(
        "image-missing",
        &[r"(?i)no such image|manifest unknown|manifest for"],
        "The engine does not have the image, and no registry gave it",
    )
    .engine(&["[Build it: `$build_line`|Check the name, or pull it: `docker pull $image`|Check the name]"]),
    Rule::new(
        "registry-unreachable",
        &[r"(?i)no such host|i/o timeout|connection refused|dial tcp"],
        UNREACHABLE,
    )
    .engine(BUILD_OR_CHECK),
];
