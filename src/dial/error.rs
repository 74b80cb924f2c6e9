//! Why a `BuildKit` cannot be reached, and what fixes it.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use hyper::http::response::Parts;
use thiserror::Error;
use tokio_rustls::rustls::pki_types::pem;

use super::address::Address;
use crate::problem::{Problem, ProblemKind};

/// Why a `BuildKit` cannot be reached.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The unix socket does not exist.
    #[error("No engine at `{address}`: the socket does not exist")]
    NoSocket {
        /// Where.
        address: Address,
    },
    /// The socket exists, but we may not use it.
    #[error("No permission to use the engine's socket `{address}`")]
    PermissionDenied {
        /// Where.
        address: Address,
    },
    /// Nobody listens.
    #[error("No engine listens at `{address}`")]
    Refused {
        /// Where.
        address: Address,
    },
    /// Any other failure to open a connection.
    #[error("Cannot connect to the engine at `{address}`")]
    Dial {
        /// Where.
        address: Address,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No answer.
    #[error("The engine at `{address}` did not answer within {} s", limit.as_secs())]
    TimedOut {
        /// Where.
        address: Address,
        /// How long we waited.
        limit: Duration,
    },
    /// TLS could not be agreed upon.
    #[error("No secure connection to the engine at `{address}`")]
    Tls {
        /// Where.
        address: Address,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A certificate or key cannot be read.
    #[error("Cannot read the certificate or key `{}`", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The program that makes the connection cannot be started.
    #[error("Cannot start `{}`", shell_words::join(line))]
    Command {
        /// The program and its arguments.
        line: Vec<String>,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The connection broke, or what came over it is not HTTP.
    #[error("The connection to the engine at `{address}` failed")]
    Talk {
        /// Where.
        address: Address,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What listens is not a Docker Engine.
    #[error("What listens at `{address}` is not a Docker Engine")]
    NotAnEngine {
        /// Where.
        address: Address,
        /// What it said.
        answer: String,
    },
    /// The engine has no `BuildKit` for us.
    #[error("The engine at `{address}` offers no BuildKit (`POST {path}` was answered `{answer}`)")]
    NoBuildKit {
        /// Where.
        address: Address,
        /// What we asked for.
        path: &'static str,
        /// What it said.
        answer: String,
    },
    /// The connection is there, but no gRPC call succeeds on it.
    #[error("What listens at `{address}` does not answer as BuildKit does")]
    NotBuildKit {
        /// Where.
        address: Address,
        /// Why.
        #[source]
        source: Box<tonic::Status>,
    },
}

impl ConnectError {
    pub(super) fn dial(address: &Address, source: io::Error) -> Self {
        let address = address.stream().clone();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NoSocket { address },
            io::ErrorKind::PermissionDenied => Self::PermissionDenied { address },
            io::ErrorKind::ConnectionRefused => Self::Refused { address },
            _ => Self::Dial { address, source },
        }
    }

    pub(super) fn talk(address: &Address, source: hyper::Error) -> Self {
        Self::request(address, source)
    }

    pub(crate) fn request<E>(address: &Address, source: E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        Self::Talk {
            address: address.stream().clone(),
            source: source.into(),
        }
    }

    /// What answered a ping is no engine.
    pub(crate) fn not_an_engine(address: &Address, head: &Parts, body: &[u8]) -> Self {
        Self::NotAnEngine {
            address: address.clone(),
            answer: format!("{}: {}", head.status, String::from_utf8_lossy(body).trim()),
        }
    }

    /// Returns whether the engine is there but does not offer this way, so that the other way may
    /// still work.
    pub(crate) fn is_about_the_way(&self) -> bool {
        match self {
            Self::NoBuildKit { .. } | Self::NotBuildKit { .. } | Self::Talk { .. } => true,
            Self::NoSocket { .. }
            | Self::PermissionDenied { .. }
            | Self::Refused { .. }
            | Self::Dial { .. }
            | Self::TimedOut { .. }
            | Self::Tls { .. }
            | Self::Certificate { .. }
            | Self::Command { .. }
            | Self::NotAnEngine { .. } => false,
        }
    }

    /// Returns what fixes it, given its causes.
    fn hint(&self, causes: &[String]) -> Option<String> {
        let hint = match self {
            Self::NoSocket { .. } | Self::Refused { .. } => {
                "Start the engine, or name another one with `DOCKER_HOST` or `docker context use`"
            }
            Self::PermissionDenied { .. } => {
                "Join the group that owns the socket (`sudo usermod -aG docker \"$USER\"`, then \
                 log in again), or run as root"
            }
            Self::NotAnEngine { answer, .. } if answer.contains("HTTPS server") => {
                "The engine wants TLS: set `DOCKER_TLS_VERIFY=1` and `DOCKER_CERT_PATH`"
            }
            Self::NotAnEngine { .. } => "Check `DOCKER_HOST`, and `docker context show`",
            Self::Tls { source, .. } if source.to_string().contains("InvalidContentType") => {
                "The engine does not speak TLS there: unset `DOCKER_TLS_VERIFY`"
            }
            Self::Tls {
                address: Address::Tls { files, .. },
                ..
            } => {
                let [ca, cert, key] =
                    [&files.ca, &files.cert, &files.key].map(|file| file.display());
                return Some(format!(
                    "Check the certificates: `{ca}`, `{cert}` and `{key}`"
                ));
            }
            Self::Tls { .. } | Self::Certificate { .. } => {
                "Check where the certificates are: `DOCKER_CERT_PATH`, the docker context or the \
                 builder says it"
            }
            // With TLS 1.3 a server refuses a client's certificate after our side of the handshake.
            Self::Talk {
                address: Address::Tls { files, .. },
                ..
            }
            | Self::NotBuildKit {
                address: Address::Tls { files, .. },
                ..
            } => {
                return Some(format!(
                    "The other side may not accept your certificate: check `{}` and `{}`",
                    files.cert.display(),
                    files.key.display()
                ));
            }
            Self::NoBuildKit { .. } => "Use Docker Engine 20.10 or newer",
            Self::Command { line, .. } if line.first().is_some_and(|word| word == "ssh") => {
                "Install an SSH client, or name an engine that is reached another way"
            }
            Self::Talk {
                address: Address::Command(line),
                ..
            } => {
                return ssh_hint(line, &causes.join("\n"))
                    .or_else(|| Some(format!("Try it by hand: `{}`", shell_words::join(line))));
            }
            Self::Dial { .. }
            | Self::TimedOut { .. }
            | Self::Command { .. }
            | Self::Talk { .. }
            | Self::NotBuildKit { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// Returns what fixes a failure that ssh, or the account's shell over there, has explained.
fn ssh_hint(line: &[String], cause: &str) -> Option<String> {
    let (program, words) = line.split_first()?;
    let options = words.iter().position(|word| word == "--")?;
    let host = words.get(options + 1).filter(|_| program == "ssh")?;
    let value = |flag| {
        let at = words[..options].iter().position(|word| word == flag)?;
        words.get(at + 1)
    };
    let port = value("-p").map_or_else(String::new, |port| format!("-p {port} "));
    let user = value("-l").map_or_else(String::new, |user| format!("{user}@"));
    let login = format!("{port}{user}{host}");
    let has = |text: &str| cause.contains(text);
    Some(if has("Host key verification failed") {
        format!("Connect once by hand, and compare the key that it shows: `ssh {login}`")
    } else if has("Permission denied (") {
        format!("Load your key with `ssh-add`, or give it to that machine: `ssh-copy-id {login}`")
    } else if has("not found") && has("docker") {
        format!("Install docker's client on `{host}`: connections go through its `dial-stdio`")
    } else if has("Connection reset by") || has("Connection closed by") {
        format!(
            "Perhaps `{host}` lets no more in at once: see `MaxStartups` in its \
             `/etc/ssh/sshd_config`"
        )
    } else {
        return None;
    })
}

impl From<ConnectError> for Problem {
    fn from(error: ConnectError) -> Self {
        let mut problem = Self::from_error(ProblemKind::Engine, &error);
        if let ConnectError::NotAnEngine { answer, .. } = &error {
            problem.causes.push(format!("It answered `{answer}`"));
        }
        let hint = error.hint(&problem.causes);
        problem.hints.extend(hint);
        problem
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("Host key verification failed.", "`ssh -p 2222 me@build`"; "a key that nobody knows")]
    #[test_case("me@build: Permission denied (publickey).", "`ssh-copy-id -p 2222 me@build`"; "no login")]
    #[test_case("bash: line 1: docker: command not found", "Install docker's client on `build`"; "no client")]
    #[test_case("kex_exchange_identification: read: Connection reset by peer", "`MaxStartups`"; "too many at once")]
    #[test_case("Connection timed out", "Try it by hand: `ssh -o "; "anything else")]
    fn what_ssh_says_has_a_fix(cause: &str, expected: &str) {
        let host = "ssh://me@build:2222".parse().unwrap();
        let cause = io::Error::other(cause.to_owned());
        let error = ConnectError::request(&Address::new(&host, None), cause);
        let problem = Problem::from(error);
        assert!(problem.hints[0].contains(expected), "{problem:?}");
    }
}
