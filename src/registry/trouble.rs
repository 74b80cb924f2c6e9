//! What kind of trouble a registry makes. Each has a hint of its own.

use std::error::Error;
use std::io::{self, ErrorKind};

use super::error::RegistryError;
use super::transport::InvalidProxy;
use super::way::ProxyError;
use crate::credentials::login_command;
use crate::problem::{Problem, ProblemKind};
use crate::text::human_duration;

/// Why a registry did not do as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It wants another login, or none is enough.
    Denied,
    /// It has no such repository, or nothing under that name.
    NotFound,
    /// It was asked too often.
    RateLimited,
    /// It is out of order.
    Unavailable,
    /// It does not take what it was sent.
    Rejected,
    /// Nobody vouches for its certificate.
    Untrusted,
    /// It speaks without TLS.
    Plain,
    /// The proxy before it does not let us through.
    Proxy,
    /// Its name has no address.
    Unresolved,
    /// Nothing listens where it should be.
    NotListening,
    /// It did not answer in time.
    Slow,
    /// The connection broke, or could not be made for another reason.
    Unreachable,
}

impl Trouble {
    /// Returns the kind of an error.
    pub fn of(error: &RegistryError) -> Self {
        match error {
            RegistryError::Login { .. } => Self::Denied,
            RegistryError::Refused { status, .. } => match status {
                401 | 403 => Self::Denied,
                404 => Self::NotFound,
                429 => Self::RateLimited,
                501 | 505 => Self::Rejected,
                500.. => Self::Unavailable,
                _ => Self::Rejected,
            },
            RegistryError::Unreachable { source, .. } => Self::of_connection(source.as_ref()),
        }
    }

    /// Looks for the cause of a connection that failed: the client wraps it, and names only some.
    fn of_connection(error: &(dyn Error + 'static)) -> Self {
        let mut source = Some(error);
        while let Some(error) = source {
            if error.is::<ProxyError>() || error.is::<InvalidProxy>() {
                return Self::Proxy;
            }
            if error.is::<tokio::time::error::Elapsed>() {
                return Self::Slow;
            }
            match error.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(ErrorKind::ConnectionRefused) => return Self::NotListening,
                Some(ErrorKind::TimedOut) => return Self::Slow,
                Some(_) | None => {}
            }
            let text = error.to_string();
            if text.contains("invalid peer certificate") {
                return Self::Untrusted;
            }
            if text.contains("InvalidContentType") {
                return Self::Plain;
            }
            if text == "dns error" {
                return Self::Unresolved;
            }
            source = error.source();
        }
        Self::Unreachable
    }

    /// Returns whether the same may succeed a little later.
    pub const fn is_transient(self) -> bool {
        match self {
            Self::RateLimited
            | Self::Unavailable
            | Self::Unresolved
            | Self::NotListening
            | Self::Slow
            | Self::Unreachable => true,
            Self::Denied
            | Self::NotFound
            | Self::Rejected
            | Self::Untrusted
            | Self::Plain
            | Self::Proxy => false,
        }
    }

