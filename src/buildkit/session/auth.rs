//! Registry credentials, for the engine to use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tonic::{Request, Response, Status};

use crate::buildkit::proto::filesync::auth_server::Auth;
use crate::buildkit::proto::filesync::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse,
    GetTokenAuthorityRequest, GetTokenAuthorityResponse, VerifyTokenAuthorityRequest,
    VerifyTokenAuthorityResponse,
};
use crate::credentials::{Keyring, Login, LoginError};
use crate::secret::Secret;

/// Credentials as the engine asks for them, host by host.
///
/// Engines also offer to let the client fetch tokens itself, so that passwords stay with it. We
/// decline in the way that makes them ask for the credentials; over a local socket or TLS that is
/// what `docker login` users expect.
#[derive(Clone, Debug)]
pub struct Credentials {
    keyring: Keyring,
    /// Hosts for which the look-up failed, with the reason.
    failures: Arc<Mutex<BTreeMap<String, LoginError>>>,
}

impl Credentials {
    /// Passes on what is on a keyring.
    pub fn new(keyring: Keyring) -> Self {
        Self {
            keyring,
            failures: Arc::default(),
        }
    }

    /// Returns the keyring that it passes on.
    pub const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Returns the hosts for which the look-up failed, with the reason. The engine went on without
    /// credentials there, and may have been refused for that.
    pub fn failures(&self) -> BTreeMap<String, LoginError> {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Looks the login to a registry up. A failed look-up is kept: it may be why a registry
    /// refuses.
    pub async fn login(&self, host: &str) -> Option<Login> {
        match self.keyring.login(host).await {
            Ok(login) => login,
            Err(reason) => {
                let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
                failures.insert(host.to_owned(), reason);
                None
            }
        }
    }

    async fn look_up(&self, host: &str) -> CredentialsResponse {
        answer(self.login(host).await)
    }
}

fn answer(login: Option<Login>) -> CredentialsResponse {
    let text = |secret: Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    let (username, secret) = match login {
        None => (String::new(), String::new()),
        // Without a user name, BuildKit takes the secret for a refresh token.
        Some(Login::Token(token) | Login::Registry(token)) => (String::new(), text(token)),
        Some(Login::Password { user, password }) => (user, text(password)),
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
    use crate::docker::config::Config;

    #[tokio::test]
    async fn passwords_and_tokens_are_told_apart_by_the_user_name() {
        let config = r#"{"auths":{"a":{"auth":"dTpw"},"b":{"auth":"dTo=","identitytoken":"t"}}}"#;
        let credentials = Credentials::new(Keyring::new(Config::parse(config).unwrap()));
        let mut answers = Vec::new();
        for host in ["a", "b", "c"] {
            let answer = credentials.look_up(host).await;
            answers.push((answer.username, answer.secret));
        }
        let pair = |user: &str, secret: &str| (user.to_owned(), secret.to_owned());
        assert_eq!(answers, [pair("u", "p"), pair("", "t"), pair("", "")]);
        assert!(credentials.failures().is_empty());
    }

    #[tokio::test]
    async fn a_missing_helper_is_no_credential_and_a_failure_to_tell() {
        let config = r#"{"credHelpers":{"nvcr.io":"no-such-helper"}}"#;
        let credentials = Credentials::new(Keyring::new(Config::parse(config).unwrap()));
        assert_eq!(
            credentials.look_up("nvcr.io").await,
            CredentialsResponse::default()
        );
        assert_eq!(
            credentials.failures().keys().collect::<Vec<_>>(),
            ["nvcr.io"]
        );
    }
}
