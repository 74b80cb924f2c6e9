//! The table: the more telling rules before the more general ones. Programs try downloads again and
//! warn of each failure, so a network is at fault only if nothing more telling was said later; but
//! `pip` says "No matching distribution" also when it could not reach any index, and a compiler that
//! is too old for a crate ends in "could not compile".

use super::rule::Rule;

const FEWER_JOBS: &str = "Compile with fewer jobs at once (`--build-arg MAX_JOBS=2 --build-arg CARGO_BUILD_JOBS=2`), or give the engine more memory";

const LOG_IN: &str = "Check the name, and log in with `docker login[ $registry]` (NVIDIA's: user `$$oauthtoken`, an NGC API key as the password)";

/// How programs say that a server answered with a status other than success.
const HTTP: &[&str] = &[
    // curl, git
    r"(?:The requested|requested) URL returned error: (?P<status>STATUS)\b",
    r"unable to access '(?:https?://)(?:[^/@']*@)?(?P<host>[^/:']+)[^']*': .*error: (?P<status>STATUS)\b",
    // wget
    r"^(?:.* )?ERROR (?P<status>STATUS): ",
    r"awaiting response\.\.\. (?P<status>STATUS) ",
    // pip, requests, huggingface_hub
    r"HTTP error (?P<status>STATUS) while getting https?://(?:[^/@\s]*@)?(?P<host>[^/\s]+)",
    r"\b(?P<status>STATUS) (?:Client|Server) Error: .* (?:for )?url: https?://(?:[^/@\s]*@)?(?P<host>[^/\s]+)",
    r"WARNING: (?P<status>STATUS) Error, Credentials not correct for https?://(?:[^/@\s]*@)?(?P<host>[^/\s]+)",
    r"host='(?P<host>[^']+)'.*too many (?P<status>STATUS) error responses",
    // uv, reqwest
    r"HTTP status (?:client|server) error \((?P<status>STATUS) [^)]*\) for url \(https?://(?:[^/@\s]*@)?(?P<host>[^/\s)]+)",
    r"An index URL \(https?://(?:[^/@\s]*@)?(?P<host>[^/\s)]+)[^)]*\) (?:could not be queried due to a lack of valid authentication credentials|returned a) \(?(?P<status>STATUS)\b",
    // cargo, rustup
    r"failed to get successful HTTP response from `https?://(?P<host>[^/`]+)[^`]*`.*, got (?P<status>STATUS)\b",
    r"failed to download from `https?://(?P<host>[^/`]+)[^`]*`.*got (?P<status>STATUS)\b",
    r"http request returned an unsuccessful status code: (?P<status>STATUS)\b",
    // apt
    r"E: Failed to fetch https?://(?:[^/@\s]*@)?(?P<host>[^/\s]+)\S*\s+(?P<status>STATUS) ",
    r"^Err:\d+ https?://(?P<host>[^/\s]+).*\s(?P<status>STATUS)\s",
    r"^\s+(?P<status>STATUS)\s+[A-Z][\w ]+\[IP: ",
    // BuildKit's ADD, Python's urllib, go, npm
    r"invalid response status (?P<status>STATUS)\b",
    r"urllib\.error\.HTTPError: HTTP Error (?P<status>STATUS): ",
    r"reading https?://(?P<host>[^/\s]+)\S*: (?P<status>STATUS) ",
    r"npm (?:error|ERR!) (?P<status>STATUS) .* https?://(?P<host>[^/\s]+)",
    r"unexpected status (?:code )?(?:from \w+ request to )?https?://(?P<host>[^/\s:]+)\S*: (?P<status>STATUS)\b",
];

