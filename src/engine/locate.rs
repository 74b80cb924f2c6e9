//! Which engine is meant, by docker's own rules.
//!
//! `DOCKER_HOST` wins over `DOCKER_CONTEXT`, which wins over `currentContext` of docker's
//! `config.json` (docker/cli, `cli/command/cli.go`, `resolveContextName`). Where nothing is set,
//! the sockets of a system-wide and of a rootless engine are tried in this order.

use std::fmt;

use super::surroundings::{LocateError, Surroundings, read};
use crate::dial::Address;
use crate::docker::context::{self, Context};
use crate::docker::host::{Host, TlsFiles};

/// An engine's address and why it is this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// Where the engine is.
    pub address: Address,
    /// Who said so.
    pub origin: Origin,
}

/// Who says where the engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The variable `DOCKER_HOST`.
    HostVariable,
    /// A docker context, by name.
    Context(String),
    /// A socket at its usual place.
    UsualPlace,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HostVariable => f.write_str("DOCKER_HOST"),
            Self::Context(name) => write!(f, "docker context `{name}`"),
            Self::UsualPlace => f.write_str("the usual place"),
        }
    }
}

/// Finds out which engine is meant. Nothing is connected to.
///
/// # Errors
/// Fails when what the surroundings say is wrong; docker's client would refuse it as well.
pub fn locate(surroundings: &Surroundings) -> Result<Located, LocateError> {
    let mut located = bare(surroundings)?;
    located.address = located.address.with_headers(surroundings.headers()?);
    Ok(located)
}

/// Finds out where it listens.
fn bare(surroundings: &Surroundings) -> Result<Located, LocateError> {
    if let Some(host) = &surroundings.host {
        let host: Host = host.parse().map_err(LocateError::Host)?;
        let tls = surroundings.tls.then(|| surroundings.tls_files()).flatten();
        return Ok(Located {
            address: Address::new(&host, tls),
            origin: Origin::HostVariable,
        });
    }
    match surroundings.context_name()? {
        Some(name) => located_by_context(&name, surroundings),
        None => Ok(Located {
            address: Address::Unix(surroundings.usual_socket()),
            origin: Origin::UsualPlace,
        }),
    }
}

