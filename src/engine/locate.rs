//! Which engine is meant, by docker's own rules.
//!
//! `DOCKER_HOST` wins over `DOCKER_CONTEXT`, which wins over `currentContext` of docker's
//! `config.json` (docker/cli, `cli/command/cli.go`, `resolveContextName`). Where nothing is set,
//! the sockets of a system-wide and of a rootless engine are tried in this order.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::dial::Address;
use crate::docker::Hinted as _;
use crate::docker::config::{Config, ConfigError};
use crate::docker::context::{self, Context, ContextError};
use crate::docker::host::{Host, HostError, TlsFiles};
use crate::docker::http_headers::{HeaderError, HttpHeaders};
use crate::problem::{Problem, ProblemKind, capitalized};
use crate::text_file;

/// What the user's surroundings say about the engine.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `DOCKER_HOST`.
    pub host: Option<String>,
    /// `DOCKER_CONTEXT`.
    pub context: Option<String>,
    /// Whether `DOCKER_TLS_VERIFY` is set.
    pub tls: bool,
    /// `DOCKER_CERT_PATH`.
    pub certificates: Option<PathBuf>,
    /// The directory of docker's `config.json`, if there may be one.
    pub config: Option<PathBuf>,
    /// `XDG_RUNTIME_DIR`, where a rootless engine has its socket.
    pub runtime: Option<PathBuf>,
    /// `DOCKER_CUSTOM_HEADERS`.
    pub headers: Option<String>,
    /// `DOCKER_AUTH_CONFIG`: logins, written as in docker's `config.json`.
    pub logins: Option<String>,
}

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

