//! Pulling images.

use bollard::auth::DockerCredentials;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::TryStreamExt as _;

use super::deadline::Pace;
use super::pull_progress::PullProgress;
use super::{Engine, EngineError};
use crate::credentials::Login;
use crate::docker::reference::Reference;
use crate::secret::Secret;

/// What is heard of a pull.
#[derive(Clone, Copy, Debug)]
pub enum PullEvent<'a> {
    /// A remark of the engine, such as the digest.
    Status(&'a str),
    /// A layer went on.
    Progress(&'a PullProgress),
    /// It ended, well or not.
    Ended,
}

impl Engine {
    /// Pulls an image, `latest` of a name without a tag, and says how it goes on.
    pub async fn pull_image(
        &self,
        reference: &str,
        platform: Option<&str>,
        login: Option<&Login>,
        mut heard: impl FnMut(PullEvent<'_>),
    ) -> Result<(), EngineError> {
        let pulled = self.pull(reference, platform, login, &mut heard).await;
        heard(PullEvent::Ended);
        pulled
    }

    async fn pull(
        &self,
        reference: &str,
        platform: Option<&str>,
        login: Option<&Login>,
        heard: &mut impl FnMut(PullEvent<'_>),
    ) -> Result<(), EngineError> {
        let reference = &one_image(reference);
        let options = CreateImageOptionsBuilder::new()
            .from_image(reference)
            .platform(platform.unwrap_or_default())
            .build();
        let credentials = login.map(credentials);
        let mut progress =
            std::pin::pin!(self.api().create_image(Some(options), None, credentials));
        let failed = |source| EngineError::request(format!("pull image `{reference}`"), source);
        // What comes later takes as long as the registry does.
        let action = format!("pull image `{reference}`");
        let first = async { progress.try_next().await.map_err(failed) };
        let mut step = self.deadline().within(&action, Pace::Work, first).await?;
        let mut layers = PullProgress::default();
        while let Some(line) = step {
            let status = line.status.unwrap_or_default();
            match (line.id, line.progress_detail) {
                (Some(layer), Some(detail)) => {
                    let bytes = |count: Option<i64>| count.and_then(|count| count.try_into().ok());
                    let current = bytes(detail.current).unwrap_or_default();
                    layers.take(&layer, &status, current, bytes(detail.total));
                    heard(PullEvent::Progress(&layers));
                }
                _ if status.is_empty() => {}
                _ => heard(PullEvent::Status(&status)),
            }
            step = progress.try_next().await.map_err(failed)?;
        }
        Ok(())
    }
}

/// Writes a login as the engine passes it on.
fn credentials(login: &Login) -> DockerCredentials {
    let text = |secret: &Secret| Some(String::from_utf8_lossy(secret.expose()).into_owned());
    match login {
        Login::Password { user, password } => DockerCredentials {
            username: Some(user.clone()),
            password: text(password),
            ..DockerCredentials::default()
        },
        Login::Registry(token) => DockerCredentials {
            registrytoken: text(token),
            ..DockerCredentials::default()
        },
        Login::Token(token) => DockerCredentials {
            identitytoken: text(token),
            ..DockerCredentials::default()
        },
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
    use super::*;
    use test_case::test_case;

    #[test_case("debian", "debian:latest"; "neither")]
    #[test_case("localhost:5000/a", "localhost:5000/a:latest"; "a registry with a port")]
    #[test_case("debian:12", "debian:12"; "a tag")]
    #[test_case("Upper", "Upper"; "what the engine refuses")]
    fn one_image_is_pulled(reference: &str, pulled: &str) {
        assert_eq!(one_image(reference), pulled);
    }

    #[test]
    fn a_token_stands_for_an_account() {
        let sent = credentials(&Login::Token(Secret::new("t")));
        assert_eq!(sent.identitytoken.as_deref(), Some("t"));
        assert_eq!((sent.username, sent.password), (None, None));
    }

    #[test]
    fn a_digest_stays_alone() {
        let reference = format!("debian@sha256:{}", "a".repeat(64));
        assert_eq!(one_image(&reference), reference);
    }
}
