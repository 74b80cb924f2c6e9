//! What can be wrong between a profile, what was asked for, and the world.

use thiserror::Error;

use super::compiler_cache::EndpointError;
use super::origin::Origin;
use super::place::Place;
use super::secret_source::SecretSource;
use crate::docker::Hinted;
use crate::problem::{Excerpt, Problem, ProblemKind, capitalized};
use crate::profile::SccacheBackend;
use crate::toml_file::with_choices;

/// One reason why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// A value of an axis that the profile does not have.
    #[error("Unknown {axis} `{value}` for framework `{framework}`")]
    UnknownValue {
        /// The axis, for example `device`.
        axis: &'static str,
        /// What was asked for.
        value: String,
        /// The framework.
        framework: String,
        /// What there is.
        valid: Vec<String>,
        /// Who asked.
        origin: Origin,
    },
    /// An axis without a value: none was given and the profile has no default.
    #[error("No {axis} was given, and framework `{framework}` has no default")]
    NoDefault {
        /// The axis.
        axis: &'static str,
        /// The framework.
        framework: String,
        /// What there is.
        valid: Vec<String>,
    },
    /// Values that each exist but do not go together.
    #[error("{what} does not exist for {axis} `{value}`")]
    NotTogether {
        /// What was asked for, for example ``Target `frontend` ``.
        what: String,
        /// The axis that rules it out.
        axis: &'static str,
        /// The value that rules it out.
        value: String,
        /// The values of that axis that go together with it.
        valid: Vec<String>,
        /// Who asked.
        origin: Origin,
    },
    /// A value that breaks the grammar of its kind.
    #[error("Invalid {what} `{value}`: {reason}")]
    Invalid {
        /// What the value is.
        what: &'static str,
        /// The value.
        value: String,
        /// Which rule it breaks.
        reason: String,
        /// Who set it.
        origin: Origin,
    },
    /// A value that one of docker's grammars refuses.
    #[error("{message}")]
    Refused {
        /// What the grammar says.
        message: String,
        /// What fixes it.
        hint: Option<String>,
        /// Who set the value.
        origin: Origin,
        /// Whether a password or token may stand next to it.
        is_near_a_secret: bool,
    },
    /// A target needs a fragment that does not exist.
    #[error("Target `{target}` needs `dockerfiles/{fragment}.Dockerfile`, which does not exist")]
    MissingFragment {
        /// The target.
        target: String,
        /// The fragment.
        fragment: String,
        /// The fragments that exist.
        known: Vec<String>,
        /// Where the profile names it.
        origin: Origin,
    },
    /// A target is built from a stage that no fragment has.
    #[error("Target `{target}` is the stage `{stage}`, which no fragment has")]
    UnknownStage {
        /// The target.
        target: String,
        /// The stage.
        stage: String,
        /// The stages that there are.
        known: Vec<String>,
        /// Where the profile names it.
        origin: Origin,
    },
    /// A named context that no stage refers to.
    #[error("No stage uses the context `{name}`")]
    UnusedContext {
        /// The context.
        name: String,
        /// The name that was perhaps meant.
        similar: Option<String>,
        /// What the stages refer to.
        known: Vec<String>,
        /// Who asked for it.
        origin: Origin,
    },
    /// A build argument that reaches nothing.
    #[error("No stage of {targets} declares the build argument `{name}`")]
    UnknownBuildArg {
        /// The argument.
        name: String,
        /// The targets, as people read them.
        targets: String,
        /// What the stages declare.
        known: Vec<String>,
        /// The declaration that was perhaps meant.
        similar: Option<Box<Excerpt>>,
        /// Who set it.
        origin: Origin,
    },
    /// A flag that is for other builds than this one.
    #[error("`{flag}` does nothing here: no stage declares `{name}`")]
    OptionNotHere {
        /// The flag.
        flag: String,
        /// Its build argument.
        name: String,
        /// The framework.
        framework: String,
        /// The framework's targets that it is for.
        targets: Vec<String>,
    },
    /// The sources do not run on the Python of the image.
    #[error("The sources require Python `{requires}`, and the stages have Python `{python}`")]
    Python {
        /// The Python of the image, for example `3.12`.
        python: String,
        /// `requires-python` of the tree.
        requires: String,
    },
    /// Platforms that are built together want different values of one argument.
    #[error("Build argument `{name}` differs by platform: {}", list_of(values))]
    DiffersByPlatform {
        /// The argument.
        name: String,
        /// Platforms and the value that each wants.
        values: Vec<(String, String)>,
        /// Who set one of the values.
        origin: Origin,
    },
    /// One build that is asked for in two ways.
    #[error("`{name}` is asked for twice, with different platforms")]
    SharedName {
        /// The name of the build.
        name: String,
    },
    /// One image name for several images.
    #[error("The image name `{tag}` would go to several images: {}", targets.join(", "))]
    SharedTag {
        /// The name.
        tag: String,
        /// The planned targets.
        targets: Vec<String>,
        /// Who set it.
        origin: Origin,
    },
    /// One place for what several builds write.
    #[error("{place} would be written by several targets: {}", targets.join(", "))]
    SharedPlace {
        /// The place.
        place: Place,
        /// The targets.
        targets: Vec<String>,
        /// Who set it.
        origin: Origin,
    },
    /// A push of images that have local names only.
    #[error("Nothing to push: the image names of target `{target}` name no registry")]
    LocalOnlyPush {
        /// The target.
        target: String,
        /// The names.
        tags: Vec<String>,
    },
    /// A compiler cache that is not described completely.
    #[error("The sccache backend `{backend}` needs {} {what}", article(what))]
    SccacheNeeds {
        /// The backend.
        backend: String,
        /// What is missing.
        what: &'static str,
        /// Who chose the backend.
        origin: Origin,
    },
    /// The address of a compiler cache's server that cannot be used.
    #[error("The endpoint of the sccache backend `{backend}` {error}")]
    SccacheEndpoint {
        /// The backend.
        backend: SccacheBackend,
        /// What is wrong with it.
        error: EndpointError,
        /// Who set it.
        origin: Origin,
    },
    /// A secret that the build cannot do without is not on this machine.
    #[error("Secret `{id}` is required, but {} is missing", place_of(place))]
    MissingSecret {
        /// The secret's id.
        id: String,
        /// Where its value should be.
        place: SecretSource,
        /// Who requires it.
        origin: Origin,
    },
}

