//! Servers that answered a download with something else, and repositories of git.

use crate::diagnosis::evidence::Setting;
use crate::diagnosis::rule::Rule;

/// How programs say that a server answered with a status other than success.
pub(super) const HTTP: &[&str] = &[
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
    // dnf, conda, meson
    r"Status code: (?P<status>STATUS) for https?://(?:[^/@\s]*@)?(?P<host>[^/\s]+)",
    r"CondaHTTPError: HTTP (?P<status>STATUS) .* for url <https?://(?:[^/@\s]*@)?(?P<host>[^/\s>]+)",
    r"could not get https?://(?:[^/@\s]*@)?(?P<host>[^/\s]+)\S* .*HTTP Error (?P<status>STATUS)\b",
    // BuildKit's ADD, Python's urllib, go, npm
    r"invalid response status (?P<status>STATUS)\b",
    r"urllib\.error\.HTTPError: HTTP Error (?P<status>STATUS): ",
    r"reading https?://(?P<host>[^/\s]+)\S*: (?P<status>STATUS) ",
    r"npm (?:error|ERR!) (?P<status>STATUS) .* https?://(?P<host>[^/\s]+)",
    r"unexpected status (?:code )?(?:from \w+ request to )?https?://(?P<host>[^/\s:]+)\S*: (?P<status>STATUS)\b",
];

pub(super) const RULES: &[Rule] = &[
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
        "The repository at [`$host`|a server] wants a login that the step does not have; some servers also say so of repositories that do not exist",
    )
    .step(&["Check the URL, and give the step a token (`--secret id=github-token,env=GITHUB_TOKEN`) or your agent (`--ssh default`)"])
    .wants_login(),
    Rule::new(
        "download-limit",
        HTTP,
        "[`$host`|A server] allows no more downloads from this address for now (HTTP $status)",
    )
    .step(&["Wait and build again, or name a mirror; what was downloaded already is kept in cache mounts"])
    .container(&["Wait and start it again; what it downloaded stays where a directory of the host is mounted"])
    .said_in_passing_by(&[Setting::Container])
    .with_status("429"),
    Rule::new(
        "download-refused",
        HTTP,
        "[`$host`|A server] refused the download (HTTP $status): it wants a login, or does not admit this one",
    )
    .step(&["Check the URL in the profile, and give the step a login or another index: `--secret id=uv-default-index,env=UV_DEFAULT_INDEX`, `--secret id=netrc,src=$$HOME/.netrc`"])
    .container(&["Check the URL, and the login that the command uses"])
    .said_in_passing_by(&[Setting::Container])
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
    )
    .step(&["Build again with `--no-cache`, so that the lists are fetched again; check the suite if it fails again"])
    .container(&["Fetch the lists again: `apt-get update`"]),
    Rule::new(
        "download-missing",
        HTTP,
        "[`$host`|A server] does not have what was to be downloaded (HTTP $status)",
    )
    .step(&["Check the version and the URL in the profile (`dynbuild explain`), or name another place with `--build-arg …_URL=`"])
    .container(&["Check the name and the version that the command asks for"])
    .said_in_passing_by(&[Setting::Container])
    .with_status("404|410"),
    Rule::new(
        "download-failed",
        HTTP,
        "[`$host`|A server] had a failure of its own (HTTP $status)",
    )
    .step(&["Build again later, or name a mirror"])
    .container(&["Start it again later, or name a mirror"])
    .said_in_passing_by(&[Setting::Container])
    .with_status("5\\d\\d"),
];
