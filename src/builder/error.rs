//! Why a builder cannot be used.

use std::path::PathBuf;

use crate::docker::host::HostError;
use crate::engine::LocateError;
use crate::problem::{Problem, ProblemKind};
use crate::toml_file::with_choices;

/// Why a builder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BuilderError {
    /// Nobody knows a builder of that name.
    #[error("There is no builder `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// The builders that there are.
        known: Vec<String>,
    },
    /// The store of `docker buildx` cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the store is not what buildx writes.
    #[error("`{}` is not a builder of `docker buildx`", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A driver that is not spoken to.
    #[error("Builder `{name}` has the driver `{driver}`, which is not supported")]
    Driver {
        /// The builder.
        name: String,
        /// The driver.
        driver: String,
    },
    /// The address of a node is wrong.
    #[error("The endpoint `{endpoint}` of builder `{name}` is wrong: {why}")]
    Endpoint {
        /// The builder.
        name: String,
        /// The address.
        endpoint: String,
        /// What is wrong with it.
        why: String,
    },
    /// The engine that a node belongs to is not known.
    #[error("The engine of builder `{name}` is not known")]
    Engine {
        /// The builder.
        name: String,
        /// Why.
        #[source]
        source: Box<LocateError>,
    },
    /// A builder without nodes.
    #[error("Builder `{name}` has no nodes")]
    Empty {
        /// The builder.
        name: String,
    },
}

impl BuilderError {
    pub(super) fn endpoint(name: &str, endpoint: &str, why: impl Into<String>) -> Self {
        Self::Endpoint {
            name: name.to_owned(),
            endpoint: endpoint.to_owned(),
            why: why.into(),
        }
    }

    pub(super) fn host(name: &str, endpoint: &str, error: &HostError) -> Self {
        Self::endpoint(name, endpoint, error.to_string())
    }
}

impl From<BuilderError> for Problem {
    fn from(error: BuilderError) -> Self {
        let problem = Self::from_error(ProblemKind::Usage, &error);
        match &error {
            BuilderError::Unknown { name, known } => {
                let problem = with_choices(problem, "Builders", name, known);
                let quoted = shell_words::quote(name);
                problem.hint(format!(
                    "Create it: `docker buildx create --name {quoted} --driver docker-container \
                     --bootstrap`"
                ))
            }
            BuilderError::Driver { .. } => problem.hint(
                "Drivers are docker, docker-container, kubernetes and remote: `docker buildx \
                 create --driver DRIVER`",
            ),
            BuilderError::Endpoint { .. } => problem.hint(
                "Write it as unix://PATH, tcp://HOST:PORT, ssh://HOST, docker-container://NAME or \
                 kube-pod://POD?namespace=NAMESPACE",
            ),
            BuilderError::Empty { name } => problem.hint(format!(
                "Add one: `docker buildx create --append --name {}`",
                shell_words::quote(name)
            )),
            BuilderError::Parse { path, .. } => {
                let path = path.display().to_string();
                problem.hint(format!("Look at it: `cat {}`", shell_words::quote(&path)))
            }
            BuilderError::Read { .. } | BuilderError::Engine { .. } => problem,
        }
    }
}