    /// Returns what to do about an error of this kind, if that is known.
    pub(super) fn hint(self, error: &RegistryError) -> Option<String> {
        let place = error.place();
        let (domain, host, path) = (&place.domain, place.host(), &place.path);
        let elsewhere = "if only the engine reaches it, let the engine put the names with \
                         `--publish each`";
        Some(match self {
            Self::Denied => format!("Log in: `{}`", login_command(domain)),
            Self::NotFound => format!(
                "Correct the name, or create the repository `{path}` first: not every registry \
                 does so at a push"
            ),
            Self::RateLimited => {
                let wait = error.retry_after().map_or_else(
                    || "Wait".to_owned(),
                    |after| format!("Wait for {}", human_duration(after)),
                );
                format!(
                    "{wait} and run it again, which uploads nothing twice; those who log in may \
                     ask more often: `{}`",
                    login_command(domain)
                )
            }
            Self::Unavailable => "Run it again when the registry is in order: what has been \
                                  uploaded is not uploaded again"
                .to_owned(),
            Self::Rejected => return None,
            Self::Untrusted => format!(
                "If you trust it, keep the certificate of its authority as \
                 `/etc/docker/certs.d/{domain}/ca.crt`, or name it in `SSL_CERT_FILE`"
            ),
            Self::Plain => format!(
                "It speaks no TLS. If that is meant, add `{domain}` to `insecure-registries` in \
                 the engine's `/etc/docker/daemon.json`, or push with \
                 `--output type=image,push=true,registry.insecure=true`"
            ),
            Self::Proxy => format!(
                "Correct the proxy, or name `{host}` in `NO_PROXY` if this machine reaches it \
                 directly; {elsewhere}"
            ),
            Self::Unresolved => {
                format!("No address is known for `{host}` here: correct the name, or, {elsewhere}")
            }
            Self::NotListening => format!(
                "Nothing listens there: start the registry, or correct its port; {elsewhere}"
            ),
            Self::Slow | Self::Unreachable => format!(
                "See whether this machine reaches it: `curl -v https://{host}/v2/`; {elsewhere}"
            ),
        })
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        let problem = Self::from_error(ProblemKind::Registry, &error);
        let hint = Trouble::of(&error).hint(&error);
        match hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use test_case::test_case;

    use super::*;
    use crate::credentials::Keyring;
    use crate::docker::config::Config;
    use crate::registry::{InsecureRegistries, Place, Proxies, Registry};

    /// Starts a server that answers everything with this, and returns its port.
    fn server(answer: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let mut first = [0; 4096];
                let count = client.read(&mut first).unwrap_or(0);
                // A handshake gets no answer, so that HTTP is tried next.
                if count > 0 && first[0] != 0x16 {
                    client.write_all(answer.as_bytes()).ok();
                }
            }
        });
        port
    }

    async fn asked(domain: String, limit: Duration) -> (Trouble, Problem) {
        let registry = registry(InsecureRegistries::default(), Proxies::default());
        ask(registry.with_limit(limit), domain).await
    }

    fn registry(insecure: InsecureRegistries, proxies: Proxies) -> Registry {
        Registry::new(Keyring::new(Config::default()), insecure, proxies).with_limit(LIMIT)
    }

    async fn ask(registry: Registry, domain: String) -> (Trouble, Problem) {
        let place = Place {
            domain,
            path: "me/app".into(),
        };
        let error = registry.check(&place).await.unwrap_err();
        (Trouble::of(&error), error.into())
    }

    const LIMIT: Duration = Duration::from_secs(30);

    #[test_case("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" => (Trouble::Denied, "docker login 127.0.0.1".into()))]
    #[test_case("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" => (Trouble::Denied, "docker login 127.0.0.1".into()))]
    #[test_case("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 90\r\nContent-Length: 0\r\n\r\n" => (Trouble::RateLimited, "Wait for 1m 30s".into()))]
    #[test_case("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n" => (Trouble::Unavailable, "not uploaded again".into()))]
    #[test_case("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n" => (Trouble::Rejected, String::new()))]
    #[test_case("" => (Trouble::Unreachable, "curl -v".into()); "it hangs up")]
    #[tokio::test]
    async fn answers_have_a_kind_and_a_hint(answer: &'static str) -> (Trouble, String) {
        let (trouble, problem) = asked(format!("127.0.0.1:{}", server(answer)), LIMIT).await;
        let hint = problem.hints.join("; ");
        let words = [
            "docker login 127.0.0.1",
            "Wait for 1m 30s",
            "not uploaded again",
            "curl -v",
        ];
        let mut found = words.into_iter().filter(|word| hint.contains(word));
        // Those who are limited may log in as well.
        let word = found
            .by_ref()
            .find(|word| trouble != Trouble::RateLimited || word.starts_with("Wait"));
        (trouble, word.unwrap_or_default().to_owned())
    }

    #[tokio::test]
    async fn who_does_not_answer_has_a_kind_and_a_hint() {
        // No label has more than 63 characters, which is known without a server of names that may be
        // slow. TLS refuses such a name by itself, so that it has to be asked without.
        let nobody = format!("{}.invalid", "n".repeat(64));
        let insecure = InsecureRegistries {
            hosts: vec![nobody.clone()],
            ..InsecureRegistries::default()
        };
        let (trouble, problem) = ask(registry(insecure, Proxies::default()), nobody.clone()).await;
        assert_eq!(trouble, Trouble::Unresolved, "{problem:?}");
        assert!(problem.hints[0].contains(&nobody), "{problem:?}");

        let closed = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let (trouble, problem) = asked(closed.to_string(), LIMIT).await;
        assert_eq!(trouble, Trouble::NotListening, "{problem:?}");
        assert!(problem.hints[0].contains("correct its port"), "{problem:?}");

        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = silent.local_addr().unwrap().to_string();
        let (trouble, problem) = asked(address, Duration::from_millis(50)).await;
        assert_eq!(trouble, Trouble::Slow, "{problem:?}");
        assert!(problem.hints[0].contains("curl -v"), "{problem:?}");
    }

    /// Starts a proxy that answers `CONNECT` with the first and what comes through the tunnel with
    /// the second, and returns what the environment says of it.
    fn proxy(first: &'static str, second: &'static str) -> Proxies {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://me:canary@{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                for answer in [first, second] {
                    let mut asked = [0; 4096];
                    if client.read(&mut asked).is_ok_and(|count| count == 0) {
                        break;
                    }
                    client.write_all(answer.as_bytes()).ok();
                }
            }
        });
        Proxies::read(|name| (name == "HTTPS_PROXY").then_some(url.as_str()))
    }

    const TUNNEL: &str = "HTTP/1.1 200 OK\r\n\r\n";
    const BAD: &str = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

    // Only the proxy knows these names.
    #[test_case(TUNNEL, BAD => (Trouble::Plain, "insecure-registries".into()); "a registry without TLS")]
    #[test_case(TUNNEL, "" => (Trouble::Unreachable, "curl -v".into()); "a registry that hangs up")]
    #[test_case("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "" => (Trouble::Proxy, "NO_PROXY".into()); "a proxy with another login")]
    #[test_case("HTTP/1.1 502 Bad Gateway\r\n\r\n", "" => (Trouble::Proxy, "NO_PROXY".into()); "a proxy that knows no way")]
    #[test_case("SSH-2.0\r\n", "" => (Trouble::Proxy, "NO_PROXY".into()); "no proxy")]
    #[tokio::test]
    async fn what_proxies_lead_to_has_a_kind_and_a_hint(
        first: &'static str,
        second: &'static str,
    ) -> (Trouble, String) {
        let domain = "registry.invalid:5000".to_owned();
        let registry = registry(InsecureRegistries::default(), proxy(first, second));
        let (trouble, problem) = ask(registry, domain).await;
        let shown = format!("{problem:?}");
        assert!(!shown.contains("canary"), "{shown}");
        if trouble == Trouble::Proxy {
            assert!(shown.contains("`http://****@127.0.0.1:"), "{shown}");
            assert!(shown.contains("`HTTPS_PROXY`"), "{shown}");
        }
        let words = ["insecure-registries", "curl -v", "NO_PROXY"].into_iter();
        let mut found = words.filter(|word| problem.hints[0].contains(word));
        (trouble, found.next().unwrap_or_default().to_owned())
    }

    #[test]
    fn kinds_say_what_passes() {
        let refused = |status| RegistryError::Refused {
            action: "x".into(),
            place: Place {
                domain: "r.example".into(),
                path: "me/app".into(),
            },
            status,
            message: String::new(),
            retry_after: None,
        };
        let passes = |status| Trouble::of(&refused(status)).is_transient();
        for (status, expected) in [
            (404, false),
            (429, true),
            (500, true),
            (504, true),
            (401, false),
            (400, false),
        ] {
            assert_eq!(passes(status), expected, "{status}");
        }
        let problem = Problem::from(refused(404));
        assert!(
            problem.hints[0].contains("create the repository `me/app`"),
            "{problem:?}"
        );
    }
}
