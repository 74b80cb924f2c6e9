//! Opening a byte stream to an address.

use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};

use super::address::Address;
use super::command::CommandStream;
use super::error::ConnectError;
use super::stream::{BoxedStream, Protocol};
use super::tls;

/// How long a connection may take to come up; remote machines answer within this or are away.
const DIAL_TIMEOUT: Duration = Duration::from_secs(20);

impl Address {
    /// Opens a byte stream that speaks HTTP/1.1, for the Engine API.
    pub(crate) async fn dial_http(&self) -> Result<BoxedStream, ConnectError> {
        self.dial(Protocol::Http1).await
    }

    /// Opens a byte stream.
    pub(crate) async fn dial(&self, protocol: Protocol) -> Result<BoxedStream, ConnectError> {
        tokio::time::timeout(DIAL_TIMEOUT, self.dial_without_limit(protocol))
            .await
            .map_err(|_| ConnectError::TimedOut {
                address: self.clone(),
                limit: DIAL_TIMEOUT,
            })?
    }

    async fn dial_without_limit(&self, protocol: Protocol) -> Result<BoxedStream, ConnectError> {
        match self {
            Self::Unix(path) => self.dial_unix(path).await,
            Self::Tcp { host, port } => Ok(Box::new(self.dial_tcp(host, *port).await?)),
            Self::Tls { host, port, files } => {
                let stream = self.dial_tcp(host, *port).await?;
                tls::handshake(self, stream, host, files, protocol).await
            }
            Self::Command(line) => CommandStream::start(line)
                .map(|stream| Box::new(stream) as BoxedStream)
                .map_err(|source| ConnectError::Command {
                    line: line.clone(),
                    source,
                }),
            Self::Proxied { proxy, headers: _ } => {
                Box::pin(proxy.dial_without_limit(protocol)).await
            }
        }
    }

    async fn dial_unix(&self, path: &Path) -> Result<BoxedStream, ConnectError> {
        let stream = UnixStream::connect(path).await;
        Ok(Box::new(
            stream.map_err(|source| ConnectError::dial(self, source))?,
        ))
    }

    async fn dial_tcp(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let failed = |source| ConnectError::dial(self, source);
        let stream = TcpStream::connect((host, port)).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        notice_loss(&stream).map_err(|error| failed(error.into()))?;
        Ok(stream)
    }
}

/// Makes the kernel find out within half a minute that the other machine is gone.
///
/// HTTP/2 pings would do it too, but gRPC servers of the Go kind (`buildkitd`) end connections
/// whose clients ping more often than every five minutes.
fn notice_loss(stream: &TcpStream) -> rustix::io::Result<()> {
    use rustix::net::sockopt;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, Duration::from_secs(10))?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(5))?;
    sockopt::set_tcp_keepcnt(stream, 3)?;
    sockopt::set_tcp_user_timeout(stream, 30_000)
}
