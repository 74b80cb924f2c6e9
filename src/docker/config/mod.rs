//! Docker's configuration file, `~/.docker/config.json`. Reading the file is `engine`'s business.
//!
//! The file means what docker's client takes it for (docker/cli, `cli/config/configfile`): names of
//! fields in any case, `null` for a missing value, the last of two equal names, and logins by the
//! rules of its credential stores.

mod auth;
mod error;
mod json;
mod proxy;

use std::collections::BTreeMap;

pub use self::auth::Credential;
pub use self::error::ConfigError;
pub use self::proxy::Proxy;

use self::json::Node;
use super::http_headers::HttpHeaders;

/// The parts of the configuration that concern us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Credentials kept in the file, by registry as written there.
    pub credentials: BTreeMap<String, Credential>,
    /// Credentials of `DOCKER_AUTH_CONFIG`, which come before those of the file and its helpers.
    pub first_credentials: BTreeMap<String, Credential>,
    /// Registries whose credentials in the file cannot be read. Docker warns of them and goes on.
    pub unreadable: Vec<String>,
    /// The suffix of the helper program for all registries: `docker-credential-SUFFIX`.
    pub credentials_store: Option<String>,
    /// The suffix of the helper program for one registry.
    pub credential_helpers: BTreeMap<String, String>,
    /// The context in use; none means the default one.
    pub current_context: Option<String>,
    /// The keys that detach from a container.
    pub detach_keys: Option<String>,
    /// Proxies for containers and builds, by engine address or `default`.
    pub proxies: BTreeMap<String, Proxy>,
    /// Headers for requests to the engine (`HttpHeaders`).
    pub headers: HttpHeaders,
}

impl Config {
    /// Reads the text of the file. An empty one is a configuration without anything in it.
    ///
    /// # Errors
    /// Fails when it is no JSON or a value is of the wrong type, as docker does.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // Docker reads the first value and leaves what follows alone.
        let mut values = serde_json::Deserializer::from_str(text).into_iter();
        let value = values.next().transpose();
        let value = value.map_err(|error| ConfigError::json(&error))?;
        let root = Node::root(value.unwrap_or_default());
        let mut fields = root.fields()?;
        let mut config = Self {
            credentials_store: fields.take("credsStore").text()?,
            credential_helpers: fields.take("credHelpers").map(Node::text)?,
            current_context: fields.take("currentContext").text()?,
            detach_keys: fields.take("detachKeys").text()?,
            proxies: fields
                .take("proxies")
                .map(|node| Proxy::read(node).map(Some))?,
            headers: headers(fields.take("HttpHeaders"))?,
            ..Self::default()
        };
        for (registry, entry) in fields.take("auths").entries()? {
            match Credential::read(entry)? {
                Ok(Some(credential)) => drop(config.credentials.insert(registry, credential)),
                Ok(None) => {}
                Err(auth::Unreadable) => config.unreadable.push(registry),
            }
        }
        Ok(config)
    }

    /// Returns the suffix of the helper program that keeps the credentials of a registry, as
    /// [`registry_key`] names it.
    pub fn credential_helper(&self, registry: &str) -> Option<&str> {
        let own = self.credential_helpers.get(registry);
        own.or(self.credentials_store.as_ref()).map(String::as_str)
    }

    /// Returns the credential that the file itself holds for a registry, as [`registry_key`] names
    /// it. An entry may also be written as an address (`https://registry/v2/`).
    pub fn credential(&self, registry: &str) -> Option<&Credential> {
        find(&self.credentials, registry)
    }

    /// Returns the credential that goes before what the file and its helpers have.
    pub fn first_credential(&self, registry: &str) -> Option<&Credential> {
        find(&self.first_credentials, registry)
    }

    /// Returns whether the file has a credential for a registry that cannot be read.
    pub fn is_unreadable(&self, registry: &str) -> bool {
        let mut entries = self.unreadable.iter();
        entries.any(|written| written == registry || host_name(written) == registry)
    }

    /// Returns the proxies for an engine: those for its address, else the default ones.
    pub fn proxy(&self, engine: &str) -> Option<&Proxy> {
        self.proxies
            .get(engine)
            .or_else(|| self.proxies.get("default"))
    }
}

fn find<'a>(
    credentials: &'a BTreeMap<String, Credential>,
    registry: &str,
) -> Option<&'a Credential> {
    let similar = || {
        let mut entries = credentials.iter();
        entries.find(|(written, _)| host_name(written) == registry)
    };
    let exact = credentials.get(registry);
    exact.or_else(|| similar().map(|(_, credential)| credential))
}

fn headers(node: Node) -> Result<HttpHeaders, ConfigError> {
    let text = |node: Node| node.text().map(|text| Some(text.unwrap_or_default()));
    let pairs: Vec<(String, String)> = node.map(text)?;
    HttpHeaders::new(pairs).map_err(ConfigError::Header)
}

/// Returns the name under which docker keeps the credentials of a registry. Docker Hub has one of
/// its own.
pub fn registry_key(domain: &str) -> &str {
    match domain {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => "https://index.docker.io/v1/",
        other => other,
    }
}

