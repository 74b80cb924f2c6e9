//! Requests to one registry.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::auth::{Answer, Challenge, basic, bearer};
use super::error::RegistryError;
use super::manifest::{ACCEPTED, Manifest};
use super::place::{InsecureRegistries, Place};
use super::tls;
use crate::credentials::{Keyring, Login};
use crate::secret::Secret;

/// Bytes of the longest answer that is read: registries take manifests of 4 MiB.
const ANSWER_LIMIT: usize = 8 << 20;

/// How long a registry may take to answer.
const LIMIT: Duration = Duration::from_secs(60);

type Http = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Registries, with the logins of docker.
#[derive(Clone, Debug)]
pub struct Registry {
    keyring: Keyring,
    insecure: InsecureRegistries,
    /// How long an answer may take.
    limit: Duration,
    /// The headers that repositories were satisfied with.
    passes: Arc<Mutex<BTreeMap<Place, Secret>>>,
}

/// What is asked of a repository.
struct Ask<'a> {
    /// As an infinitive, for errors.
    action: String,
    method: Method,
    /// Behind the repository: `manifests/latest`.
    path: String,
    place: &'a Place,
    body: Option<&'a Manifest>,
}

impl Registry {
    /// Asks with these logins; of `insecure` registries nobody wants to know who they are.
    pub fn new(keyring: Keyring, insecure: InsecureRegistries) -> Self {
        Self {
            keyring,
            insecure,
            limit: LIMIT,
            passes: Arc::default(),
        }
    }

    /// Sets how long an answer may take.
    #[cfg(test)]
    pub(super) fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
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
        let answer = self.exchange(ask, pass.as_ref()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return ask.accept(answer);
        }
        match self.pass(ask, &answer).await? {
            Some(pass) => {
                let answer = self.exchange(ask, Some(&pass)).await?;
                self.lock().insert(ask.place.clone(), pass);
                ask.accept(answer)
            }
            None => ask.accept(answer),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Place, Secret>> {
        self.passes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries TLS, and for insecure registries plain HTTP after it, as docker does.
    async fn exchange(&self, ask: &Ask<'_>, pass: Option<&Secret>) -> Result<Whole, RegistryError> {
        let is_insecure = self.insecure.contains(&ask.place.domain);
        let secure = self.exchange_over("https", ask, pass).await;
        match secure {
            Err(RegistryError::Unreachable { .. }) if is_insecure => {
                self.exchange_over("http", ask, pass).await
            }
            secure => secure,
        }
    }

    async fn exchange_over(
        &self,
        scheme: &str,
        ask: &Ask<'_>,
        pass: Option<&Secret>,
    ) -> Result<Whole, RegistryError> {
        let Place { path, .. } = ask.place;
        let uri = format!("{scheme}://{}/v2/{path}/{}", ask.place.host(), ask.path);
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(uri)
            .header(header::ACCEPT, ACCEPTED);
        if let Some(pass) = pass {
            request = request.header(header::AUTHORIZATION, pass.expose());
        }
        let body = match ask.body {
            None => Full::default(),
            Some(manifest) => {
                request = request.header(header::CONTENT_TYPE, &manifest.media_type);
                Full::new(manifest.bytes.clone())
            }
        };
        let request = request.body(body).map_err(|error| ask.failed(error))?;
        self.call(ask, request).await
    }

    async fn call(
        &self,
        ask: &Ask<'_>,
        request: Request<Full<Bytes>>,
    ) -> Result<Whole, RegistryError> {
        let http = self.http(ask)?;
        let exchange = async {
            let answer = http
                .request(request)
                .await
                .map_err(|error| ask.failed(error))?;
            Whole::read(answer).await.map_err(|error| ask.failed(error))
        };
        tokio::time::timeout(self.limit, exchange)
            .await
            .map_err(|error| ask.failed(error))?
    }

    fn http(&self, ask: &Ask<'_>) -> Result<Http, RegistryError> {
        let domain = &ask.place.domain;
        let config = tls::config(domain, self.insecure.contains(domain));
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_tls_config(config.map_err(|error| ask.failed(error))?)
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Client::builder(TokioExecutor::new()).build(connector))
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
        let answer = ask.accept(self.call(ask, request).await?)?;
        let answer: Answer =
            serde_json::from_slice(&answer.body).map_err(|error| ask.failed(error))?;
        Ok(answer.token().map(|token| bearer(&Secret::new(token))))
    }
}

/// A whole answer.
struct Whole {
    status: StatusCode,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Whole {
    async fn read(
        answer: Response<Incoming>,
    ) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, ANSWER_LIMIT).collect().await?;
        Ok(Self {
            status: parts.status,
            headers: parts.headers,
            body: body.to_bytes(),
        })
    }

    /// Returns what a registry says of a refusal, in its own words.
    fn message(&self) -> String {
        let value: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let first = value.as_ref().and_then(|value| value["errors"].get(0));
        let words = first.and_then(|first| first["message"].as_str());
        words.map_or_else(
            || {
                self.status
                    .canonical_reason()
                    .unwrap_or_default()
                    .to_owned()
            },
            str::to_owned,
        )
    }
}

impl Ask<'_> {
    fn failed(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RegistryError {
        RegistryError::Unreachable {
            action: self.action.clone(),
            place: self.place.clone(),
            source: source.into(),
        }
    }

    fn accept(&self, answer: Whole) -> Result<Whole, RegistryError> {
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(RegistryError::Refused {
            action: self.action.clone(),
            place: self.place.clone(),
            status: answer.status.as_u16(),
            message: answer.message(),
            retry_after: retry_after(&answer.headers, Timestamp::now()),
        })
    }
}

/// Reads when a registry wants to be asked again: seconds, or a date, which is compared with that of
/// the registry's own clock if it says it.
fn retry_after(headers: &http::HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let date = |text: &str| rfc2822::parse(text).ok().map(|date| date.timestamp());
    let value = text(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = text(header::DATE).and_then(date).unwrap_or(now);
    // A moment that is over is one to go on at once.
    Some(Duration::try_from(date(value)?.duration_since(now)).unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("7", None => Some(7); "seconds")]
    #[test_case("Sun, 06 Nov 1994 08:49:37 GMT", Some("Sun, 06 Nov 1994 08:49:07 GMT") => Some(30); "a date")]
    #[test_case("Sun, 06 Nov 1994 08:49:37 GMT", None => Some(37); "a date by our clock")]
    #[test_case("Sun, 06 Nov 1994 08:48:00 GMT", None => Some(0); "a date that is over")]
    #[test_case("soon", None => None; "neither")]
    fn a_registry_says_when_to_ask_again(
        value: &'static str,
        date: Option<&'static str>,
    ) -> Option<u64> {
        let mut headers = http::HeaderMap::new();
        headers.insert(header::RETRY_AFTER, http::HeaderValue::from_static(value));
        if let Some(date) = date {
            headers.insert(header::DATE, http::HeaderValue::from_static(date));
        }
        let ours = "1994-11-06T08:49:00Z".parse().unwrap();
        retry_after(&headers, ours).map(|after| after.as_secs())
    }
}
