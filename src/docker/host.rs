//! Where an engine listens: the grammar of `DOCKER_HOST` and of a context's host.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::Hinted;
use super::percent;

/// The address of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A port, with or without TLS.
    Tcp(TcpHost),
    /// A docker client on another machine, reached by ssh.
    Ssh(SshHost),
}

/// The address of a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TcpHost {
    /// Name or IP address; an IPv6 address is without brackets here.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What stands before the paths of the API; empty, or begins with a slash.
    pub path: String,
}

/// The address of a machine that ssh connects to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SshHost {
    /// The user; if missing, ssh decides.
    pub user: Option<String>,
    /// Name or IP address, or an alias of ssh's configuration.
    pub host: String,
    /// The port; if missing, ssh decides.
    pub port: Option<u16>,
    /// The engine's socket on that machine, if not the usual one.
    pub socket: Option<PathBuf>,
}

/// The files that TLS needs. The names are docker's (`DOCKER_CERT_PATH`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate authority that signs the engine's certificate.
    pub ca: PathBuf,
    /// Our certificate.
    pub cert: PathBuf,
    /// The key of our certificate.
    pub key: PathBuf,
    /// Whether the engine's certificate is checked.
    pub verify: bool,
    /// The name that the certificate must be for, where that is not the name of the machine.
    pub server_name: Option<String>,
}

impl TlsFiles {
    /// Returns the usual names in a directory.
    pub fn in_directory(directory: &Path, verify: bool) -> Self {
        let [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map(|name| directory.join(name));
        Self {
            ca,
            cert,
            key,
            verify,
            server_name: None,
        }
    }
}

/// Why an address could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Only Windows has it.
    #[error("engine address `{0}` is a named pipe of Windows")]
    NamedPipe(String),
    /// It has another scheme than those that we speak.
    #[error("engine address `{address}` has an unknown scheme `{scheme}`")]
    Scheme {
        /// The address.
        address: String,
        /// What stands before `://`.
        scheme: String,
    },
    /// It is a path without a scheme.
    #[error("engine address `{0}` has no scheme")]
    NoScheme(String),
    /// Its scheme lacks the colon or a slash.
    #[error("engine address `{address}` does not begin with `{scheme}://`")]
    Slashes {
        /// The address.
        address: String,
        /// The scheme that was meant.
        scheme: &'static str,
    },
    /// The port is no number from 0 to 65535.
    #[error("engine address `{address}` has a wrong port `{port}`")]
    Port {
        /// The address.
        address: String,
        /// The port.
        port: String,
    },
    /// It holds a password, which would be seen by everyone.
    #[error("an engine address with a password is not supported")]
    Password,
    /// It names a user where there can be none; it is not shown, as it may hold a password.
    #[error("an engine address on tcp has no user")]
    User,
    /// It is wrong in another way.
    #[error("`{0}` is not an engine address")]
    Malformed(String),
}

impl Hinted for HostError {
    fn hint(&self) -> Option<String> {
        let words = match self {
            Self::NamedPipe(_) => "expose the engine over tcp:// or ssh://".to_owned(),
            Self::NoScheme(path) => format!("write `unix://{path}`"),
            Self::Scheme { address, scheme } if scheme == "http" || scheme == "https" => {
                format!("write `{}`", address.replacen(scheme, "tcp", 1))
            }
            Self::Slashes { address, scheme } => {
                let rest = address[scheme.len()..].trim_start_matches([':', '/']);
                let root = if *scheme == "unix" { "/" } else { "" };
                format!("write `{scheme}://{root}{rest}`")
            }
            Self::Password => "use a key: `ssh://USER@HOST`".to_owned(),
            Self::User => {
                "write `tcp://HOST:PORT`; certificates say who you are: set `DOCKER_CERT_PATH`"
                    .to_owned()
            }
            Self::Scheme { .. } | Self::Port { .. } | Self::Malformed(_) => {
                "write unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST".to_owned()
            }
        };
        Some(words)
    }
}

