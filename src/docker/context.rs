//! Docker contexts: named engines, kept in `contexts/` next to docker's configuration.
//!
//! The file of a context is `contexts/meta/DIRECTORY/meta.json`, its certificates are in
//! `contexts/tls/DIRECTORY/docker/`; see [`directory`].

use serde::Deserialize;

use super::hinted::Hinted;
use super::host::{Host, HostError};
use crate::hash::sha256_hex;

/// The name of the context that is the environment's and has no file.
pub const DEFAULT: &str = "default";

/// A named engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Where its engine listens.
    pub host: Host,
    /// Whether the engine's certificate is not checked.
    pub skip_tls_verify: bool,
}

/// Why the file of a context could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// It is no JSON, or lacks something.
    #[error("the file of the docker context is wrong")]
    Json(#[source] serde_json::Error),
    /// It has no address of a docker engine.
    #[error("docker context `{0}` names no docker engine")]
    NoEngine(String),
    /// The address of its engine is wrong.
    #[error("docker context `{name}` has a wrong address")]
    Host {
        /// The name of the context.
        name: String,
        /// What is wrong with it.
        #[source]
        source: HostError,
    },
}

impl Hinted for ContextError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Json(_) => Some("List the contexts: `docker context ls`".to_owned()),
            Self::NoEngine(name) => Some(format!("Look at it: `docker context inspect {name}`")),
            Self::Host { source, .. } => source.hint(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    name: String,
    #[serde(default)]
    endpoints: Endpoints,
}

#[derive(Default, Deserialize)]
struct Endpoints {
    docker: Option<Endpoint>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    #[serde(default)]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

impl Context {
    /// Reads the text of a context's `meta.json`.
    pub fn parse(text: &str) -> Result<Self, ContextError> {
        let Written { name, endpoints } = serde_json::from_str(text).map_err(ContextError::Json)?;
        let Some(Endpoint {
            host,
            skip_tls_verify,
        }) = endpoints.docker
        else {
            return Err(ContextError::NoEngine(name));
        };
        match host.parse() {
            Ok(host) => Ok(Self {
                name,
                host,
                skip_tls_verify,
            }),
            Err(source) => Err(ContextError::Host { name, source }),
        }
    }
}

/// Returns the name of the directory that a context's files are in: the SHA-256 of its name.
pub fn directory(name: &str) -> String {
    sha256_hex(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_of_a_context_is_read() {
        let text = r#"{"Name":"remote","Metadata":{"Description":"x"},
            "Endpoints":{"docker":{"Host":"ssh://me@build","SkipTLSVerify":true}}}"#;
        let context = Context::parse(text).unwrap();
        assert_eq!(context.name, "remote");
        assert_eq!(context.host.to_string(), "ssh://me@build");
        assert!(context.skip_tls_verify);
    }

    #[test]
    fn a_context_without_an_engine_is_refused() {
        let error = Context::parse(r#"{"Name":"k8s","Endpoints":{}}"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "docker context `k8s` names no docker engine"
        );
        let error = Context::parse(r#"{"Name":"x","Endpoints":{"docker":{"Host":"/run/x"}}}"#);
        assert_eq!(error.unwrap_err().hint().unwrap(), "write `unix:///run/x`");
    }

    #[test]
    fn files_are_in_the_directory_that_docker_uses() {
        let expected = "37a8eec1ce19687d132fe29051dca629d164e2c4958ba141d5f4133a33f0688f";
        assert_eq!(directory(DEFAULT), expected);
    }
}