/// The rules.
pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "result-disk-full",
        &[r"(?:error from receiver: .*|on the client: |cannot write `.*`: )No space left on device"],
        "The disk is full where the result goes",
        "Make room there, or name another place: `--output type=…,dest=PATH`",
    ),
    Rule::new(
        "disk-full",
        &[
            r"(?i)no space left on device",
            r"(?i)disk quota exceeded",
            r"\bENOSPC\b",
            r"E: You don't have enough free space in",
        ],
        "The disk of the engine is full, or a tmpfs of the step is",
        "See what takes the space with `docker system df`, and remove build cache that is not in use with `docker builder prune`",
    ),
    Rule::new(
        "lost-snapshot",
        &[r"failed to stat active key during commit: snapshot \S+ does not exist"],
        "The engine lost what it was writing when an earlier build was killed, and still counts on it",
        "Remove what it keeps of builds, `docker builder prune`, or build once with `--no-cache`",
    ),
    Rule::new(
        "too-many-layers",
        &[r"max depth exceeded", r"too many layers"],
        "The image has more layers than the engine can mount on top of each other",
        "Start from an image with fewer layers, or join `RUN` and `COPY` instructions; `docker image inspect --format '{{len .RootFS.Layers}}' IMAGE` counts them",
    ),
    Rule::new(
        "killed",
        &[
            r"fatal error: Killed signal|terminated program cc1plus",
            r"signal: 9, SIGKILL",
            r"(?:died due to|terminated with) signal 9",
            r"exit (?:status|code):? 137$|returned non-zero exit status 137|died with <Signals\.SIGKILL",
            r"^(?:\S+: )?(?:(?:line )?\d+: +)?(?:\d+ )?Killed(?: |$)",
            r"(?i)\boom-kill|Out of memory: Killed process",
            r"Segmentation fault.*cc1plus.*memory",
        ],
        "A program of the step was killed, most likely because the memory ran out",
        FEWER_JOBS,
    ),
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
        "A program of the step got no more memory",
        FEWER_JOBS,
    ),
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
        "Compile with the Rust that the sources want: `--build-arg RUST_SOURCE=archive --build-arg RUST_VERSION=X.Y.Z`; their `rust-toolchain.toml` names it",
    )
    .across_lines(),
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
        "Choose another Python with `--build-arg PYTHON_VERSION=X.Y` and images that have it, or another version of the package",
    )
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
        ],
        "Requirements of Python packages contradict each other[: `$first` wants `$one`][, `$second` wants `$two`][, the build asks for `$asked`][: `$left` and `$right`]",
        "Bring the pins of the profile together (`dynbuild lint --pins` compares them), or set one with `--build-arg PYTHON_OVERRIDES=NAME==VERSION`",
    )
    .across_lines(),
    Rule::new(
        "cargo-lock",
        &[
            r"the lock file .* needs to be updated but --(?:locked|frozen) was passed",
            r"cannot (?:update|create) the lock file .* because --(?:locked|frozen) was passed",
        ],
        "`Cargo.lock` does not belong to the source that is compiled",
        "Bring it up to date in the source tree with `cargo update --workspace`, and commit it",
    ),
    Rule::new(
        "cargo-package",
        &[
            r"error: failed to select a version for (?:the requirement )?`(?P<package>[^`]+)`",
            r"error: no matching package (?:named )?`(?P<package>[^`]+)` found",
            r"failed to load source for dependency `(?P<package>[^`]+)`",
        ],
        "Cargo finds no version of `$package` that all of its users accept",
        "See who wants which version with `cargo tree --invert PACKAGE` in the sources, and commit a `Cargo.lock` that fits",
    ),
    Rule::new(
        "gpu-architecture",
        &[
            r"nvcc fatal\s*: (?:Unsupported gpu architecture|Value) '(?P<architecture>[^']+)'",
            r"unsupported GNU version! gcc versions later than (?P<gcc>\d+) are not supported",
        ],
        "The CUDA compiler of the base image does not know the GPU architecture or the C++ compiler[: `$architecture`]",
        "Choose another CUDA with `--device`, or fewer architectures, for example `--build-arg TORCH_CUDA_ARCH_LIST=9.0`",
    ),
    Rule::new(
        "driver-library",
        &[
            r"(?P<library>lib(?:cuda|nvidia-ml)\.so[\d.]*): cannot open shared object file",
            r"(?:Found no NVIDIA driver|CUDA driver version is insufficient|no CUDA-capable device)",
        ],
        "The step needs the NVIDIA driver, which a build does not have: it comes with the GPU when a container runs",
        "Do at run time what needs a GPU, or link with the stub in `/usr/local/cuda/lib64/stubs`",
    ),
    Rule::new(
        "library-version",
        &[
            r"version `(?P<version>(?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found",
            r"(?P<library>\S+): undefined symbol: (?P<symbol>\S+)",
            r"symbol lookup error: (?P<library>\S+):",
        ],
        "A library of the image is not the one that a program was compiled with[: `$version` is missing][: `$library` has no `$symbol`]",
        "Compile on the distribution that the image has (`dynbuild explain BASE_IMAGE`, `dynbuild explain RUNTIME_IMAGE`), or take packages that belong together",
    ),
    Rule::new(
        "library",
        &[
            r"(?P<library>[\w.+-]+\.so[\w.]*): cannot open shared object file",
            r"Error loading shared library (?P<library>[\w.+-]+):",
            r"(?P<library>lib[\w.+-]+\.so[\w.]*) => not found",
            r"Library not found: (?P<library>\S+)",
        ],
        "The loader does not find `$library` in the image",
        "Install the package that has it (`--build-arg RUNTIME_PACKAGES=…`), or name its directory in `/etc/ld.so.conf.d` and run `ldconfig`",
    ),
    Rule::new(
        "module",
        &[
            r"ModuleNotFoundError: No module named '?(?P<module>[\w.]+)'?",
            r"ImportError: No module named '?(?P<module>[\w.]+)'?",
            r"/python[\d.]*: No module named (?P<module>[\w.]+)",
            r"(?:importlib\.metadata\.)?PackageNotFoundError: (?:No package metadata was found for )?'?(?P<module>[\w.-]+)'?",
        ],
        "The Python module `$module` is not in the image",
        "Add the package that has it to `ENGINE_COMPANIONS` or `PYTHON_REQUIREMENTS`, in the profile or with `--build-arg`",
    ),
    Rule::new(
        "import",
        &[
            r"ImportError: cannot import name '(?P<name>[^']+)' from (?:partially initialized module )?'(?P<module>[^']+)'",
            r"AttributeError: module '(?P<module>[^']+)' has no attribute '(?P<name>[^']+)'",
        ],
        "The Python module `$module` has no `$name`: it is another version than the one that its user expects",
        "See what the image has with `docker run --rm IMAGE python3 -m pip list`, and bring the versions together",
    ),
    Rule::new(
        "linker-library",
        &[r"cannot find -l(?P<library>[\w.+-]+)", r"unable to find library -l(?P<library>[\w.+-]+)"],
        "The linker does not find the library `$library` in the stage that compiles",
        "Install the development package that has it, in an earlier step of that stage",
    ),
    Rule::new(
        "header",
        &[
            r"fatal error: '?(?P<header>[\w./+-]+\.(?:h|hpp|cuh))'?(?: file not found|: No such file or directory)",
            r"^(?P<header>[\w./+-]+\.proto): File not found",
            r"Import \S*(?P<header>google/[\w./]+\.proto)\S* was not found",
        ],
        "The file `$header` is not in the stage that compiles",
        "Install the development package that has it, in an earlier step of that stage",
    ),
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
        "Install the development package that has it, in an earlier step of that stage",
    ),
    Rule::new(
        "certificate-date",
        &[
            r"certificate has expired",
            r"certificate is not yet valid",
            r"invalid peer certificate: (?:Expired|NotValidYet|certificate (?:expired|not valid yet))",
            r"Release file .* is not valid yet",
            r"Release file .* is expired",
        ],
        "A certificate or a signed list is not valid at the time that the engine's clock shows",
        "Compare the clock of the engine's machine with the time: `docker run --rm busybox date -u`; if it is right, the server has to renew",
    ),
    Rule::new(
        "registry-authority",
        &[
            r#"(?:Head|Get|Post|Put|Patch) "?https?://(?P<host>[^/"]+)[^"]*"?: .*x509: certificate signed by unknown authority"#,
        ],
        "The engine does not know the authority that signed the certificate of `$host`",
        "Put that authority's certificate at `/etc/docker/certs.d/$host/ca.crt` on the engine's machine",
    ),
    Rule::new(
        "authority",
        &[
            r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSL certificate problem",
            r"server certificate verification failed|invalid peer certificate",
            r"x509: certificate signed by unknown authority|unable to get (?:local )?issuer cert",
            r"(?i)self[- ]signed certificate|SELF_SIGNED_CERT",
            r"Certificate verification failed: The certificate is NOT trusted",
            r"cannot verify .*'s certificate",
            r"ssl certificate is invalid|\[60\] SSL peer certificate",
        ],
        "The step does not know the authority that signed a server's certificate, as behind a company proxy",
        "Give the step this machine's authorities: `--secret id=ca,src=/etc/ssl/certs/ca-certificates.crt`",
    ),
    Rule::new(
        "proxy",
        &[
            r"[Pp]roxy Authentication Required",
            r"(?:HTTP code|response|failed:|error:|status:?) 407\b",
            r"(?i)could not resolve proxy:? ?(?P<proxy>\S*)",
            r"ProxyError\(",
            r"(?i)cannot connect to proxy",
            r"(?i)tunnel connection failed|proxyconnect tcp",
            r"(?i)unsuccessful tunnel|tunnel error",
            r"Received HTTP code \d+ from proxy after CONNECT",
        ],
        "The proxy does not let the step through, or cannot be reached",
        "Check `HTTPS_PROXY` and `NO_PROXY`, which a build takes from docker's configuration (`~/.docker/config.json`, `proxies`) or from `--build-arg HTTPS_PROXY=URL`",
    ),
    Rule::new("download-proxy", HTTP, "The proxy wants a login", "Put the login into `HTTPS_PROXY`, in docker's configuration or by `--build-arg HTTPS_PROXY=URL`")
        .with_status("407"),
    Rule::new(
        "registry-limit",
        &[r"toomanyrequests|429 Too Many Requests.*(?:registry|docker)|pull rate limit"],
        "The registry allows no more downloads from this address for now",
        "Log in with `docker login`, or wait, or name a mirror of the base image",
    ),
    Rule::new(
        "registry-unreachable",
        &[
            r#"(?:Head|Get|Post|Put|Patch) "?https?://(?P<host>[^/"]+)[^"]*"?: .*(?:no such host|server misbehaving|i/o timeout|connection refused|network is unreachable|no route to host|TLS handshake timeout|context deadline exceeded|connection reset by peer|: EOF$)"#,
        ],
        "The engine cannot reach `$host`",
        "Check the name, and the network, proxy and DNS of the engine (`docker info`); `localhost` is the machine of the engine",
    ),
    Rule::new(
        "registry-http",
        &[
            r#""?https?://(?P<host>[^/"]+)[^"]*"?: http: server gave HTTP response to HTTPS client"#,
        ],
        "The registry `$host` speaks HTTP, and the engine expects HTTPS of it",
        "Give the registry a certificate, or write its name into `insecure-registries` of the engine's `/etc/docker/daemon.json`",
    ),
    Rule::new(
        "push-refused",
        &[
            r"could not push image `(?P<registry>(?:localhost|[\w-]+(?:\.|:\d))[^/`\s]*)/[^`]*`: .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )",
            r"could not push image `[^`]*`: .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )",
            r"failed to push (?P<registry>[\w-]+(?:\.|:\d)[^/\s]*)/\S+: .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )",
            r"failed to push .*(?:denied|unauthorized|insufficient_scope|authorization failed|no basic auth|401 |403 )|push access denied|requested access to the resource is denied|denied: .*(?:push|permission)",
        ],
        "The registry does not let this user push the image",
        "Log in with `docker login[ $registry]` as a user who may write to the repository, and check its name",
    ),
    Rule::new(
        "pull-refused",
        &[
            r"source metadata for (?P<registry>[\w-]+(?:\.|:\d)[^/\s]*)/\S+: .*(?:pull access denied|insufficient_scope|authorization failed|unauthorized: |no basic auth|401 |403 )",
            r"pull access denied|insufficient_scope|authorization failed|unauthorized: |no basic auth credentials|failed to (?:authorize|resolve source metadata).*(?:401|403) ",
        ],
        "The server wants a login, or this one does not allow it; some registries also say so of images that do not exist",
        LOG_IN,
    ),
    Rule::new(
        "entitlement",
        &[r"granting entitlement (?P<entitlement>[\w.-]+) is not allowed"],
        "The engine allows `$entitlement` to no build",
        "Allow it in `builder.Entitlements` of the engine's `/etc/docker/daemon.json` (`\"security-insecure\": true`, `\"network-host\": true`) and restart the engine, or build elsewhere with `--builder`",
    ),
    Rule::new(
        "frontend-flag",
        &[r"dockerfile parse error.*: unknown flag: --(?P<flag>[\w-]+)"],
        "The engine's own reader of Dockerfiles does not know `--$flag`",
        "Name one that does in the first line of the fragment: `# syntax=docker/dockerfile:1`, or `docker/dockerfile:1-labs` for what is not stable yet",
    ),
    Rule::new(
        "platform",
        &[
            r"no match for platform in manifest|no matching manifest for (\S+)|does not match the specified platform",
        ],
        "The base image does not exist for the platform of the build",
        "See which platforms it has with `docker buildx imagetools inspect IMAGE`, and choose one of them with `--platform`",
    ),
    Rule::new(
        "emulator",
        &[r"[Ee]xec format error"],
        "The step runs programs of another platform, and the engine's machine has no emulator for it",
        "Build on a machine of that platform, or install the emulators: `docker run --privileged --rm tonistiigi/binfmt --install all`",
    ),
    Rule::new(
        "git-login",
        &[
            r"Authentication failed for 'https?://(?:[^/@']*@)?(?P<host>[^/:']+)",
            r"could not read (?:Username|Password) for 'https?://(?:[^/@']*@)?(?P<host>[^/:']+)",
            r"remote: (?:Repository not found|HTTP Basic: Access denied|Invalid username or (?:password|token)|Write access to repository not granted|Permission to .* denied)",
            r"(?:git@)?(?P<host>[\w.-]+): Permission denied \(publickey",
            r"fatal: repository 'https?://(?:[^/@']*@)?(?P<host>[^/:']+)[^']*' not found",
            r"Host key verification failed",
            r"failed to authenticate when downloading repository",
        ],
        "The repository at `$host` wants a login that the step does not have; some servers also say so of repositories that do not exist",
        "Check the URL, and give the step a token (`--secret id=github-token,env=GITHUB_TOKEN`) or your agent (`--ssh default`)",
    )
    .wants_login(),
    Rule::new(
        "gated-model",
        &[
            r"GatedRepoError|Access to model (?P<model>\S+) is restricted|Cannot access gated repo",
            r"RepositoryNotFoundError: 401",
        ],
        "The model is only for accounts that its owner admitted",
        "Ask for access on its page, and give your token: `--secret id=hf-token,env=HF_TOKEN`",
    )
    .wants_login(),
    Rule::new(
        "download-limit",
        HTTP,
        "`$host` allows no more downloads from this address for now (HTTP $status)",
        "Wait and build again, or name a mirror; what was downloaded already is kept in cache mounts",
    )
    .with_status("429"),
    Rule::new(
        "download-refused",
        HTTP,
        "`$host` refused the download (HTTP $status): it wants a login, or does not admit this one",
        "Check the URL in the profile, and give the step a login or another index: `--secret id=uv-default-index,env=UV_DEFAULT_INDEX`, `--secret id=netrc,src=$$HOME/.netrc`",
    )
    .with_status("401|403|451")
    .wants_login(),
    Rule::new(
        "apt-lists",
        &[
            r"E: Failed to fetch \S+\s+404",
            r"404\s+Not Found \[IP",
            r"Mirror sync in progress",
            r"File has unexpected size \(\d+ != \d+\)",
            r"Hash Sum mismatch",
        ],
        "The package lists of an earlier step and what the archive has do not fit together",
        "Build again with `--no-cache`, so that the lists are fetched again; check the suite if it fails again",
    ),
    Rule::new(
        "download-missing",
        HTTP,
        "`$host` does not have what was to be downloaded (HTTP $status)",
        "Check the version and the URL in the profile (`dynbuild explain`), or name another place with `--build-arg …_URL=`",
    )
    .with_status("404|410"),
    Rule::new(
        "download-failed",
        HTTP,
        "`$host` had a failure of its own (HTTP $status)",
        "Build again later, or name a mirror",
    )
    .with_status("5\\d\\d"),
    Rule::new(
        "name",
        &[
            r"Temporary failure resolving(?: '(?P<host>[^']+)')?",
            r"(?i)could not resolve host:? (?P<host>[\w.-]+)",
            r"(?i)couldn't resolve host",
            r"unable to resolve host address .(?P<host>[\w.-]+)",
            r"Failed to resolve '(?P<host>[^']+)'",
            r"Temporary failure in name resolution|failed to lookup address information|dns error|Name or service not known|nodename nor servname",
            r"getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (?P<host>\S+)",
            r"lookup (?P<host>[\w.-]+)(?: on \S+)?: no such host",
        ],
        "The step cannot resolve the name `$host`",
        "Check the DNS of the engine's build containers: `docker run --rm busybox nslookup example.com`; behind a proxy, pass `--build-arg HTTPS_PROXY=...`",
    ),
    Rule::new(
        "unreachable",
        &[
            r"(?i)failed to connect to (?P<host>[\w.:-]+?) port \d+",
            r"Could not connect to (?P<host>[\w.-]+):\d+",
            r"(?i)\bconnect(?:ion)? to (?P<host>[\w.-]+\.[\w-]+)(?: \([^)]*\))? .*(?:timed out|refused|unreachable)",
            r"HTTPS?ConnectionPool\(host='(?P<host>[^']+)'.*(?:Max retries exceeded|timed out)",
            r"(?:ReadTimeoutError|ConnectTimeoutError)\(",
            r"error sending request for url \(https?://(?P<host>[^/)]+)",
            r"Failed to download .*(?:timeout|timed out)",
            r"spurious network error|Timeout was reached|\[28\] (?:Timeout|Operation)",
            r"curl: \((?:7|18|28|35|52|55|56|92)\)",
            r"(?i)network is unreachable|no route to host|connection timed out|connection refused|connection reset by peer|operation timed out",
            r"gnutls_handshake\(\) failed|OpenSSL SSL_connect: |TLS connect error|wrong version number|TLSV1_ALERT|SSL_ERROR_SYSCALL",
            r"early EOF|RPC failed; curl|unexpected disconnect while reading sideband packet",
        ],
        "The step cannot reach `$host`, or the connection broke off",
        "Build again if it was for a moment; else check the network of the engine's build containers (`docker run --rm busybox wget -q -O /dev/null http://example.com`), and behind a proxy pass `--build-arg HTTPS_PROXY=...`",
    ),
    Rule::new(
        "context",
        &[
            r#"(?:failed to calculate checksum of ref [^"]*|failed to compute cache key: [^"]*)"(?P<path>[^"]+)": not found"#,
        ],
        "`$path` is not in the build context, or `.dockerignore` leaves it out",
        "See what is sent and what is left out by which rule: `dynbuild context ls`",
    ),
    Rule::new(
        "secret",
        &[r"secret (?P<id>[\w.-]+): not found"],
        "The step needs the secret `$id`, which was not given",
        "Give it with `--secret id=$id,env=VARIABLE` or `--secret id=$id,src=FILE`",
    ),
    Rule::new(
        "base-image",
        &[
            r"failed to resolve source metadata for (\S+):.* not found|(\S+): not found: manifest unknown|manifest unknown",
        ],
        "The base image does not exist under this name and tag",
        "Check the name and tag with `docker buildx imagetools inspect IMAGE`",
    ),
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
        "If the new file is meant, write its checksum into the profile; else a proxy or mirror may have changed it: compare with the publisher's",
    ),
    Rule::new(
        "apt-key",
        &[
            r"NO_PUBKEY (?P<key>\w+)",
            r"The repository '(?P<repository>[^']+)' is not signed",
            r"signatures couldn't be verified because the public key is not available",
            r"At least one invalid signature was encountered",
        ],
        "apt does not have the key that signs a package archive",
        "Take the base image again with `--pull`; an archive that is added needs its key in `/etc/apt/keyrings`",
    ),
    Rule::new(
        "apt-package",
        &[
            r"E: Unable to locate package (?P<package>\S+)",
            r"E: Package '(?P<package>[^']+)' has no installation candidate",
            r"E: Version '[^']+' for '(?P<package>[^']+)' was not found",
            r"E: Couldn't find any package by (?:glob|regex) '(?P<package>[^']+)'",
        ],
        "The distribution of the base image has no package `$package` in the wanted version",
        "Search for its name with `docker run --rm IMAGE sh -c 'apt-get update && apt-cache policy $package'`",
    ),
    Rule::new(
        "apt-conflict",
        &[
            r"^\s*(?P<package>\S+) : (?:Pre)?Depends: (?P<other>.*?) but ",
            r"E: Unable to correct problems, you have held broken packages",
            r"E: Unmet dependencies",
        ],
        "Packages of the distribution contradict each other, or what the base image has already[: `$package` needs `$other`]",
        "Look at both with `docker run --rm IMAGE sh -c 'apt-get update && apt-cache policy NAME'`; archives that the base image adds may hold a newer one",
    ),
    Rule::new(
        "python-managed",
        &[r"externally-managed-environment|This environment is externally managed"],
        "pip refuses to install into the Python of the distribution",
        "Install into an environment (`uv pip install --python /opt/dynamo/venv`), or pass `--break-system-packages` where the image is the engine's",
    ),
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
        "See which versions there are with `pip index versions PACKAGE`, and correct the version in the profile or with `--build-arg`",
    )
    .across_lines(),
    Rule::new(
        "git-owner",
        &[r"detected dubious ownership in repository at '(?P<path>[^']+)'"],
        "git does not trust the repository at `$path`, since it belongs to another user",
        "Trust it in the step: `git config --global --add safe.directory $path`",
    )
    .said_in_passing(),
    Rule::new(
        "git-absent",
        &[
            r"fatal: not a git repository",
            r"setuptools[-_]scm was unable to detect version",
            r"error: (?:pathspec '(?P<ref>[^']+)' did not match|Remote branch (?P<branch>\S+) not found)",
            r"fatal: (?:Remote branch (?P<remote>\S+) not found|couldn't find remote ref (?P<fetched>\S+))",
        ],
        "The step asks git for what is not there: a repository, a branch, a tag or a commit[ `$ref`][ `$branch`][ `$remote`][ `$fetched`]",
        "Check the ref in the profile; a build context has no `.git` where `.dockerignore` leaves it out (`dynbuild context ls`)",
    )
    .said_in_passing(),
    Rule::new(
        "read-only",
        &[r"Read-only file system"],
        "The step writes to a place that is mounted read-only",
        "Write elsewhere, or mount it with `rw` (`RUN --mount=type=bind,rw,…`); a bind mount's changes are thrown away",
    ),
    Rule::new(
        "permission",
        &[
            r"Permission denied: '(?P<path>[^']+)'",
            r"E: Could not open lock file (?P<path>\S+) - open \(13: Permission denied\)",
            r"(?:cannot create directory|cannot touch|cannot create regular file) ['‘](?P<path>[^'’]+)['’]: Permission denied",
        ],
        "The step's user may not write `$path`",
        "Switch to root for the step with `USER root`, or give the directory to the user where it is made",
    ),
    Rule::new(
        "program",
        &[
            r"(?:sh: \d+: |: line \d+: |^)(?P<program>[\w./+-]+): (?:command )?not found$",
            r"exec: .?(?P<program>[\w./+-]+).?: executable file not found in \$PATH",
            r"error: linker `(?P<program>[^`]+)` not found",
            r#"CMake was unable to find a build program corresponding to "(?P<program>[^"]+)""#,
            r"No (?P<program>CMAKE_\w+_COMPILER) could be found",
        ],
        "The program `$program` is not in the image at this step",
        "Install it in an earlier step or stage, or check that the base image is the one meant (`dynbuild plan`)",
    ),
    Rule::new(
        "rust-code",
        &[r"error: could not compile `(?P<crate>[^`]+)`.* due to "],
        "The crate `$crate` does not compile",
        "Read the first `error` above; the whole output is in `--progress plain`",
    ),
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
        "See which versions have a wheel with `pip download --no-deps --only-binary :all: $package`, and take one of them (`--build-arg PYTHON_OVERRIDES='NAME==VERSION'`) or a base image with another Python; or install the compiler in an earlier step",
    )
    .across_lines(),
];
