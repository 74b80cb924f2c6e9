//! How a request gets to a registry: over TLS or, where that is allowed, without; straight or through
//! a proxy.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Uri, header};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::ask::{Ask, Whole};
use super::error::RegistryError;
use super::manifest::ACCEPTED;
use super::place::{InsecureRegistries, Place};
use super::proxies::Proxies;
use super::proxy::Proxy;
use super::tls;
use super::way::{Through, Way};
use crate::secret::Secret;

type Http = Client<HttpsConnector<Way>, Full<Bytes>>;

/// A variable that is no address of a proxy.
#[derive(Debug, thiserror::Error)]
#[error("The environment variable `{0}` is no address of a proxy")]
pub(super) struct InvalidProxy(pub(super) String);

/// What is known of the ways to registries.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    pub(super) insecure: InsecureRegistries,
    pub(super) proxies: Proxies,
    /// How long an answer may take.
    pub(super) limit: Duration,
}

impl Transport {
    /// Tries TLS, and for insecure registries plain HTTP after it, as docker does.
    pub(super) async fn exchange(
        &self,
        ask: &Ask<'_>,
        pass: Option<&Secret>,
    ) -> Result<Whole, RegistryError> {
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

    /// Sends a request on behalf of `ask`, to its registry or to the server of its tokens.
    pub(super) async fn call(
        &self,
        ask: &Ask<'_>,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Whole, RegistryError> {
        let proxy = self
            .proxy(request.uri())
            .map_err(|error| ask.failed(error))?;
        // A tunnel is asked for with the same header by the connector.
        if request.uri().scheme_str() == Some("http")
            && let Some(value) = proxy.and_then(|(_, proxy)| proxy.authorization())
        {
            request
                .headers_mut()
                .insert(header::PROXY_AUTHORIZATION, value);
        }
        let http = self.http(&ask.place.domain, proxy);
        let http = http.map_err(|error| ask.failed(error))?;
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

    /// Returns the proxy on the way to an address, and the variable that names it.
    fn proxy(&self, to: &Uri) -> Result<Option<(&str, &Proxy)>, InvalidProxy> {
        let Some(named) = self.proxies.way_to(to) else {
            return Ok(None);
        };
        match &named.proxy {
            Some(proxy) => Ok(Some((&named.variable, proxy))),
            None => Err(InvalidProxy(named.variable.clone())),
        }
    }

    fn http(&self, domain: &str, proxy: Option<(&str, &Proxy)>) -> io::Result<Http> {
        let way = match proxy {
            None => None,
            Some((variable, proxy)) => Some(Through {
                proxy: proxy.clone(),
                variable: variable.to_owned(),
                tls: Arc::new(tls::of_proxies()?),
            }),
        };
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::config(domain, self.insecure.contains(domain))?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Way(way));
        Ok(Client::builder(TokioExecutor::new()).build(connector))
    }
}
