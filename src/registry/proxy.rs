//! One proxy, as a variable names it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri};

use crate::docker::percent;
use crate::secret::Secret;

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS.
    Https,
    /// SOCKS version 5.
    Socks,
}

/// A proxy. Shown, it is its address without the login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) speech: Speech,
    /// `http://HOST:PORT`, or `https` where that is spoken.
    pub(super) address: Uri,
    login: Option<Login>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Login {
    user: String,
    password: Secret,
}

impl Proxy {
    /// Reads `[SCHEME://][USER[:PASSWORD]@]HOST[:PORT]`; HTTP is the default.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (speech, usual) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Speech::Http, 80),
            "https" => (Speech::Https, 443),
            "socks5" | "socks5h" => (Speech::Socks, 1080),
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(Login::parse(login)?), host),
            None => (None, authority),
        };
        let scheme = match speech {
            Speech::Https => "https",
            Speech::Http | Speech::Socks => "http",
        };
        let address = if has_port(host) {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{}:{usual}", host.trim_end_matches(':'))
        };
        let address: Uri = address.parse().ok()?;
        address.host().filter(|host| !host.is_empty())?;
        address.port_u16()?;
        Some(Self {
            speech,
            address,
            login,
        })
    }

    /// Returns the value of `Proxy-Authorization`.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let Login { user, password } = self.login.as_ref()?;
        let pair = [user.as_bytes(), b":", password.expose()].concat();
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// Returns the password, if there is one.
    pub(super) fn password(&self) -> Option<&Secret> {
        let login = self.login.as_ref()?;
        Some(&login.password).filter(|password| !password.is_empty())
    }

    /// Returns user and password, for proxies that want them one by one.
    pub(super) fn user_and_password(&self) -> Option<(String, String)> {
        let Login { user, password } = self.login.as_ref()?;
        let password = String::from_utf8(password.expose().to_vec()).ok()?;
        Some((user.clone(), password))
    }
}

impl Login {
    fn parse(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        Some(Self {
            user: percent::decode(user)?,
            password: Secret::new(percent::decode(password)?),
        })
    }
}

/// Returns whether the port is given; the colons of an IPv6 address stand in brackets.
fn has_port(host: &str) -> bool {
    let behind = host.rsplit(']').next().unwrap_or(host);
    behind
        .split_once(':')
        .is_some_and(|(_, port)| !port.is_empty())
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.speech {
            Speech::Http => "http",
            Speech::Https => "https",
            Speech::Socks => "socks5",
        };
        let login = if self.login.is_some() { "****@" } else { "" };
        let host = self.address.authority().map_or("", |host| host.as_str());
        write!(f, "{scheme}://{login}{host}")
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("proxy" => Some("http://proxy:80".into()))]
    #[test_case("proxy:3128" => Some("http://proxy:3128".into()))]
    #[test_case("HTTP://proxy:3128/path?x" => Some("http://proxy:3128".into()))]
    #[test_case("https://proxy" => Some("https://proxy:443".into()))]
    #[test_case("socks5://u:canary@proxy" => Some("socks5://****@proxy:1080".into()))]
    #[test_case("socks5h://proxy:9" => Some("socks5://proxy:9".into()))]
    #[test_case("http://[fd00::9]" => Some("http://[fd00::9]:80".into()))]
    #[test_case("[fd00::9]:3128" => Some("http://[fd00::9]:3128".into()))]
    #[test_case("http://me:can@ary@proxy:" => Some("http://****@proxy:80".into()))]
    #[test_case("ftp://proxy" => None)]
    #[test_case("http://" => None)]
    #[test_case("http://bad host" => None)]
    #[test_case("http://proxy:port" => None)]
    #[test_case("http://p%zz@proxy" => None)]
    fn addresses_are_read_and_shown_without_their_login(text: &str) -> Option<String> {
        Proxy::parse(text).map(|proxy| proxy.to_string())
    }

    #[test]
    fn logins_are_unescaped() {
        let proxy = Proxy::parse("http://me%3A:pa%40ss@proxy").unwrap();
        let pair = proxy.user_and_password().unwrap();
        assert_eq!((pair.0.as_str(), pair.1.as_str()), ("me:", "pa@ss"));
        let header = proxy.authorization().unwrap();
        let encoded = header.to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap(), b"me::pa@ss");
        assert!(!format!("{proxy:?} {header:?}").contains("pa@ss"));
        let alone = Proxy::parse("me@proxy").unwrap();
        assert_eq!(
            alone.user_and_password(),
            Some(("me".into(), String::new()))
        );
    }
}