/// The port of an engine without TLS. Docker takes it for every address without a port.
const PORT: u16 = 2375;

impl Default for Host {
    fn default() -> Self {
        Self::Unix(PathBuf::from("/var/run/docker.sock"))
    }
}

impl FromStr for Host {
    type Err = HostError;

    /// Reads an address; an empty one is the default.
    fn from_str(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        let malformed = || HostError::Malformed(text.to_owned());
        if text.is_empty() {
            return Ok(Self::default());
        }
        // As for docker, `host:port` is TCP. It also takes a path for a host; we do not.
        let (scheme, rest) = match text.split_once("://") {
            Some(parts) => parts,
            None if text.starts_with(['/', '.', '~']) => {
                return Err(HostError::NoScheme(text.to_owned()));
            }
            None => match without_slashes(text) {
                Some(scheme) => {
                    let address = text.to_owned();
                    return Err(HostError::Slashes { address, scheme });
                }
                None => ("tcp", text),
            },
        };
        if rest.contains("://") {
            return Err(malformed());
        }
        match (scheme, rest) {
            ("unix", "") => Ok(Self::default()),
            ("unix", path) => Ok(Self::Unix(PathBuf::from(path))),
            ("tcp", rest) => tcp(rest, text).map(Self::Tcp),
            ("ssh", rest) => ssh(rest, text).map(Self::Ssh),
            ("npipe", _) => Err(HostError::NamedPipe(text.to_owned())),
            _ => Err(HostError::Scheme {
                address: text.to_owned(),
                scheme: scheme.to_owned(),
            }),
        }
    }
}

/// Returns the scheme of an address in which it is not followed by `://`. Docker takes it for the
/// name of a machine, and what a name server says about `unix` helps nobody.
fn without_slashes(text: &str) -> Option<&'static str> {
    let follows = |scheme: &&str| {
        let rest = text.strip_prefix(scheme);
        // `ssh:22` may be a machine of that name.
        rest.is_some_and(|rest| {
            let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
            rest.starts_with(['/', ':']) && !rest.strip_prefix(':').is_some_and(is_port)
        })
    };
    ["unix", "tcp", "ssh"].into_iter().find(follows)
}

fn tcp(rest: &str, address: &str) -> Result<TcpHost, HostError> {
    let (authority, path) = split_path(rest);
    // Also behind a slash: a password may have one in it.
    if rest.contains('@') {
        return Err(HostError::User);
    }
    if authority.contains(['?', '#', ' ']) {
        return Err(HostError::Malformed(address.to_owned()));
    }
    let (host, port) = host_and_port(authority, address)?;
    let host = if host.is_empty() { "localhost" } else { host };
    Ok(TcpHost {
        host: host.to_owned(),
        port: port.unwrap_or(PORT),
        path: path.to_owned(),
    })
}

fn ssh(rest: &str, address: &str) -> Result<SshHost, HostError> {
    let malformed = || HostError::Malformed(address.to_owned());
    let (authority, path) = split_path(rest);
    let (user, machine) = match authority.rsplit_once('@') {
        Some((user, _)) if user.contains(':') => return Err(HostError::Password),
        Some((user, machine)) => (percent::decode(user).ok_or_else(malformed)?, machine),
        None => (String::new(), authority),
    };
    let (host, port) = host_and_port(machine, address)?;
    let path = percent::decode(path).ok_or_else(malformed)?;
    let is_refused = host.is_empty()
        || is_for_a_shell(host)
        || is_for_a_shell(&user)
        || path.contains(char::is_control)
        || rest.contains(['?', '#', ' ']);
    if is_refused {
        return Err(malformed());
    }
    let socket = (!path.trim_matches('/').is_empty()).then(|| PathBuf::from(path));
    Ok(SshHost {
        user: Some(user).filter(|user| !user.is_empty()),
        host: host.to_owned(),
        port,
        socket,
    })
}

