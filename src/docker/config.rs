//! Docker's configuration file, `~/.docker/config.json`. Reading the file is `engine`'s business.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer};

use super::hinted::Hinted;
use crate::secret::Secret;

/// The parts of the configuration that concern us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Credentials kept in the file, by registry as written there.
    pub credentials: BTreeMap<String, Credential>,
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
}

/// What proves who we are to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A name and a password.
    Password {
        /// The name.
        username: String,
        /// The password or access token.
        password: Secret,
    },
    /// A token that is exchanged for one that the registry takes.
    IdentityToken(Secret),
    /// A token that the registry takes.
    RegistryToken(Secret),
}

/// Proxies that containers and builds get as variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Proxy {
    /// `HTTP_PROXY`.
    pub http_proxy: String,
    /// `HTTPS_PROXY`.
    pub https_proxy: String,
    /// `NO_PROXY`.
    pub no_proxy: String,
    /// `FTP_PROXY`.
    pub ftp_proxy: String,
    /// `ALL_PROXY`.
    pub all_proxy: String,
}

/// Why the configuration could not be read. Never holds a part of the file, because there may be
/// passwords in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is no JSON, or a value is of the wrong type.
    #[error("docker's configuration is wrong at line {line}, column {column}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// A credential is not what `docker login` writes.
    #[error("docker's configuration has a credential for `{registry}` that cannot be read")]
    Credential {
        /// The registry as written.
        registry: String,
    },
}

impl Hinted for ConfigError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Json { .. } => None,
            Self::Credential { registry } => Some(format!("docker login {registry}")),
        }
    }
}

/// The file as it is written; `docker` calls the fields so.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Written {
    #[serde(deserialize_with = "null_is_default")]
    auths: BTreeMap<String, WrittenAuth>,
    #[serde(deserialize_with = "null_is_default")]
    creds_store: String,
    #[serde(deserialize_with = "null_is_default")]
    cred_helpers: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    current_context: String,
    #[serde(deserialize_with = "null_is_default")]
    detach_keys: String,
    #[serde(deserialize_with = "null_is_default")]
    proxies: BTreeMap<String, Proxy>,
}

/// Reads `null` as Go does: as if the field were missing.
fn null_is_default<'de, D, T>(source: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(source)?.unwrap_or_default())
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "lowercase")]
struct WrittenAuth {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

impl Config {
    /// Reads the text of the file. An empty one is a configuration without anything in it.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        // The text of serde's error may quote a value, so only the place is kept.
        let written: Written = serde_json::from_str(text).map_err(|error| ConfigError::Json {
            line: error.line(),
            column: error.column(),
        })?;
        let mut credentials = BTreeMap::new();
        for (registry, auth) in written.auths {
            let Ok(credential) = auth.credential() else {
                return Err(ConfigError::Credential { registry });
            };
            credentials.extend(credential.map(|credential| (registry, credential)));
        }
        let given = |text: String| (!text.is_empty()).then_some(text);
        Ok(Self {
            credentials,
            credentials_store: given(written.creds_store),
            credential_helpers: written.cred_helpers,
            current_context: given(written.current_context),
            detach_keys: given(written.detach_keys),
            proxies: written.proxies,
        })
    }

    /// Returns the suffix of the helper program that keeps the credentials of a registry, as
    /// [`registry_key`] names it.
    pub fn credential_helper(&self, registry: &str) -> Option<&str> {
        let own = self
            .credential_helpers
            .get(registry)
            .filter(|helper| !helper.is_empty());
        own.or(self.credentials_store.as_ref()).map(String::as_str)
    }

    /// Returns the credential that the file itself holds for a registry, as [`registry_key`] names
    /// it. An entry may also be written as an address (`https://registry/v2/`).
    pub fn credential(&self, registry: &str) -> Option<&Credential> {
        let host = host_name(registry);
        let similar = || {
            self.credentials
                .iter()
                .find(|(written, _)| host_name(written) == host)
        };
        self.credentials
            .get(registry)
            .or_else(|| similar().map(|(_, credential)| credential))
    }

    /// Returns the proxies for an engine: those for its address, else the default ones.
    pub fn proxy(&self, engine: &str) -> Option<&Proxy> {
        self.proxies
            .get(engine)
            .or_else(|| self.proxies.get("default"))
    }
}

