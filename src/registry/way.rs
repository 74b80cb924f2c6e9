//! The way to a registry: straight, or through a proxy.

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use tokio_rustls::rustls::ClientConfig;
use tower::Service;

use super::proxy::{Proxy, Speech};

type Failure = Box<dyn Error + Send + Sync>;

/// Connects to what a request is for: straight, or through a proxy.
#[derive(Clone, Debug)]
pub(super) struct Way(pub(super) Option<Through>);

/// A proxy on the way, and what to say of it.
#[derive(Clone, Debug)]
pub(super) struct Through {
    pub(super) proxy: Proxy,
    pub(super) variable: String,
    /// How a proxy with TLS is greeted.
    pub(super) tls: Arc<ClientConfig>,
}

/// The proxy did not let us through.
#[derive(Debug, thiserror::Error)]
#[error("The proxy `{proxy}` (`{variable}`) does not lead there")]
pub(super) struct ProxyError {
    proxy: String,
    pub(super) variable: String,
    #[source]
    source: Failure,
}

impl Service<Uri> for Way {
    type Response = Pipe;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Pipe, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        // Connectors of hyper are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let Some(through) = self.0.clone() else {
            return Box::pin(async move { Ok(Pipe::new(connector().call(to).await?, false)) });
        };
        Box::pin(async move {
            let (proxy, variable) = (through.proxy.to_string(), through.variable.clone());
            let pipe = through.call(to).await;
            pipe.map_err(|source| {
                Failure::from(ProxyError {
                    proxy,
                    variable,
                    source,
                })
            })
        })
    }
}

impl Through {
    async fn call(self, to: Uri) -> Result<Pipe, Failure> {
        match self.proxy.speech {
            Speech::Http => self.http(connector(), to).await,
            Speech::Https => {
                let greeted = HttpsConnectorBuilder::new()
                    .with_tls_config(ClientConfig::clone(&self.tls))
                    .https_only()
                    .enable_http1()
                    .wrap_connector(connector());
                self.http(greeted, to).await
            }
            Speech::Socks => {
                let mut socks = SocksV5::new(self.proxy.address.clone(), connector());
                if let Some((user, password)) = self.proxy.user_and_password() {
                    socks = socks.with_auth(user, password);
                }
                Ok(Pipe::new(socks.call(to).await?, false))
            }
        }
    }

    /// What has TLS goes through a tunnel; the rest is asked of the proxy itself.
    async fn http<C>(self, mut connector: C, to: Uri) -> Result<Pipe, Failure>
    where
        C: Service<Uri, Response: Duplex + Unpin, Error: Into<Failure>, Future: Send + 'static>,
    {
        if to.scheme_str() != Some("https") {
            let hop = connector.call(self.proxy.address).await;
            return Ok(Pipe::new(hop.map_err(Into::into)?, true));
        }
        let authorization = self.proxy.authorization();
        let mut tunnel = Tunnel::new(self.proxy.address, connector);
        if let Some(authorization) = authorization {
            tunnel = tunnel.with_auth(authorization);
        }
        Ok(Pipe::new(tunnel.call(to).await?, false))
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector
}

/// Both directions of a connection.
trait Duplex: Read + Write + Send + 'static {}

impl<T: Read + Write + Send + 'static> Duplex for T {}

/// A connection, whatever it is made of.
pub(super) struct Pipe {
    stream: Pin<Box<dyn Duplex>>,
    /// Whether a proxy reads the requests, so that they name the registry.
    is_proxied: bool,
}

impl Pipe {
    fn new(stream: impl Duplex, is_proxied: bool) -> Self {
        let stream = Box::pin(stream);
        Self { stream, is_proxied }
    }
}

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.is_proxied)
    }
}

impl Read for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl Write for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.stream.as_mut().poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }
}