fn located_by_context(name: &str, surroundings: &Surroundings) -> Result<Located, LocateError> {
    let missing = || LocateError::NoContext(name.to_owned());
    let contexts = surroundings
        .config
        .as_ref()
        .ok_or_else(missing)?
        .join("contexts");
    let directory = context::directory(name);
    let meta = contexts.join("meta").join(&directory).join("meta.json");
    let text = read(&meta)?.ok_or_else(missing)?;
    let context = Context::parse(&text).map_err(|source| LocateError::Context {
        name: name.to_owned(),
        source,
    })?;
    let tls = contexts.join("tls").join(&directory).join("docker");
    let tls = tls
        .is_dir()
        .then(|| TlsFiles::in_directory(&tls, !context.skip_tls_verify));
    Ok(Located {
        address: Address::new(&context.host, tls),
        origin: Origin::Context(name.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use test_case::test_case;

    use super::*;
    use crate::problem::Problem;

    fn unix(path: &str) -> Address {
        Address::Unix(path.into())
    }

    fn surroundings(directory: &tempfile::TempDir) -> Surroundings {
        Surroundings {
            config: Some(directory.path().to_owned()),
            ..Surroundings::default()
        }
    }

    fn add_context(directory: &Path, name: &str, host: &str) {
        let meta = directory
            .join("contexts/meta")
            .join(context::directory(name));
        fs_err::create_dir_all(&meta).unwrap();
        let endpoints = format!(r#"{{"docker":{{"Host":"{host}"}}}}"#);
        let text = format!(r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{endpoints}}}"#);
        fs_err::write(meta.join("meta.json"), text).unwrap();
    }

    #[test]
    fn the_variable_wins_over_every_context() {
        let directory = tempfile::tempdir().unwrap();
        add_context(directory.path(), "lab", "unix:///lab.sock");
        let all = Surroundings {
            host: Some("unix:///host.sock".into()),
            context: Some("lab".into()),
            ..surroundings(&directory)
        };
        assert_eq!(locate(&all).unwrap().address, unix("/host.sock"));
        let context = Surroundings { host: None, ..all };
        let located = locate(&context).unwrap();
        assert_eq!(located.address, unix("/lab.sock"));
        assert_eq!(located.origin.to_string(), "docker context `lab`");
    }

    #[test]
    fn the_current_context_of_the_configuration_counts() {
        let directory = tempfile::tempdir().unwrap();
        add_context(directory.path(), "far", "ssh://me@far:2222");
        let config = r#"{"currentContext":"far"}"#;
        fs_err::write(directory.path().join("config.json"), config).unwrap();
        let located = locate(&surroundings(&directory)).unwrap();
        assert_eq!(
            located.address,
            Address::new(&"ssh://me@far:2222".parse().unwrap(), None)
        );
        let by_name = Surroundings {
            context: Some("default".into()),
            ..surroundings(&directory)
        };
        assert_eq!(locate(&by_name).unwrap().origin, Origin::UsualPlace);
    }

    #[test]
    fn tls_takes_the_certificate_directory() {
        let tls = Surroundings {
            host: Some("tcp://engine:2376".into()),
            tls: true,
            certificates: Some("/certificates".into()),
            ..Surroundings::default()
        };
        let expected = Address::Tls {
            host: "engine".into(),
            port: 2376,
            files: TlsFiles::in_directory(Path::new("/certificates"), true),
        };
        assert_eq!(locate(&tls).unwrap().address, expected);
    }

    #[test]
    fn headers_of_the_file_or_the_variable_go_with_every_address() {
        let directory = tempfile::tempdir().unwrap();
        let config = r#"{"HttpHeaders":{"X-File":"1"},"currentContext":"lab"}"#;
        fs_err::write(directory.path().join("config.json"), config).unwrap();
        add_context(directory.path(), "lab", "unix:///lab.sock");
        let of_file = surroundings(&directory);
        let of_variable = Surroundings {
            headers: Some("X-Variable=2".into()),
            host: Some("tcp://lab:2375".into()),
            ..of_file.clone()
        };
        for (surroundings, address, name) in [
            (of_file, "unix:///lab.sock", "x-file"),
            (of_variable, "tcp://lab:2375", "x-variable"),
        ] {
            let located = locate(&surroundings).unwrap().address;
            assert_eq!(located.to_string(), address);
            let mut request = http::HeaderMap::new();
            located.add_headers(&mut request);
            let names: Vec<_> = request.keys().map(http::HeaderName::as_str).collect();
            assert_eq!(names, [name]);
        }
    }

    #[test_case("DOCKER_HOST", "/var/run/docker.sock" => ("`DOCKER_HOST` is wrong".to_owned(), "Write `unix:///var/run/docker.sock`".to_owned()); "host")]
    #[test_case("DOCKER_CONTEXT", "nowhere" => ("There is no docker context `nowhere`".to_owned(), "Choose one of `docker context ls`".to_owned()); "context")]
    #[test_case("DOCKER_CUSTOM_HEADERS", "X-Token" => ("`DOCKER_CUSTOM_HEADERS` is wrong".to_owned(), "Write `NAME=VALUE,NAME=VALUE`".to_owned()); "headers")]
    #[test_case("DOCKER_AUTH_CONFIG", "{auths:hunter2}" => ("`DOCKER_AUTH_CONFIG` is wrong".to_owned(), "Write `{\"auths\": {\"REGISTRY\": {\"auth\": \"…\"}}}`, or unset it".to_owned()); "logins")]
    fn wrong_variables_are_refused(variable: &str, value: &str) -> (String, String) {
        let directory = tempfile::tempdir().unwrap();
        let set = |name: &str| (name == variable).then(|| value.to_owned());
        let surroundings = Surroundings {
            host: set("DOCKER_HOST"),
            context: set("DOCKER_CONTEXT"),
            headers: set("DOCKER_CUSTOM_HEADERS"),
            logins: set("DOCKER_AUTH_CONFIG"),
            ..surroundings(&directory)
        };
        let problem = Problem::from(locate(&surroundings).unwrap_err());
        assert!(!problem.causes.iter().any(|cause| cause.contains("hunter2")));
        (problem.message, problem.hints.join("\n"))
    }

    #[test]
    fn logins_of_the_variable_come_before_those_of_the_file() {
        use crate::docker::config::Credential;
        let directory = tempfile::tempdir().unwrap();
        let config = r#"{"auths":{"a":{"auth":"dTpw"},"b":{"auth":"dTpw"}},"credsStore":"lab"}"#;
        fs_err::write(directory.path().join("config.json"), config).unwrap();
        let surroundings = Surroundings {
            logins: Some(r#"{"auths":{"https://b/v2/":{"auth":"djpx"},"c":{"auth":"x"}}}"#.into()),
            ..surroundings(&directory)
        };
        let config = surroundings.docker_config().unwrap();
        assert!(config.credential("a").is_some() && config.first_credential("a").is_none());
        let Some(Credential::Password { username, .. }) = config.first_credential("b") else {
            panic!("a login");
        };
        assert_eq!(username, "v");
        assert!(config.is_unreadable("c"));
    }
}
