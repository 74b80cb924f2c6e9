//! Names, ways, proxies and certificates between a program and a server.

use crate::diagnosis::evidence::Setting;
use crate::diagnosis::rule::Rule;

use super::downloads::HTTP;

const TRUST_AUTHORITY: &[&str] = &[
    "Put that authority's certificate at `/etc/docker/certs.d/$host/ca.crt` on the engine's machine",
];

/// Before the registries and downloads that fail for these.
pub(super) const TRUST: &[Rule] = &[
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
    )
    .everywhere(&["Compare the clock of the engine's machine with the time: `docker run --rm busybox date -u`; if it is right, the server has to renew"]),
    Rule::new(
        "registry-authority",
        &[
            r#"(?:Head|Get|Post|Put|Patch) "?https?://(?P<host>[^/"]+)[^"]*"?: .*x509: certificate signed by unknown authority"#,
        ],
        "The engine does not know the authority that signed the certificate of `$host`",
    )
    .step(TRUST_AUTHORITY)
    .engine(TRUST_AUTHORITY),
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
        "The $place does not know the authority that signed a server's certificate, as behind a company proxy",
    )
    .step(&["Give the step this machine's authorities: `--secret id=ca,src=/etc/ssl/certs/ca-certificates.crt`"])
    .container(&["Give the container this machine's authorities: `-v /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro -e SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt -e REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt`"])
    .said_in_passing_by(&[Setting::Container]),
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
        "The proxy does not let the $place through, or cannot be reached",
    )
    .step(&["Check `HTTPS_PROXY` and `NO_PROXY`, which a build takes from docker's configuration (`~/.docker/config.json`, `proxies`) or from `--build-arg HTTPS_PROXY=URL`"])
    .container(&["Check `HTTPS_PROXY` and `NO_PROXY`, which a container takes from docker's configuration (`~/.docker/config.json`, `proxies`) or from `-e HTTPS_PROXY=URL`"])
    .said_in_passing_by(&[Setting::Container]),
    Rule::new(
        "download-proxy",
        HTTP,
        "The proxy wants a login",
    )
    .step(&["Put the login into `HTTPS_PROXY`, in docker's configuration or by `--build-arg HTTPS_PROXY=URL`"])
    .with_status("407"),
    Rule::new(
        "hub-unreachable",
        &[
            r"(?i)thrown while requesting (?:head|get) https://huggingface\.co|couldn't connect to 'https://huggingface\.co'",
            r"(?i)host='huggingface\.co'|failed to resolve 'huggingface\.co'|sending request for url \(https://huggingface\.co",
            r"(?i)localentrynotfounderror|an error happened while trying to locate the file on the hub",
        ],
        "The $place cannot reach Hugging Face, from where it would download the model",
    )
    .step(&["Check the network of the engine's build containers, and behind a proxy pass `--build-arg HTTPS_PROXY=...`"])
    .container(&[
        "Mount the model: `-v /models:/models:ro`, and name its directory there",
        "Use only what the cache has: `-e HF_HUB_OFFLINE=1`",
        "Or let it pass the proxy: `-e HTTPS_PROXY=http://HOST:PORT`, or `proxies` in `~/.docker/config.json`",
    ])
    .keeps_waiting(),
];

/// After the servers that answered.
pub(super) const REACH: &[Rule] = &[
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
        "The $place cannot resolve the name [`$host`|of a server]",
    )
    .step(&["Check the DNS of the engine's build containers: `docker run --rm busybox nslookup example.com`; behind a proxy, pass `--build-arg HTTPS_PROXY=...`"])
    .container(&["Check the DNS of the engine's containers: `docker run --rm busybox nslookup example.com`; `--dns` names another server"])
    .said_in_passing_by(&[Setting::Container]),
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
        "The $place cannot reach [`$host`|a server], or the connection broke off",
    )
    .step(&["Build again if it was for a moment; else check the network of the engine's build containers (`docker run --rm busybox wget -q -O /dev/null http://example.com`), and behind a proxy pass `--build-arg HTTPS_PROXY=...`"])
    .container(&["Check the address, and the network of the engine's containers: `docker run --rm busybox wget -q -O /dev/null http://example.com`; behind a proxy, pass `-e HTTPS_PROXY=http://HOST:PORT`"])
    .said_in_passing_by(&[Setting::Container]),
];