/// Cuts an address down to its host and port (`ConvertToHostname` of docker/cli).
fn host_name(address: &str) -> &str {
    let bare = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"));
    let bare = bare.unwrap_or(address);
    bare.split('/').next().unwrap_or(bare)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::docker::Hinted as _;
    use crate::secret::Secret;

    const FILE: &str = r#"{
        "auths": {
            "https://index.docker.io/v1/": {"auth": "bWU6aHVudGVyMg=="},
            "registry.example/v2/": {"identitytoken": "token"},
            "ghcr.io": {}
        },
        "credsStore": "pass",
        "credHelpers": {"nvcr.io": "ngc"},
        "currentContext": "remote",
        "detachKeys": "ctrl-q,q",
        "proxies": {"default": {"httpProxy": "http://proxy:3128", "noProxy": "localhost"}},
        "HttpHeaders": {"X-Team": "a", "User-Agent": "curl"},
        "psFormat": "ignored"
    }"#;

    fn me() -> Credential {
        Credential::Password {
            username: "me".to_owned(),
            password: Secret::new("hunter2"),
        }
    }

    #[test]
    fn the_parts_that_concern_us_are_read() {
        let config = Config::parse(FILE).unwrap();
        assert_eq!(config.current_context.as_deref(), Some("remote"));
        assert_eq!(config.detach_keys.as_deref(), Some("ctrl-q,q"));
        assert_eq!(config.credential_helper("nvcr.io"), Some("ngc"));
        assert_eq!(config.credential_helper("ghcr.io"), Some("pass"));
        let proxy = config.proxy("unix:///x").unwrap().variables();
        let names: Vec<_> = proxy.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"]);
        assert_eq!(config.credential(registry_key("docker.io")), Some(&me()));
        assert_eq!(config.credential("ghcr.io"), None);
        assert_eq!(format!("{:?}", config.headers), "{\"x-team\"}");
    }

    #[test_case("r.example:5000")]
    #[test_case("r.example:5000/"; "a slash behind")]
    #[test_case("r.example:5000/group/name"; "a path")]
    #[test_case("https://r.example:5000"; "a scheme")]
    #[test_case("http://r.example:5000/v2/"; "scheme and path")]
    fn logins_are_found_by_host(key: &str) {
        let text = format!(r#"{{"auths":{{"{key}":{{"auth":"bWU6aHVudGVyMg=="}}}}}}"#);
        let config = Config::parse(&text).unwrap();
        assert_eq!(config.credential("r.example:5000"), Some(&me()));
        assert_eq!(config.credential("r.example"), None);
    }

    #[test_case(" \n"; "nothing")]
    #[test_case("null"; "null")]
    #[test_case(r#"{"auths": null, "credsStore": null, "credHelpers": null, "proxies": null}"#; "fields of null")]
    #[test_case(r#"{"auths": {"x": null, "y": {"auth": null}}, "proxies": {}}"#; "entries of null")]
    fn what_is_empty_is_no_error(text: &str) {
        assert_eq!(Config::parse(text), Ok(Config::default()));
    }

    #[test]
    fn what_follows_the_first_value_does_not_count() {
        let expected = Config::parse(r#"{"credsStore": "a"}"#);
        for rest in ["}", " trailing", "{\"credsStore\": \"b\"}"] {
            let text = format!(r#"{{"credsStore": "a"}}{rest}"#);
            assert_eq!(Config::parse(&text), expected);
        }
    }

    #[test]
    fn fields_are_named_in_any_case_and_the_last_one_counts() {
        let text = r#"{"CREDSSTORE": "a", "credsstore": "b", "Auths": {"x": {"Auth": "bWU6aHVudGVyMg=="}}}"#;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.credentials_store.as_deref(), Some("b"));
        assert_eq!(config.credential("x"), Some(&me()));
    }

    #[test]
    fn a_login_that_cannot_be_read_hinders_no_other() {
        let text =
            r#"{"auths": {"x": {"auth": "aHVudGVyMg=="}, "y": {"auth": "bWU6aHVudGVyMg=="}}}"#;
        let config = Config::parse(text).unwrap();
        assert_eq!(config.credential("y"), Some(&me()));
        assert_eq!(config.unreadable, ["x"]);
        assert!(config.is_unreadable("x"));
    }

    #[test_case(
        r#"{"auths": {"x": "hunter2"}}"#,
        "`auths.x` is a string, but must be an object"
    )]
    #[test_case(
        r#"{"auths": {"x": {"auth": ["hunter2"]}}}"#,
        "`auths.x.auth` is an array, but must be a string"
    )]
    #[test_case(
        r#"{"credsStore": 5}"#,
        "`credsStore` is a number, but must be a string"
    )]
    #[test_case(
        r#"{"HttpHeaders": {"X-Token": ["hunter2"]}}"#,
        "`HttpHeaders.X-Token` is an array, but must be a string"
    )]
    #[test_case(
        r#"{"HttpHeaders": {"X-Token": "hunter2\nX: y"}}"#,
        "the value of the header `X-Token` has a line break or a control character"
    )]
    #[test_case(r#"["hunter2"]"#, "the file is an array, but must be an object")]
    #[test_case("{\"auths\": hunter2", "not JSON at line 1, column 11: expected value")]
    fn errors_say_what_is_wrong_and_not_what_is_there(text: &str, expected: &str) {
        let error = Config::parse(text).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().is_some());
    }

    #[test]
    fn endless_nesting_is_refused() {
        let text = "[".repeat(100_000);
        assert!(Config::parse(&text).is_err());
    }
}
