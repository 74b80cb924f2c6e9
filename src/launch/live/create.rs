//! Making the container: the image it needs, and a name that may not be free yet.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::credentials::{Keyring, Login};
use crate::diagnosis::{Evidence, Setting, diagnose};
use crate::docker::reference::Reference;
use crate::engine::{Engine, EngineError, PullEvent};
use crate::launch::image::Chosen;
use crate::launch::render::create_request;
use crate::launch::spec::{ContainerSpec, Pull};
use crate::problem::{Problem, ProblemKind};

/// How long a name may take to become free. Removing a container with `--rm` goes on for a while
/// after it ended.
const NAME_PATIENCE: Duration = Duration::from_secs(10);

/// Why no container was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The engine does not have the image, and it is not one to pull.
    #[error("The engine has no image `{image}`")]
    NoImage {
        /// The image.
        image: String,
        /// The command that makes it, if dynbuild does.
        build_line: Option<String>,
        /// Images that are similar by name.
        similar: Vec<String>,
    },
    /// The engine refused.
    #[error("{source}")]
    Engine {
        /// What it said.
        source: EngineError,
        /// What it was about.
        evidence: Box<Evidence>,
    },
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::NoImage {
                ref build_line,
                ref similar,
                ..
            } => {
                let mut problem = Self::new(ProblemKind::Usage, error.to_string());
                problem
                    .hints
                    .extend(build_line.iter().map(|line| format!("Make it: `{line}`")));
                if !similar.is_empty() {
                    problem
                        .hints
                        .push(format!("Or take one that is there: {}", similar.join(", ")));
                }
                problem
            }
            CreateError::Engine { source, evidence } => {
                let mut problem = Self::from_error(ProblemKind::Usage, &source);
                if let Some(diagnosis) = diagnose(&evidence) {
                    diagnosis.explain(&mut problem);
                }
                problem
            }
        }
    }
}

/// What is to be made.
pub struct Creation<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// What it is made of.
    pub spec: &'a ContainerSpec,
    /// Where the image comes from.
    pub chosen: &'a Chosen,
    /// Where the login to the image's registry is looked up, if the image has to be pulled.
    pub keyring: &'a Keyring,
}