/// Why it is not known which engine is meant.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// `DOCKER_HOST` is wrong.
    #[error("`DOCKER_HOST` is wrong")]
    Host(#[source] HostError),
    /// `DOCKER_CUSTOM_HEADERS` is wrong.
    #[error("`DOCKER_CUSTOM_HEADERS` is wrong")]
    Headers(#[source] HeaderError),
    /// `DOCKER_AUTH_CONFIG` is wrong.
    #[error("`DOCKER_AUTH_CONFIG` is wrong")]
    Logins(#[source] ConfigError),
    /// Docker's configuration cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Docker's `config.json` is wrong.
    #[error("`{}` is wrong", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: ConfigError,
    },
    /// There is no such context.
    #[error("There is no docker context `{0}`")]
    NoContext(String),
    /// A context is wrong.
    #[error("The docker context `{name}` is wrong")]
    Context {
        /// Its name.
        name: String,
        /// What is wrong with it.
        #[source]
        source: ContextError,
    },
}

impl From<LocateError> for Problem {
    fn from(error: LocateError) -> Self {
        let hint = match &error {
            LocateError::Host(error) => error.hint().map(|hint| capitalized(&hint)),
            LocateError::Headers(error) => error.hint().map(|hint| capitalized(&hint)),
            LocateError::NoContext(_) => Some("Choose one of `docker context ls`".to_owned()),
            LocateError::Logins(_) => Some(
                "Write `{\"auths\": {\"REGISTRY\": {\"auth\": \"…\"}}}`, or unset it".to_owned(),
            ),
            LocateError::Config { source, .. } => source.hint().map(|hint| capitalized(&hint)),
            LocateError::Read { path, .. } => Some(format!(
                "See what it is: `ls -l {}`",
                shell_words::quote(&path.display().to_string())
            )),
            LocateError::Context { .. } => None,
        };
        let problem = Self::from_error(ProblemKind::Engine, &error);
        hint.into_iter().fold(problem, Self::hint)
    }
}

/// Finds out which engine is meant. Nothing is connected to.
///
/// # Errors
/// Fails when what the surroundings say is wrong; docker's client would refuse it as well.
pub fn locate(surroundings: &Surroundings) -> Result<Located, LocateError> {
    let Located { address, origin } = bare(surroundings)?;
    Ok(Located {
        address: address.with_headers(surroundings.headers()?),
        origin,
    })
}

/// Finds out where it listens.
fn bare(surroundings: &Surroundings) -> Result<Located, LocateError> {
    if let Some(host) = &surroundings.host {
        let host: Host = host.parse().map_err(LocateError::Host)?;
        let tls = surroundings.tls.then(|| surroundings.tls_files()).flatten();
        let address = Address::new(&host, tls);
        return Ok(Located {
            address,
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

impl Surroundings {
    /// Returns the text of docker's `config.json`, if there is one. It may hold credentials.
    ///
    /// # Errors
    /// Fails when the file is there but cannot be read.
    pub fn docker_config_text(&self) -> Result<Option<String>, LocateError> {
        self.docker_config_path()
            .map_or(Ok(None), |path| read(&path))
    }

    /// Reads docker's `config.json`, and the logins of the environment; an empty configuration if
    /// there is neither.
    ///
    /// # Errors
    /// Fails when the file cannot be read or is no configuration, or the variable is none.
    pub fn docker_config(&self) -> Result<Config, LocateError> {
        let variable = self.logins.as_deref().map(Config::parse).transpose();
        let variable = variable.map_err(LocateError::Logins)?.unwrap_or_default();
        let mut config = self.docker_config_file()?;
        config.first_credentials = variable.credentials;
        config.unreadable.extend(variable.unreadable);
        Ok(config)
    }

    fn docker_config_file(&self) -> Result<Config, LocateError> {
        let Some(text) = self.docker_config_text()? else {
            return Ok(Config::default());
        };
        Config::parse(&text).map_err(|source| LocateError::Config {
            path: self.docker_config_path().unwrap_or_default(),
            source,
        })
    }

    /// Returns what is added to requests to the engine: what the variable says, else the file.
    ///
    /// # Errors
    /// Fails when the variable or the file is wrong.
    pub fn headers(&self) -> Result<HttpHeaders, LocateError> {
        match self.headers.as_deref() {
            Some(text) => HttpHeaders::from_variable(text).map_err(LocateError::Headers),
            None => Ok(self.docker_config()?.headers),
        }
    }

    fn docker_config_path(&self) -> Option<PathBuf> {
        let directory = self.config.as_ref()?;
        Some(directory.join("config.json"))
    }

    fn context_name(&self) -> Result<Option<String>, LocateError> {
        let name = match &self.context {
            Some(name) => Some(name.clone()),
            None => self.docker_config()?.current_context,
        };
        Ok(name.filter(|name| name != context::DEFAULT))
    }

    fn tls_files(&self) -> Option<TlsFiles> {
        let directory = self.certificates.as_ref().or(self.config.as_ref())?;
        Some(TlsFiles::in_directory(directory, true))
    }

    fn usual_socket(&self) -> PathBuf {
        let system = PathBuf::from("/var/run/docker.sock");
        let rootless = self
            .runtime
            .as_ref()
            .map(|directory| directory.join("docker.sock"));
        match rootless {
            Some(rootless) if !system.exists() && rootless.exists() => rootless,
            _ => system,
        }
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

fn read(path: &Path) -> Result<Option<String>, LocateError> {
    match text_file::read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LocateError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test_case::test_case(
        Some("X-Token"),
        None,
        "`DOCKER_CUSTOM_HEADERS` is wrong",
        "Write `NAME=VALUE,NAME=VALUE`"
    )]
    #[test_case::test_case(
        None,
        Some("{auths:hunter2}"),
        "`DOCKER_AUTH_CONFIG` is wrong",
        "Write `{\"auths\": {\"REGISTRY\": {\"auth\": \"…\"}}}`, or unset it"
    )]
    fn wrong_variables_are_refused(
        headers: Option<&str>,
        logins: Option<&str>,
        message: &str,
        hint: &str,
    ) {
        let surroundings = Surroundings {
            headers: headers.map(str::to_owned),
            logins: logins.map(str::to_owned),
            ..Surroundings::default()
        };
        let problem = Problem::from(locate(&surroundings).unwrap_err());
        assert_eq!(
            (problem.message.as_str(), problem.hints),
            (message, vec![hint.to_owned()])
        );
        assert!(!problem.causes.iter().any(|cause| cause.contains("hunter2")));
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

    #[test]
    fn mistakes_are_told() {
        let directory = tempfile::tempdir().unwrap();
        let problem = |surroundings: &Surroundings| {
            let problem = Problem::from(locate(surroundings).unwrap_err());
            (problem.message, problem.hints)
        };
        let missing = Surroundings {
            context: Some("nowhere".into()),
            ..surroundings(&directory)
        };
        insta::assert_debug_snapshot!(problem(&missing), @r#"
        (
            "There is no docker context `nowhere`",
            [
                "Choose one of `docker context ls`",
            ],
        )
        "#);
        let path = Surroundings {
            host: Some("/var/run/docker.sock".into()),
            ..Surroundings::default()
        };
        insta::assert_debug_snapshot!(problem(&path), @r#"
        (
            "`DOCKER_HOST` is wrong",
            [
                "Write `unix:///var/run/docker.sock`",
            ],
        )
        "#);
    }
}
