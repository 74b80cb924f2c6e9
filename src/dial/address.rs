//! Where an engine or a `BuildKit` listens.

use std::fmt;
use std::path::PathBuf;

use http::HeaderMap;

use crate::docker::host::{Host, SshHost, TcpHost, TlsFiles};
use crate::docker::http_headers::HttpHeaders;

/// An address and what listens there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Where.
    pub address: Address,
    /// What.
    pub speaks: Speaks,
}

impl Endpoint {
    /// Names a Docker Engine.
    pub fn engine(address: Address) -> Self {
        Self {
            address,
            speaks: Speaks::Engine,
        }
    }

    /// Names a `buildkitd`.
    pub fn buildkitd(address: Address) -> Self {
        Self {
            address,
            speaks: Speaks::BuildKit,
        }
    }
}

/// What listens at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// A Docker Engine with a `BuildKit` inside.
    Engine,
    /// A `buildkitd`, which speaks gRPC only.
    BuildKit,
}

/// Where a `BuildKit` listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A unix socket.
    Unix(PathBuf),
    /// A TCP port, in the clear.
    Tcp {
        /// Name or address of the machine; IPv6 without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A TCP port behind TLS.
    Tls {
        /// Name or address of the machine; the certificate must be for it.
        host: String,
        /// The port.
        port: u16,
        /// Certificates.
        files: TlsFiles,
    },
    /// A program whose standard input and output are the connection; each connection starts one.
    Command(Vec<String>),
    /// An engine behind a proxy that reads headers.
    Proxied {
        /// Where the proxy listens.
        proxy: Box<Self>,
        /// What is added to every request.
        headers: HttpHeaders,
    },
}

impl Address {
    /// Returns whether this is an engine of this machine, so that paths mean the same to it and to us.
    pub fn is_local(&self) -> bool {
        matches!(self.stream(), Self::Unix(_))
    }

    /// Adds headers to every request, if there are any.
    #[must_use]
    pub fn with_headers(self, headers: HttpHeaders) -> Self {
        if headers.is_empty() {
            return self;
        }
        Self::Proxied {
            proxy: Box::new(self),
            headers,
        }
    }

    /// Returns where the byte stream goes to.
    pub(crate) fn stream(&self) -> &Self {
        match self {
            Self::Proxied { proxy, .. } => proxy.stream(),
            Self::Unix(_) | Self::Tcp { .. } | Self::Tls { .. } | Self::Command(_) => self,
        }
    }

    /// Returns whether what listens there reads headers of HTTP/1.1.
    pub(crate) const fn has_headers(&self) -> bool {
        matches!(self, Self::Proxied { .. })
    }

    /// Adds the headers of this address to a request, whose own headers stay.
    pub(crate) fn add_headers(&self, request: &mut HeaderMap) {
        if let Self::Proxied { proxy: _, headers } = self {
            headers.add_to(request);
        }
    }

    /// Returns the address that a docker client would use; `tls` is for ports only.
    ///
    /// What stands before the API's paths in a port's address is left out: gRPC has no such thing.
    pub fn new(host: &Host, tls: Option<TlsFiles>) -> Self {
        match host {
            Host::Unix(path) => Self::Unix(path.clone()),
            Host::Ssh(ssh) => Self::over_ssh(ssh, "docker", "--host", &["system", "dial-stdio"]),
            Host::Tcp(TcpHost {
                host,
                port,
                path: _,
            }) => match tls {
                None => Self::Tcp {
                    host: host.clone(),
                    port: *port,
                },
                Some(files) => Self::Tls {
                    host: host.clone(),
                    port: *port,
                    files,
                },
            },
        }
    }
}

impl Address {
    /// Returns the command that reaches what listens behind `program` on another machine, as docker's
    /// and BuildKit's own clients do: `program` is started there, with the flag for the address of its
    /// server if that is not the usual one, and `verb` joins the streams.
    pub(crate) fn over_ssh(ssh: &SshHost, program: &str, flag: &str, verb: &[&str]) -> Self {
        let SshHost {
            user,
            host,
            port,
            socket,
        } = ssh;
        let mut line: Vec<String> = ["ssh", "-o", "ConnectTimeout=30", "-T"]
            .map(Into::into)
            .into();
        if let Some(user) = user {
            line.extend(["-l".into(), user.clone()]);
        }
        if let Some(port) = port {
            line.extend(["-p".into(), port.to_string()]);
        }
        line.extend(["--".into(), host.clone(), program.into()]);
        if let Some(socket) = socket {
            // ssh joins the words of the command and gives them to a shell over there.
            let socket = format!("unix://{}", socket.display());
            line.extend([flag.into(), shell_words::quote(&socket).into_owned()]);
        }
        line.extend(verb.iter().map(|&word| word.to_owned()));
        Self::Command(line)
    }
}

impl fmt::Display for Address {
    /// Writes the address as `DOCKER_HOST` has it; a command as a shell line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { host, port } | Self::Tls { host, port, .. } if host.contains(':') => {
                write!(f, "tcp://[{host}]:{port}")
            }
            Self::Tcp { host, port } | Self::Tls { host, port, .. } => {
                write!(f, "tcp://{host}:{port}")
            }
            Self::Command(line) => f.write_str(&shell_words::join(line)),
            Self::Proxied { proxy, headers: _ } => proxy.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shell_runs_what_is_in_an_address() {
        let marks = tempfile::tempdir().unwrap();
        let mark = marks.path().join("mark");
        for path in [
            "/$(touch${IFS}MARK)",
            "/x;touch${IFS}MARK",
            "/`touch${IFS}MARK`",
            "/x'$(touch${IFS}MARK)'",
            "/x&&touch${IFS}MARK",
            "/x|touch${IFS}MARK",
        ] {
            let path = path.replace("MARK", &mark.display().to_string());
            let host: Host = format!("ssh://h{path}").parse().unwrap();
            let Address::Command(line) = Address::new(&host, None) else {
                panic!("{host} is reached by a command");
            };
            let command = line.iter().position(|word| word == "docker").unwrap();
            // What ssh does: it joins the words, and the account's shell over there runs them.
            let script = line[command..]
                .join(" ")
                .replacen("docker", "printf '%s\\n'", 1);
            let output = std::process::Command::new("sh")
                .args(["-c", &script])
                .output();
            let printed = String::from_utf8(output.unwrap().stdout).unwrap();
            assert!(printed.contains(&format!("unix://{path}\n")), "{printed}");
            assert!(!mark.exists(), "{path}");
        }
    }

    #[test]
    fn addresses_of_docker_clients_are_shown_as_they_are_written() {
        for text in [
            "unix:///run/docker.sock",
            "tcp://[::1]:2376",
            "tcp://build.example:2375",
        ] {
            assert_eq!(Address::new(&text.parse().unwrap(), None).to_string(), text);
        }
        let ssh = "ssh://me@build.example:2222/run/user/1000/docker.sock"
            .parse()
            .unwrap();
        assert_eq!(
            Address::new(&ssh, None).to_string(),
            "ssh -o 'ConnectTimeout=30' -T -l me -p 2222 -- build.example docker --host \
             unix:///run/user/1000/docker.sock system dial-stdio"
        );
    }
}
