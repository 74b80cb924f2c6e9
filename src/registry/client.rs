//! Requests to one registry.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use http_body_util::Full;

use super::ask::{Ask, Whole};
use super::auth::{Answer, Challenge, basic, bearer};
use super::error::RegistryError;
use super::manifest::Manifest;
use super::place::{InsecureRegistries, Place};
use super::proxies::Proxies;
use super::transport::Transport;
use crate::credentials::{Keyring, Login};
use crate::secret::Secret;

/// How long a registry may take to answer.
const LIMIT: Duration = Duration::from_secs(60);

/// Registries, with the logins of docker.
#[derive(Clone, Debug)]
pub struct Registry {
    keyring: Keyring,
    transport: Transport,
    /// The headers that repositories were satisfied with.
    passes: Arc<Mutex<BTreeMap<Place, Secret>>>,
}

impl Registry {
    /// Asks with these logins, through these proxies; of `insecure` registries nobody wants to know
    /// who they are.
    pub fn new(keyring: Keyring, insecure: InsecureRegistries, proxies: Proxies) -> Self {
        Self {
            keyring,
            transport: Transport {
                insecure,
                proxies,
                limit: LIMIT,
            },
            passes: Arc::default(),
        }
    }

    /// Sets how long an answer may take.
    #[cfg(test)]
    pub(super) fn with_limit(mut self, limit: Duration) -> Self {
        self.transport.limit = limit;
        self
    }

    /// Returns what a name or a digest stands for, if it is known.
    ///
    /// # Errors
    /// Fails when the registry cannot be asked, or refuses.
    pub async fn manifest(
        &self,
        place: &Place,
        reference: &str,
    ) -> Result<Option<Manifest>, RegistryError> {
        let answer = self
            .send(&Ask {
                action: format!("read `{}/{}:{reference}`", place.domain, place.path),
                method: Method::GET,
                path: format!("manifests/{reference}"),
                place,
                body: None,
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(RegistryError::Refused { status: 404, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let media_type = answer.headers.get(header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok());
        Ok(Some(Manifest {
            media_type: media_type.unwrap_or_default().to_owned(),
            bytes: answer.body,
        }))
    }

    /// Makes a name stand for a manifest whose parts the repository has, or stores it by its digest.
    ///
    /// # Errors
    /// Fails when the registry cannot be asked, or refuses.
    pub async fn put(
        &self,
        place: &Place,
        reference: &str,
        manifest: &Manifest,
    ) -> Result<(), RegistryError> {
        self.send(&Ask {
            action: format!("put the name `{}/{}:{reference}`", place.domain, place.path),
            method: Method::PUT,
            path: format!("manifests/{reference}"),
            place,
            body: Some(manifest),
        })
        .await
        .map(|_| ())
    }

    /// Takes a name away. Many registries do not know how.
    ///
    /// # Errors
    /// Fails when the registry cannot be asked, or refuses.
    pub async fn delete(&self, place: &Place, tag: &str) -> Result<(), RegistryError> {
        self.send(&Ask {
            action: format!("take the name `{}/{}:{tag}` away", place.domain, place.path),
            method: Method::DELETE,
            path: format!("manifests/{tag}"),
            place,
            body: None,
        })
        .await
        .map(|_| ())
    }

    /// Finds out whether the registry answers, and whether it takes the login.
    ///
    /// # Errors
    /// Fails when it does not.
    pub async fn check(&self, place: &Place) -> Result<(), RegistryError> {
        let ask = Ask {
            action: format!("find the repository `{}`", place.path),
            method: Method::GET,
            path: "tags/list?n=1".to_owned(),
            place,
            body: None,
        };
        match self.send(&ask).await {
            Ok(_) | Err(RegistryError::Refused { status: 404, .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn send(&self, ask: &Ask<'_>) -> Result<Whole, RegistryError> {
        let pass = self.lock().get(ask.place).cloned();
        let answer = self.transport.exchange(ask, pass.as_ref()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return ask.accept(answer);
        }
        match self.pass(ask, &answer).await? {
            Some(pass) => {
                let answer = self.transport.exchange(ask, Some(&pass)).await?;
                self.lock().insert(ask.place.clone(), pass);
                ask.accept(answer)
            }
            None => ask.accept(answer),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Place, Secret>> {
        self.passes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the header that a registry's challenge wants.
    async fn pass(&self, ask: &Ask<'_>, answer: &Whole) -> Result<Option<Secret>, RegistryError> {
        let challenges = answer.headers.get_all(header::WWW_AUTHENTICATE).iter();
        let mut challenges = challenges.filter_map(|value| Challenge::parse(value.to_str().ok()?));
        let login = self.keyring.login(&ask.place.domain).await;
        let login = login.map_err(|source| RegistryError::Login {
            place: ask.place.clone(),
            source,
        })?;
        match challenges.next() {
            Some(Challenge::Basic) => Ok(login.as_ref().and_then(basic)),
            Some(Challenge::Bearer {
                realm,
                service,
                scope: _,
            }) => {
                if let Some(Login::Registry(token)) = &login {
                    return Ok(Some(bearer(token)));
                }
                let service = service.unwrap_or_default();
                self.token(ask, &realm, &service, login.as_ref()).await
            }
            None => Ok(None),
        }
    }

    /// Asks the server of tokens: with a password as docker does, with a token as `OAuth2` does.
    async fn token(
        &self,
        ask: &Ask<'_>,
        realm: &str,
        service: &str,
        login: Option<&Login>,
    ) -> Result<Option<Secret>, RegistryError> {
        let scope = format!("repository:{}:pull,push", ask.place.path);
        let query = |pairs: &[(&str, &[u8])]| {
            let pairs = pairs.iter();
            let pairs = pairs.map(|(name, value)| format!("{name}={}", escaped(value)));
            pairs.collect::<Vec<_>>().join("&")
        };
        let named = [("service", service.as_bytes()), ("scope", scope.as_bytes())];
        let request = if let Some(Login::Token(token)) = login {
            let more: [(&str, &[u8]); 3] = [
                ("grant_type", b"refresh_token"),
                ("client_id", b"dynbuild"),
                ("refresh_token", token.expose()),
            ];
            Request::post(realm)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Full::from(query(&[&named[..], &more].concat())))
        } else {
            let separator = if realm.contains('?') { '&' } else { '?' };
            let mut request = Request::get(format!("{realm}{separator}{}", query(&named)));
            if let Some(pass) = login.and_then(basic) {
                request = request.header(header::AUTHORIZATION, pass.expose());
            }
            request.body(Full::default())
        };
        let request = request.map_err(|error| ask.failed(error))?;
        let answer = ask.accept(self.transport.call(ask, request).await?)?;
        let answer: Answer =
            serde_json::from_slice(&answer.body).map_err(|error| ask.failed(error))?;
        Ok(answer.token().map(|token| bearer(&Secret::new(token))))
    }
}

fn escaped(value: &[u8]) -> String {
    let escape = |byte: &u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            char::from(*byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    value.iter().map(escape).collect()
}