impl Creation<'_> {
    /// Makes the container and returns its id; `heard` gets what is heard of a pull.
    pub async fn create(
        &self,
        mut heard: impl FnMut(PullEvent<'_>),
    ) -> Result<String, CreateError> {
        let launch = &self.spec.launch;
        if launch.pull == Pull::Always && self.chosen.build_line().is_none() {
            self.pull(&mut heard).await?;
        }
        match self.once_name_is_free().await {
            Err(error) if is_missing_image(&error) => {
                if launch.pull == Pull::Never || self.chosen.build_line().is_some() {
                    return Err(self.no_image().await);
                }
                self.pull(&mut heard).await?;
                self.once_name_is_free()
                    .await
                    .map_err(|error| self.refused(error))
            }
            created => created.map_err(|error| self.refused(error)),
        }
    }

    /// Pulls the image if the engine lacks it and it is one to pull. What else hinders the launch is
    /// found by [`create`](Self::create).
    ///
    /// # Errors
    /// Fails when the engine cannot be asked, or cannot pull.
    pub async fn fetch_image(
        &self,
        mut heard: impl FnMut(PullEvent<'_>),
    ) -> Result<(), CreateError> {
        if self.spec.launch.pull == Pull::Never || self.chosen.build_line().is_some() {
            return Ok(());
        }
        let found = self.engine.image(&self.spec.image).await;
        match found.map_err(|error| self.refused(error))? {
            Some(_) => Ok(()),
            None => self.pull(&mut heard).await,
        }
    }

    async fn pull(&self, heard: &mut impl FnMut(PullEvent<'_>)) -> Result<(), CreateError> {
        let launch = &self.spec.launch;
        let quiet = launch.quiet;
        let platform = launch.platform.as_deref();
        let login = self.login().await.unwrap_or_else(|why| {
            heard(PullEvent::Status(&why));
            None
        });
        let unless_quiet = |event: PullEvent<'_>| {
            if !quiet {
                heard(event);
            }
        };
        self.engine
            .pull_image(&self.spec.image, platform, login.as_ref(), unless_quiet)
            .await
            .map_err(|error| self.refused(error))
    }

    /// Returns the login to the image's registry; an error says what is wrong with it. The image may
    /// be one that everybody may pull.
    async fn login(&self) -> Result<Option<Login>, String> {
        let Ok(reference) = self.spec.image.parse::<Reference>() else {
            return Ok(None);
        };
        let domain = reference.domain();
        let login = self.keyring.login(domain).await;
        login.map_err(|why| format!("The login to `{domain}` is not used: {why}"))
    }

    async fn once_name_is_free(&self) -> Result<String, EngineError> {
        let deadline = Instant::now() + NAME_PATIENCE;
        loop {
            match self.request().await {
                Err(error) if error.status() == Some(409) && Instant::now() < deadline => {
                    if !self.name_becomes_free().await? {
                        return Err(error);
                    }
                    sleep(Duration::from_millis(20)).await;
                }
                answer => return answer,
            }
        }
    }

    async fn request(&self) -> Result<String, EngineError> {
        let spec = self.spec;
        let platform = spec.launch.platform.as_deref();
        self.engine
            .create_container(spec.name.as_deref(), platform, &create_request(spec))
            .await
    }

    /// Returns whether the container that has the name is gone or about to go.
    async fn name_becomes_free(&self) -> Result<bool, EngineError> {
        let Some(name) = &self.spec.name else {
            return Ok(false);
        };
        let holder = self.engine.container(name).await?;
        Ok(holder.is_none_or(|holder| {
            let ended = !holder.state.running && holder.state.status != "created";
            holder.state.status == "removing" || (holder.host_config.auto_remove && ended)
        }))
    }

    async fn no_image(&self) -> CreateError {
        let name = self.spec.image.split(':').next().unwrap_or_default();
        let similar = self.engine.image_names(name).await.unwrap_or_default();
        CreateError::NoImage {
            image: self.spec.image.clone(),
            build_line: self.chosen.build_line(),
            similar,
        }
    }

    fn refused(&self, source: EngineError) -> CreateError {
        let evidence = Evidence {
            image: self.spec.image.clone(),
            build_line: self.chosen.build_line(),
            ..Evidence::new(Setting::Engine, source.to_string())
        };
        CreateError::Engine {
            source,
            evidence: Box::new(evidence),
        }
    }
}

/// Returns whether the engine lacks the image, or has it for another platform only.
fn is_missing_image(error: &EngineError) -> bool {
    let message = error.to_string().to_lowercase();
    let texts = ["no such image", "does not match the specified platform"];
    error.status() == Some(404) && texts.iter().any(|text| message.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("No such image: x:latest", true; "none")]
    #[test_case("image with reference x was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64", true; "another platform")]
    #[test_case("network x not found", false; "something else")]
    fn images_are_missing(message: &str, missing: bool) {
        let error = EngineError::Refused {
            action: "create the container".to_owned(),
            status: 404,
            message: message.to_owned(),
        };
        assert_eq!(is_missing_image(&error), missing);
    }

    #[test]
    fn a_pull_that_breaks_off_is_explained_by_the_engines_words() {
        let error = "write /var/lib/docker/tmp/x: no space left on device".to_owned();
        let error = bollard::errors::Error::DockerStreamError { error };
        let source = EngineError::request("pull image `x`", error);
        let evidence = Box::new(Evidence::new(Setting::Engine, source.to_string()));
        let problem = Problem::from(CreateError::Engine { source, evidence });
        assert_eq!(problem.causes, ["The disk of the engine is full"]);
    }
}