/// Returns whether the name of a machine or a user would be more than a name to ssh: it takes one
/// with a dash in front for an option, and gives names to the shells of `ProxyCommand` and `Match
/// exec`. (Since 9.6, OpenSSH refuses such names as well.)
fn is_for_a_shell(name: &str) -> bool {
    let is_special = |c: char| "'`\"$\\;&<>|(){}*?!~".contains(c);
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    name.starts_with('-') || name.contains(is_special) || name.contains(is_blank)
}

fn split_path(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

/// Splits `host:port`. What stands in brackets is an IPv6 address, with or without a zone; nothing
/// else may hold brackets, so what is read can be printed and read back.
fn host_and_port<'a>(text: &'a str, address: &str) -> Result<(&'a str, Option<u16>), HostError> {
    let malformed = || HostError::Malformed(address.to_owned());
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or_else(malformed)?;
            let (ip, _zone) = host.split_once('%').unwrap_or((host, ""));
            ip.parse::<Ipv6Addr>().map_err(|_| malformed())?;
            let port = if after.is_empty() {
                ""
            } else {
                after.strip_prefix(':').ok_or_else(malformed)?
            };
            (host, port)
        }
        None => text.split_once(':').unwrap_or((text, "")),
    };
    if host.contains(['[', ']']) {
        return Err(malformed());
    }
    if port.is_empty() {
        return Ok((host, None));
    }
    let refuse = |_| HostError::Port {
        address: address.to_owned(),
        port: port.to_owned(),
    };
    port.parse().map(|port| (host, Some(port))).map_err(refuse)
}

/// Returns an address as it stands before a port, in URLs and docker's words: one of IPv6 in brackets.
pub fn before_port(address: &str) -> String {
    if address.contains(':') && !address.starts_with('[') {
        format!("[{address}]")
    } else {
        address.to_owned()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(TcpHost { host, port, path }) => {
                write!(f, "tcp://{}:{port}{path}", before_port(host))
            }
            Self::Ssh(SshHost {
                user,
                host,
                port,
                socket,
            }) => {
                f.write_str("ssh://")?;
                user.iter()
                    .try_for_each(|user| write!(f, "{}@", percent::encode(user)))?;
                f.write_str(&before_port(host))?;
                port.iter().try_for_each(|port| write!(f, ":{port}"))?;
                socket
                    .iter()
                    .try_for_each(|socket| f.write_str(&percent::encode(&socket.to_string_lossy())))
            }
        }
    }
}

