//! Looking logins up.

use std::sync::Arc;
use std::time::Duration;

use super::error::LoginError;
use super::helper;
use super::login::Login;
use crate::docker::config::{Config, registry_key};

/// How long a credential helper may take unless said otherwise; some ask people to touch a key.
const HELPER_LIMIT: Duration = Duration::from_secs(60);

/// Where logins are looked up.
#[derive(Clone, Debug)]
pub struct Keyring {
    config: Arc<Config>,
    helper_limit: Duration,
    /// `PATH` of the helper programs, if not our own.
    path: Option<String>,
}

impl Default for Keyring {
    /// One without logins.
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Keyring {
    /// Looks logins up in docker's configuration, and asks the helpers that it names.
    pub fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            helper_limit: HELPER_LIMIT,
            path: None,
        }
    }

    /// Sets how long a helper may take.
    #[must_use]
    pub fn with_helper_limit(self, limit: Duration) -> Self {
        Self {
            helper_limit: limit,
            ..self
        }
    }

    /// Returns the login to a registry; none if there is none.
    ///
    /// As for docker, what `DOCKER_AUTH_CONFIG` has comes first, and a helper that is configured is
    /// asked alone.
    ///
    /// # Errors
    /// Fails when the login cannot be read or its helper does not do its work.
    pub async fn login(&self, host: &str) -> Result<Option<Login>, LoginError> {
        let server = registry_key(host);
        if let Some(credential) = self.config.first_credential(server) {
            return Ok(Some(credential.into()));
        }
        if let Some(suffix) = self.config.credential_helper(server) {
            let program = format!("docker-credential-{suffix}");
            let mut helper = helper::Helper::new(program, self.helper_limit);
            if let Some(path) = &self.path {
                helper = helper.with_path(path);
            }
            return helper.get(server).await;
        }
        if let Some(credential) = self.config.credential(server) {
            return Ok(Some(credential.into()));
        }
        if self.config.is_unreadable(server) {
            return Err(LoginError::Unreadable(server.to_owned()));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use test_case::test_case;

    use super::*;
    use crate::secret::Secret;

    fn keyring(text: &str) -> Keyring {
        Keyring::new(Config::parse(text).unwrap())
    }

    fn account() -> Login {
        Login::Password {
            user: "u".into(),
            password: Secret::new("p"),
        }
    }

    /// A directory with a helper `docker-credential-lab`.
    fn helper(script: &str) -> (tempfile::TempDir, Keyring) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("docker-credential-lab");
        fs_err::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let keyring = Keyring {
            path: Some(format!("{}:/usr/bin:/bin", directory.path().display())),
            ..keyring(r#"{"credsStore":"lab","auths":{"r.example":{"auth":"dTpw"}}}"#)
        };
        (directory, keyring)
    }

    fn token() -> Login {
        Login::Token(Secret::new("t"))
    }

    /// `dTpw` is `u:p`.
    const HUB: &str = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"}}}"#;

    #[test_case(r#"{"auths":{"nvcr.io/group":{"auth":"dTpw"}}}"#, "nvcr.io" => Some(account()); "a registry")]
    #[test_case(r#"{"auths":{"nvcr.io/group":{"auth":"dTpw"}}}"#, "ghcr.io" => None; "another registry")]
    #[test_case(HUB, "registry-1.docker.io" => Some(account()); "the host of docker's registry")]
    #[test_case(HUB, "docker.io" => Some(account()); "the name of docker's registry")]
    #[test_case(r#"{"auths":{"r.example":{"auth":"dTo=","identitytoken":"t"}}}"#, "r.example" => Some(token()); "a token")]
    #[test_case("{}", "nvcr.io" => None; "none")]
    #[tokio::test]
    async fn logins_of_the_file_are_found(config: &str, host: &str) -> Option<Login> {
        keyring(config).login(host).await.unwrap()
    }

    #[tokio::test]
    async fn logins_of_the_environment_come_before_a_helper() {
        let (_directory, keyring) = helper("echo '{\"Username\":\"h\",\"Secret\":\"s\"}'");
        let variable = r#"{"auths":{"https://r.example/v1/":{"auth":"dTpw"}}}"#;
        let variable = Config::parse(variable).unwrap().credentials;
        let config = Config {
            first_credentials: variable,
            ..(*keyring.config).clone()
        };
        let keyring = Keyring {
            config: Arc::new(config),
            ..keyring
        };
        assert_eq!(keyring.login("r.example").await, Ok(Some(account())));
        let of_helper = keyring.login("other.example").await.unwrap().unwrap();
        assert_ne!(of_helper, account());
    }

    #[tokio::test]
    async fn a_login_that_cannot_be_read_is_an_error_for_its_registry_only() {
        let broken = keyring(r#"{"auths":{"a":{"auth":"x"},"b":{"auth":"dTpw"}}}"#);
        assert_eq!(broken.login("b").await, Ok(Some(account())));
        let error = broken.login("a").await.unwrap_err();
        assert_eq!(error.hint("a"), "log in again: `docker login a`");
    }

    #[test_case(r#"read server; echo "{\"ServerURL\":\"$server\",\"Username\":\"$server\",\"Secret\":\"$1\"}""# => Some(Login::Password { user: "r.example".into(), password: Secret::new("get") }); "for the registry")]
    #[test_case("echo 'credentials not found in native keychain'; exit 1" => None; "alone")]
    #[test_case(r#"echo '{"Username":"<token>","Secret":"t"}'"# => Some(token()); "for a token")]
    #[tokio::test]
    async fn a_helper_is_asked(script: &str) -> Option<Login> {
        let (_directory, keyring) = helper(script);
        keyring.login("r.example").await.unwrap()
    }

    async fn failure(keyring: &Keyring) -> (String, String) {
        let error = keyring.login("r.example").await.unwrap_err();
        (error.to_string(), error.hint("r.example"))
    }

    #[test_case("echo 'the vault is locked'; exit 1" => "`docker-credential-lab get` failed: the vault is locked"; "its output")]
    #[test_case("echo 'gpg has no card' >&2; exit 2" => "`docker-credential-lab get` failed: gpg has no card"; "its errors")]
    #[test_case(r#"echo '{"Username":"u","Secret":"canary"}'; exit 1"# => "`docker-credential-lab get` ended with exit code 1"; "a login and a failure")]
    #[test_case("echo canary" => "`docker-credential-lab get` did not answer with a login"; "no login")]
    #[tokio::test]
    async fn what_a_helper_says_is_repeated_but_no_secret(script: &str) -> String {
        let (_directory, keyring) = helper(script);
        failure(&keyring).await.0
    }

    #[tokio::test]
    async fn a_helper_that_is_missing_is_named() {
        let keyring = Keyring {
            path: Some("/nonexistent".into()),
            ..keyring(r#"{"credHelpers":{"r.example":"lab"}}"#)
        };
        let (message, hint) = failure(&keyring).await;
        assert_eq!(
            message,
            "The program `docker-credential-lab` is not installed"
        );
        assert!(hint.contains("`credHelpers`"), "{hint}");
    }

    #[tokio::test]
    async fn a_helper_that_hangs_is_ended() {
        let (directory, keyring) = helper("echo $$ > \"$(dirname \"$0\")/pid\"; exec sleep 1000");
        let keyring = keyring.with_helper_limit(Duration::from_secs(2));
        let (message, _) = failure(&keyring).await;
        assert_eq!(
            message,
            "`docker-credential-lab get` gave no answer within 2.0s"
        );
        let pid = fs_err::read_to_string(directory.path().join("pid")).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        let is_gone = || fs_err::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        for _ in 0..100 {
            if is_gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the helper goes on");
    }

    #[tokio::test]
    async fn a_helper_that_talks_without_end_is_not_kept_in_memory() {
        let (_directory, keyring) = helper("exec yes");
        let (message, _) = failure(&keyring).await;
        assert!(message.starts_with("`docker-credential-lab get` failed: y; y"));
        assert!(message.len() < 400, "{message}");
    }
}
