//! Pulling images.

use bollard::auth::DockerCredentials;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::TryStreamExt as _;

use super::{Engine, EngineError};

/// Who pulls, for registries that want to know.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The account.
    pub username: String,
    /// Its password or token.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Pulls an image, and tells each line of progress.
    pub async fn pull_image(
        &self,
        reference: &str,
        platform: Option<&str>,
        credentials: Option<Credentials>,
        mut told: impl FnMut(&str),
    ) -> Result<(), EngineError> {
        let options = CreateImageOptionsBuilder::new()
            .from_image(reference)
            .platform(platform.unwrap_or_default())
            .build();
        let credentials = credentials.map(|Credentials { username, password }| DockerCredentials {
            username: Some(username),
            password: Some(password),
            ..DockerCredentials::default()
        });
        let mut progress =
            std::pin::pin!(self.api().create_image(Some(options), None, credentials));
        let failed = |source| EngineError::request(format!("pull image `{reference}`"), source);
        while let Some(step) = progress.try_next().await.map_err(failed)? {
            if let Some(status) = step.status.filter(|_| step.progress_detail.is_none()) {
                told(&status);
            }
        }
        Ok(())
    }
}