as_text!(Host);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use test_case::test_case;

    #[test_case("", "unix:///var/run/docker.sock"; "default")]
    #[test_case("unix://", "unix:///var/run/docker.sock")]
    #[test_case(
        "unix:///run/user/1000/docker.sock",
        "unix:///run/user/1000/docker.sock"
    )]
    #[test_case("tcp://", "tcp://localhost:2375")]
    #[test_case("tcp://build:2376/prefix", "tcp://build:2376/prefix")]
    #[test_case("10.0.0.1:2375", "tcp://10.0.0.1:2375"; "no scheme")]
    #[test_case("tcp://[::1]", "tcp://[::1]:2375")]
    #[test_case("tcp://[::1]:", "tcp://[::1]:2375"; "empty port")]
    #[test_case("tcp://[fe80::1%eth0]:2375", "tcp://[fe80::1%eth0]:2375"; "zone")]
    #[test_case("ssh://me@build:22", "ssh://me@build:22")]
    #[test_case("ssh://build/run/docker.sock", "ssh://build/run/docker.sock")]
    #[test_case("ssh://build/", "ssh://build")]
    fn addresses_are_read_as_docker_does(text: &str, printed: &str) {
        assert_eq!(text.parse::<Host>().unwrap().to_string(), printed);
    }

    #[test_case("ssh://h/x%20y", "/x y"; "a space")]
    #[test_case("ssh://h/$(touch%20x)", "/$(touch x)"; "a command")]
    #[test_case("ssh://h/x;touch${IFS}x", "/x;touch${IFS}x"; "a second command")]
    #[test_case("ssh://h/%25", "/%"; "a percent sign")]
    fn the_path_of_a_socket_is_decoded_as_docker_does(text: &str, path: &str) {
        let Ok(Host::Ssh(host)) = text.parse() else {
            panic!("{text} is an address");
        };
        assert_eq!(host.socket.as_deref(), Some(Path::new(path)));
    }

    #[test_case("ssh://$(touch${IFS}x)/y"; "a command as the machine")]
    #[test_case("ssh://`id`@h"; "a command as the user")]
    #[test_case("ssh://%60id%60@h"; "an escaped one")]
    #[test_case("ssh://-oProxyCommand=x@h"; "an option as the user")]
    #[test_case("ssh://h;id"; "two commands")]
    #[test_case("ssh://h/x%0Aid"; "two lines")]
    #[test_case("ssh://h/x%00"; "a NUL")]
    #[test_case("ssh://h/x%zz"; "no escape")]
    #[test_case("ssh://h/x%ff"; "not UTF-8")]
    fn what_a_shell_would_run_is_refused(text: &str) {
        assert_eq!(text.parse::<Host>(), Err(HostError::Malformed(text.into())));
    }

    #[test_case("tcp://me:hunter2@build:2375")]
    #[test_case("tcp://me:hun/ter2@build")]
    #[test_case("me:hunter2@build:2375")]
    #[test_case("hunter2@build")]
    fn a_user_on_tcp_is_refused_and_not_shown(text: &str) {
        assert_eq!(text.parse::<Host>(), Err(HostError::User));
    }

    #[test_case("/var/run/docker.sock", "write `unix:///var/run/docker.sock`")]
    #[test_case("http://build:2375", "write `tcp://build:2375`")]
    #[test_case(
        "npipe:////./pipe/docker_engine",
        "expose the engine over tcp:// or ssh://"
    )]
    #[test_case("unix:/x.sock", "write `unix:///x.sock`"; "one slash")]
    #[test_case("unix:x.sock", "write `unix:///x.sock`"; "no slash")]
    #[test_case("unix//run/x.sock", "write `unix:///run/x.sock`"; "no colon")]
    #[test_case("unix/run/x.sock", "write `unix:///run/x.sock`"; "neither")]
    #[test_case("tcp:/10.0.0.1:2375", "write `tcp://10.0.0.1:2375`"; "a machine")]
    #[test_case("ssh:me@build", "write `ssh://me@build`"; "a user")]
    fn refusals_say_how_to_mend_them(text: &str, hint: &str) {
        assert_eq!(text.parse::<Host>().unwrap_err().hint().unwrap(), hint);
    }

    #[test_case("tcp://build:x")]
    #[test_case("tcp://build:70000")]
    #[test_case("ssh://")]
    #[test_case("ssh://-oProxyCommand=x")]
    #[test_case("ssh://[[]"; "brackets around a bracket")]
    #[test_case("tcp://[build]:2375"; "brackets around a name")]
    #[test_case("tcp://build]"; "half a pair of brackets")]
    fn what_is_no_address_is_refused_with_the_forms(text: &str) {
        let hint = text.parse::<Host>().unwrap_err().hint().unwrap();
        assert_eq!(
            hint,
            "write unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST"
        );
    }

    #[test]
    fn a_password_is_refused_and_not_shown() {
        let error = "ssh://me:hunter2@build".parse::<Host>().unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }

    reads_back!(
        Host,
        "((unix|tcp|ssh)://)?([a-f/@:.%?# \\[\\]0-9-]|::1|\\[::1\\]){0,12}"
    );
}