fn list_of(values: &[(String, String)]) -> String {
    let values: Vec<_> = values
        .iter()
        .map(|(platform, value)| format!("`{value}` on {platform}"))
        .collect();
    values.join(", ")
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

fn place_of(source: &SecretSource) -> String {
    match source {
        SecretSource::Environment(name) => format!("the environment variable `{name}`"),
        SecretSource::File(path) => format!("the file `{path}`"),
    }
}

fn endpoint_hint(backend: SccacheBackend, error: &EndpointError) -> String {
    let variables = match backend {
        SccacheBackend::Redis => "`SCCACHE_REDIS_USERNAME` and `SCCACHE_REDIS_PASSWORD`",
        SccacheBackend::Webdav => "`SCCACHE_WEBDAV_USERNAME` and `SCCACHE_WEBDAV_PASSWORD`",
        SccacheBackend::S3 | SccacheBackend::Gha | SccacheBackend::Local | SccacheBackend::Off => {
            "`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`"
        }
    };
    match error {
        EndpointError::Login => {
            format!(
                "Take the login out of it, and set {variables}, which reach the build as secrets"
            )
        }
        EndpointError::NoAddress | EndpointError::Scheme { .. } => {
            let example = match backend {
                SccacheBackend::Redis => "redis://cache.example:6379",
                SccacheBackend::Webdav => "https://cache.example/sccache",
                SccacheBackend::S3
                | SccacheBackend::Gha
                | SccacheBackend::Local
                | SccacheBackend::Off => "https://s3.example:9000",
            };
            format!("Write it for example as `{example}`")
        }
    }
}

impl PlanError {
    /// Takes over what one of docker's grammars says about a value.
    pub(super) fn refused(error: &impl Hinted, origin: Origin) -> Self {
        let cause = error.source().map(|cause| format!(": {cause}"));
        Self::Refused {
            message: capitalized(&error.to_string()) + &cause.unwrap_or_default(),
            hint: error.hint().map(|hint| capitalized(&hint)),
            origin,
            is_near_a_secret: false,
        }
    }

    /// Marks a refusal whose line in a file must not be shown.
    pub(super) fn near_a_secret(mut self) -> Self {
        if let Self::Refused {
            is_near_a_secret, ..
        } = &mut self
        {
            *is_near_a_secret = true;
        }
        self
    }

    fn origin(&self) -> Option<&Origin> {
        match self {
            Self::UnknownValue { origin, .. }
            | Self::NotTogether { origin, .. }
            | Self::Invalid { origin, .. }
            | Self::Refused { origin, .. }
            | Self::MissingFragment { origin, .. }
            | Self::UnknownStage { origin, .. }
            | Self::UnusedContext { origin, .. }
            | Self::UnknownBuildArg { origin, .. }
            | Self::DiffersByPlatform { origin, .. }
            | Self::SharedTag { origin, .. }
            | Self::SharedPlace { origin, .. }
            | Self::SccacheNeeds { origin, .. }
            | Self::SccacheEndpoint { origin, .. }
            | Self::MissingSecret { origin, .. } => Some(origin),
            Self::NoDefault { .. }
            | Self::OptionNotHere { .. }
            | Self::Python { .. }
            | Self::SharedName { .. }
            | Self::LocalOnlyPush { .. } => None,
        }
    }

    fn is_near_a_secret(&self) -> bool {
        match self {
            Self::Refused {
                is_near_a_secret, ..
            } => *is_near_a_secret,
            Self::SccacheEndpoint { error, .. } => *error == EndpointError::Login,
            Self::SharedPlace { place, .. } => matches!(place, Place::Cache(_)),
            _ => false,
        }
    }

    /// Returns the problem with its message and the place of the value at fault.
    fn located(&self) -> Problem {
        let mut problem = Problem::from_error(ProblemKind::Usage, self);
        match self.origin() {
            // The line would show it.
            Some(origin @ (Origin::File(_) | Origin::OwnFile(_))) if self.is_near_a_secret() => {
                problem.causes.push(format!("Set in `{origin}`"));
            }
            Some(origin) => problem = origin.blamed_for(problem),
            None => {}
        }
        problem
    }
}

impl From<PlanError> for Problem {
    fn from(error: PlanError) -> Self {
        let problem = error.located();
        match error {
            PlanError::UnknownValue {
                axis, value, valid, ..
            } => with_choices(problem, &format!("Valid {axis}s"), &value, &valid),
            PlanError::NoDefault { axis, valid, .. } => {
                let title = format!("Give one with `--{axis}`");
                with_choices(problem, &title, "", &valid)
            }
            PlanError::NotTogether { axis, valid, .. } if valid.is_empty() => {
                problem.hint(format!("There is no {axis} that it exists for"))
            }
            PlanError::NotTogether { axis, valid, .. } => {
                with_choices(problem, &format!("It exists for {axis}"), "", &valid)
            }
            PlanError::Invalid { .. } => problem,
            PlanError::Refused { hint, .. } => hint.into_iter().fold(problem, Self::hint),
            PlanError::MissingFragment {
                fragment, known, ..
            } => with_choices(problem, "Fragments", &fragment, &known),
            PlanError::UnknownStage { stage, known, .. } => {
                with_choices(problem, "Stages", &stage, &known)
            }
            PlanError::UnusedContext {
                name,
                similar,
                known,
                ..
            } => match similar {
                Some(similar) => problem.hint(format!(
                    "Did you mean `{similar}`? `--build-context {similar}=…`"
                )),
                None => with_choices(problem, "Stages, images and contexts", &name, &known).hint(
                    format!("Use it in a stage, for example `COPY --from={name} / /`"),
                ),
            },
            PlanError::UnknownBuildArg {
                name,
                known,
                similar,
                ..
            } => {
                let problem = similar
                    .into_iter()
                    .fold(problem, |problem, place| problem.excerpt(*place));
                with_choices(problem, "Declared", &name, &known)
                    .hint("Pass it all the same with `--allow-unknown-build-arg`")
            }
            PlanError::OptionNotHere {
                flag,
                framework,
                targets,
                ..
            } if targets.is_empty() => problem.hint(format!(
                "Leave `{flag}` out, or name another framework than `{framework}`"
            )),
            PlanError::OptionNotHere { targets, .. } => problem.hint(format!(
                "It is for another target: `--target {}`",
                targets.join("`, `--target ")
            )),
            PlanError::DiffersByPlatform { name, .. } => problem
                .hint(format!(
                    "Let the fragment choose by `TARGETARCH` instead of `{name}`"
                ))
                .hint("Or build one platform at a time with `--platform`"),
            PlanError::Python { .. } => problem.hint(
                "Name one that the images have as well: `--build-arg PYTHON_VERSION=X.Y`, with \
                 `--base-image` and `--build-arg RUNTIME_IMAGE` where these have another",
            ),
            PlanError::SharedName { .. } => problem.hint(
                "Build all of its platforms at once: `platform = [\"linux/amd64\", \"linux/arm64\"]`",
            ),
            PlanError::SharedTag { .. } => problem.hint(
                "Write a template that distinguishes them, for example \
                 `--tag registry.example/name:{version}-{framework}-{device}-{target}`, and leave \
                 the moving name out with `--no-tag-latest`",
            ),
            PlanError::SharedPlace { place, .. } => problem.hint(place.hint()),
            PlanError::LocalOnlyPush { tags, .. } => problem
                .hint(format!("Its names: {}", tags.join(", ")))
                .hint(
                    "Name a registry, for example `--tag registry.example/name:{version}{-target}`",
                ),
            PlanError::SccacheNeeds { what, .. } => problem.hint(format!(
                "Add `--sccache-{what}`, or set `{what}` in `[sccache]`"
            )),
            PlanError::SccacheEndpoint { backend, error, .. } => {
                problem.hint(endpoint_hint(backend, &error))
            }
            PlanError::MissingSecret { id, place, .. } => match place {
                SecretSource::Environment(name) => {
                    problem.hint(format!("Set it: `export {name}=…`"))
                }
                SecretSource::File(_) => problem.hint(format!(
                    "Create the file, or name another one with `--secret id={id},src=…`"
                )),
            },
        }
    }
}