impl Proxy {
    /// Returns the variables that are set, each in upper and in lower case, as docker does.
    pub fn variables(&self) -> Vec<(String, String)> {
        let Self {
            http_proxy,
            https_proxy,
            no_proxy,
            ftp_proxy,
            all_proxy,
        } = self;
        let named = [
            ("HTTP_PROXY", http_proxy),
            ("HTTPS_PROXY", https_proxy),
            ("NO_PROXY", no_proxy),
            ("FTP_PROXY", ftp_proxy),
            ("ALL_PROXY", all_proxy),
        ];
        let set = named.into_iter().filter(|(_, value)| !value.is_empty());
        set.flat_map(|(name, value)| {
            [name.to_owned(), name.to_lowercase()].map(|name| (name, value.clone()))
        })
        .collect()
    }
}

/// Returns the name under which docker keeps the credentials of a registry. Docker Hub has one of
/// its own.
pub fn registry_key(domain: &str) -> &str {
    match domain {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => "https://index.docker.io/v1/",
        other => other,
    }
}

/// Cuts an address down to its host and port.
fn host_name(address: &str) -> &str {
    let bare = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"));
    let bare = bare.unwrap_or(address);
    bare.split('/').next().unwrap_or(bare)
}

struct Unreadable;

impl WrittenAuth {
    /// Returns the credential; none for an entry that only says that a helper has it.
    fn credential(self) -> Result<Option<Credential>, Unreadable> {
        let Self {
            auth,
            mut username,
            mut password,
            identitytoken,
            registrytoken,
        } = self;
        if !auth.is_empty() {
            (username, password) = decode(&auth)?;
        }
        Ok(match () {
            () if !registrytoken.is_empty() => {
                Some(Credential::RegistryToken(Secret::new(registrytoken)))
            }
            () if !identitytoken.is_empty() => {
                Some(Credential::IdentityToken(Secret::new(identitytoken)))
            }
            () if username.is_empty() && password.is_empty() => None,
            () => Some(Credential::Password {
                username,
                password: Secret::new(password),
            }),
        })
    }
}

/// Splits what `docker login` writes: the base64 of `name:password`, possibly with NULs behind it.
fn decode(auth: &str) -> Result<(String, String), Unreadable> {
    let bytes = STANDARD.decode(auth).map_err(|_| Unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| Unreadable)?;
    let (username, password) = text
        .split_once(':')
        .filter(|(name, _)| !name.is_empty())
        .ok_or(Unreadable)?;
    Ok((username.to_owned(), password.trim_matches('\0').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        "HttpHeaders": {"X-Team": "a"},
        "psFormat": "ignored"
    }"#;

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
    }

    #[test]
    fn credentials_are_found_by_host() {
        let config = Config::parse(FILE).unwrap();
        let hub = config.credential(registry_key("docker.io")).unwrap();
        let expected = Credential::Password {
            username: "me".to_owned(),
            password: Secret::new("hunter2"),
        };
        assert_eq!(hub, &expected);
        let other = config.credential("registry.example").unwrap();
        assert_eq!(other, &Credential::IdentityToken(Secret::new("token")));
        assert_eq!(config.credential("ghcr.io"), None);
    }

    #[test]
    fn an_empty_file_is_no_error() {
        assert_eq!(Config::parse(" \n"), Ok(Config::default()));
        assert_eq!(
            Config::parse(r#"{"auths": null, "credsStore": null}"#),
            Ok(Config::default())
        );
    }

    #[test]
    fn errors_never_show_what_is_in_the_file() {
        let wrong_type = Config::parse(r#"{"auths": {"x": "hunter2"}}"#).unwrap_err();
        assert_eq!(
            wrong_type.to_string(),
            "docker's configuration is wrong at line 1, column 25"
        );
        let wrong_auth =
            Config::parse(r#"{"auths": {"x": {"auth": "aHVudGVyMg=="}}}"#).unwrap_err();
        assert_eq!(wrong_auth.hint().unwrap(), "docker login x");
        assert!(!wrong_auth.to_string().contains("aHV"));
    }
}
