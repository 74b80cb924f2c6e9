//! Pulling images.

use bollard::auth::DockerCredentials;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::TryStreamExt as _;

use super::{Engine, EngineError};
use crate::docker::reference::Reference;

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
    /// Pulls an image, `latest` of a name without a tag, and tells each line of progress.
    pub async fn pull_image(
        &self,
        reference: &str,
        platform: Option<&str>,
        credentials: Option<Credentials>,
        mut told: impl FnMut(&str),
    ) -> Result<(), EngineError> {
        let reference = &one_image(reference);
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

/// Returns the reference with a tag or digest: of a name with neither, the engine pulls every tag.
fn one_image(reference: &str) -> String {
    let parsed: Result<Reference, _> = reference.parse();
    parsed.map_or_else(
        |_| reference.to_owned(),
        |reference| reference.tagged().to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::one_image;
    use test_case::test_case;

    #[test_case("debian", "debian:latest"; "neither")]
    #[test_case("localhost:5000/a", "localhost:5000/a:latest"; "a registry with a port")]
    #[test_case("debian:12", "debian:12"; "a tag")]
    #[test_case("Upper", "Upper"; "what the engine refuses")]
    fn one_image_is_pulled(reference: &str, pulled: &str) {
        assert_eq!(one_image(reference), pulled);
    }

    #[test]
    fn a_digest_stays_alone() {
        let reference = format!("debian@sha256:{}", "a".repeat(64));
        assert_eq!(one_image(&reference), reference);
    }
}
