//! What the environment and docker's own configuration say about the engine.

use std::io;
use std::path::{Path, PathBuf};

use crate::docker::Hinted as _;
use crate::docker::config::{Config, ConfigError};
use crate::docker::context::{self, ContextError};
use crate::docker::host::{HostError, TlsFiles};
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

    pub(super) fn context_name(&self) -> Result<Option<String>, LocateError> {
        let name = match &self.context {
            Some(name) => Some(name.clone()),
            None => self.docker_config()?.current_context,
        };
        Ok(name.filter(|name| name != context::DEFAULT))
    }

    pub(super) fn tls_files(&self) -> Option<TlsFiles> {
        let directory = self.certificates.as_ref().or(self.config.as_ref())?;
        Some(TlsFiles::in_directory(directory, true))
    }

    pub(super) fn usual_socket(&self) -> PathBuf {
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

/// Reads a file that may not be there.
pub(super) fn read(path: &Path) -> Result<Option<String>, LocateError> {
    match text_file::read_text(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(LocateError::Read {
            path: path.to_owned(),
            source,
        }),
    }
}
