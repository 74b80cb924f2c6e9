//! Registry credentials, from docker's configuration file and its credential helpers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use tonic::{Request, Response, Status};

use crate::buildkit::proto::filesync::auth_server::Auth;
use crate::buildkit::proto::filesync::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse,
    GetTokenAuthorityRequest, GetTokenAuthorityResponse, VerifyTokenAuthorityRequest,
    VerifyTokenAuthorityResponse,
};
use crate::secret::Secret;

/// How long a credential helper may take; some ask people to touch a key.
const HELPER_LIMIT: Duration = Duration::from_secs(60);

/// Credentials as the engine asks for them, host by host.
///
/// Engines also offer to let the client fetch tokens itself, so that passwords stay with it. We
/// decline in the way that makes them ask for the credentials; over a local socket or TLS that is
/// what `docker login` users expect.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The text of docker's `config.json`.
    config: Arc<Secret>,
    /// Hosts for which the look-up failed, with the reason.
    failures: Arc<Mutex<BTreeMap<String, String>>>,
}

impl Credentials {
    /// Looks credentials up in the text of docker's `config.json`.
    pub fn new(config: Secret) -> Self {
        Self {
            config: Arc::new(config),
            failures: Arc::default(),
        }
    }

    /// Returns the hosts for which the look-up failed, with the reason. The engine went on without
    /// credentials there, and may have been refused for that.
    pub fn failures(&self) -> BTreeMap<String, String> {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn look_up(&self, host: &str) -> CredentialsResponse {
        if self.config.is_empty() {
            return CredentialsResponse::default();
        }
        match self.ask(host).await {
            Ok(credential) => answer(credential),
            Err(reason) => {
                let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
                failures.insert(host.to_owned(), reason);
                CredentialsResponse::default()
            }
        }
    }

    /// Returns no credential where none is configured.
    async fn ask(&self, host: &str) -> Result<Option<DockerCredential>, String> {
        let config = Arc::clone(&self.config);
        let server = server(host).to_owned();
        let look_up = tokio::task::spawn_blocking(move || {
            docker_credential::get_credential_from_reader(config.expose(), &server)
        });
        let answer = tokio::time::timeout(HELPER_LIMIT, look_up).await;
        let answer = answer.map_err(|_| "the credential helper does not answer".to_owned())?;
        match answer.map_err(|error| error.to_string())? {
            Ok(credential) => Ok(Some(credential)),
            Err(CredentialRetrievalError::NoCredentialConfigured) => Ok(None),
            Err(error) if is_not_found(&error) => Ok(None),
            Err(error) => Err(describe(&error)),
        }
    }
}

/// Docker keeps the credentials of its own registry under an address of its past.
fn server(host: &str) -> &str {
    match host {
        "registry-1.docker.io" | "docker.io" => "https://index.docker.io/v1/",
        _ => host,
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

fn answer(credential: Option<DockerCredential>) -> CredentialsResponse {
    let (username, secret) = match credential {
        None => (String::new(), String::new()),
        // Without a user name, BuildKit takes the secret for a refresh token.
        Some(DockerCredential::IdentityToken(token)) => (String::new(), token),
        Some(DockerCredential::UsernamePassword(username, password)) => (username, password),
    };
    CredentialsResponse { username, secret }
}

#[tonic::async_trait]
impl Auth for Credentials {
    async fn credentials(
        &self,
        request: Request<CredentialsRequest>,
    ) -> Result<Response<CredentialsResponse>, Status> {
        Ok(Response::new(self.look_up(&request.get_ref().host).await))
    }

    async fn fetch_token(
        &self,
        _: Request<FetchTokenRequest>,
    ) -> Result<Response<FetchTokenResponse>, Status> {
        Err(Status::unimplemented("tokens are fetched by the engine"))
    }

    async fn get_token_authority(
        &self,
        _: Request<GetTokenAuthorityRequest>,
    ) -> Result<Response<GetTokenAuthorityResponse>, Status> {
        // This code, and no other, sends the engine on to `credentials`.
        Err(Status::unavailable("client side tokens disabled"))
    }

    async fn verify_token_authority(
        &self,
        _: Request<VerifyTokenAuthorityRequest>,
    ) -> Result<Response<VerifyTokenAuthorityResponse>, Status> {
        Err(Status::unavailable("client side tokens disabled"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn look_up(config: &str, host: &str) -> (String, String) {
        let answer = Credentials::new(Secret::new(config)).look_up(host).await;
        (answer.username, answer.secret)
    }

    #[tokio::test]
    async fn the_answers_of_docker_config_files() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        // `dTpw` is `u:p`.
        let plain = r#"{"auths":{"nvcr.io":{"auth":"dTpw"}}}"#;
        assert_eq!(look_up(plain, "nvcr.io").await, pair("u", "p"));
        assert_eq!(look_up(plain, "ghcr.io").await, pair("", ""));
        let hub = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"}}}"#;
        assert_eq!(look_up(hub, "registry-1.docker.io").await, pair("u", "p"));
        let token = r#"{"auths":{"r.example":{"auth":"dTo=","identitytoken":"t"}}}"#;
        assert_eq!(look_up(token, "r.example").await, pair("", "t"));
        assert_eq!(look_up("", "nvcr.io").await, pair("", ""));
    }

    #[tokio::test]
    async fn a_missing_helper_is_no_credential_and_a_failure_to_tell() {
        let config = r#"{"credHelpers":{"nvcr.io":"no-such-helper"}}"#;
        let credentials = Credentials::new(Secret::new(config));
        assert_eq!(
            credentials.look_up("nvcr.io").await,
            CredentialsResponse::default()
        );
        assert_eq!(
            credentials.failures().keys().collect::<Vec<_>>(),
            ["nvcr.io"]
        );
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
