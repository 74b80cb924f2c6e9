//! Logins to registries, from docker's configuration file and its credential helpers.

use std::time::Duration;

use docker_credential::{CredentialRetrievalError, DockerCredential};

use crate::secret::Secret;

/// How long a credential helper may take; some ask people to touch a key.
const HELPER_LIMIT: Duration = Duration::from_secs(60);

/// A login to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// An account and its password.
    Password {
        /// The account.
        user: String,
        /// Its password.
        password: Secret,
    },
    /// A token that stands for both (`identitytoken`).
    Token(Secret),
}

/// Looks the login to a registry up in the text of docker's `config.json`, or asks the helper that
/// it names. Without one, there is none.
///
/// # Errors
/// Fails with the reason when the text is wrong or the helper does not do its work.
pub async fn login(config: &Secret, host: &str) -> Result<Option<Login>, String> {
    if config.is_empty() {
        return Ok(None);
    }
    let (config, server) = (config.clone(), server(host).to_owned());
    let look_up = tokio::task::spawn_blocking(move || {
        docker_credential::get_credential_from_reader(config.expose(), &server)
    });
    let answer = tokio::time::timeout(HELPER_LIMIT, look_up).await;
    let answer = answer.map_err(|_| "the credential helper does not answer".to_owned())?;
    match answer.map_err(|error| error.to_string())? {
        Ok(credential) => Ok(Some(credential.into())),
        Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(describe(&error)),
    }
}

impl From<DockerCredential> for Login {
    fn from(credential: DockerCredential) -> Self {
        match credential {
            DockerCredential::IdentityToken(token) => Self::Token(Secret::new(token)),
            DockerCredential::UsernamePassword(user, password) => Self::Password {
                user,
                password: Secret::new(password),
            },
        }
    }
}

/// Docker keeps the credentials of its own registry under an address of its past.
fn server(host: &str) -> &str {
    if is_dockers_own(host) {
        "https://index.docker.io/v1/"
    } else {
        host
    }
}

fn is_dockers_own(host: &str) -> bool {
    matches!(host, "registry-1.docker.io" | "docker.io")
}

/// Returns the command that logs in at a registry. With its host, docker would keep the
/// credentials of its own registry where nothing looks for them.
pub fn login_command(host: &str) -> String {
    if is_dockers_own(host) {
        "docker login".to_owned()
    } else {
        format!("docker login {host}")
    }
}

/// Helpers say in words that they know nothing, and fail.
fn is_not_found(error: &CredentialRetrievalError) -> bool {
    let CredentialRetrievalError::HelperFailure { stdout, stderr, .. } = error else {
        return false;
    };
    [stdout, stderr]
        .iter()
        .any(|text| text.contains("credentials not found"))
}

/// Leaves out what a failing helper wrote to its standard output: it may hold a secret.
fn describe(error: &CredentialRetrievalError) -> String {
    match error {
        CredentialRetrievalError::HelperFailure { helper, stderr, .. } => {
            format!("`{helper} get` failed: {}", stderr.trim())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn look_up(config: &str, host: &str) -> Option<Login> {
        login(&Secret::new(config), host).await.unwrap()
    }

    #[tokio::test]
    async fn the_answers_of_docker_config_files() {
        let account = Some(Login::Password {
            user: "u".into(),
            password: Secret::new("p"),
        });
        // `dTpw` is `u:p`.
        let plain = r#"{"auths":{"nvcr.io":{"auth":"dTpw"}}}"#;
        assert_eq!(look_up(plain, "nvcr.io").await, account);
        assert_eq!(look_up(plain, "ghcr.io").await, None);
        let hub = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"}}}"#;
        assert_eq!(look_up(hub, "registry-1.docker.io").await, account);
        let token = r#"{"auths":{"r.example":{"auth":"dTo=","identitytoken":"t"}}}"#;
        let token = look_up(token, "r.example").await;
        assert_eq!(token, Some(Login::Token(Secret::new("t"))));
        assert_eq!(look_up("", "nvcr.io").await, None);
    }

    #[test]
    fn what_a_failing_helper_prints_is_not_repeated() {
        let error = CredentialRetrievalError::HelperFailure {
            helper: "docker-credential-x".into(),
            stdout: "hunter2".into(),
            stderr: "locked\n".into(),
        };
        assert_eq!(describe(&error), "`docker-credential-x get` failed: locked");
    }
}
