//! A socket in front of an engine's, to cut it off or to make it look newer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dynbuild::internals::dial::{Address, Endpoint};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The relay. It ends with this value.
pub(super) struct Relay {
    directory: TempDir,
    cut: CancellationToken,
    upgrades: Arc<AtomicUsize>,
}

/// What the relay does to connections.
#[derive(Clone, Copy)]
enum Manner {
    /// Nothing.
    Plain,
    /// Makes the engine look like one from Docker 29.2 on: gRPC is spoken on the socket itself,
    /// and `POST /grpc` and `POST /session` do not exist.
    Native,
}

impl Relay {
    /// Relays everything to the engine.
    pub(super) async fn to(engine: &Address) -> Self {
        Self::start(engine, Manner::Plain).await
    }

    /// Relays to the engine as if it spoke gRPC itself.
    pub(super) async fn native_to(engine: &Address) -> Self {
        Self::start(engine, Manner::Native).await
    }

    #[expect(clippy::unused_async, reason = "binding needs a runtime")]
    async fn start(engine: &Address, manner: Manner) -> Self {
        let Address::Unix(target) = engine.clone() else {
            panic!("a unix socket")
        };
        let directory = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(directory.path().join("engine.sock")).expect("a socket");
        let relay = Self {
            directory,
            cut: CancellationToken::new(),
            upgrades: Arc::default(),
        };
        let upgrades = Arc::clone(&relay.upgrades);
        let serve = async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                connections.spawn(serve(client, target.clone(), manner, Arc::clone(&upgrades)));
            }
        };
        tokio::spawn(relay.cut.clone().run_until_cancelled_owned(serve));
        relay
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::engine(Address::Unix(self.directory.path().join("engine.sock")))
    }

    /// Closes all connections and takes no more.
    pub(super) fn cut(&self) {
        self.cut.cancel();
    }

    /// How often `POST /grpc` or `POST /session` was tried.
    pub(super) fn upgrades(&self) -> usize {
        self.upgrades.load(Ordering::Relaxed)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.cut();
    }
}

async fn serve(
    mut client: UnixStream,
    target: PathBuf,
    manner: Manner,
    upgrades: Arc<AtomicUsize>,
) -> io::Result<()> {
    let mut first = [0; 4];
    client.read_exact(&mut first).await?;
    let mut engine = match (manner, &first) {
        (Manner::Plain, _) => UnixStream::connect(&target).await?,
        // The preface of HTTP/2 (`PRI * HTTP/2.0`).
        (Manner::Native, b"PRI ") => grpc(&target).await?,
        (Manner::Native, b"GET ") => return say_version(&mut client).await,
        (Manner::Native, _) => {
            upgrades.fetch_add(1, Ordering::Relaxed);
            return client
                .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                .await;
        }
    };
    engine.write_all(&first).await?;
    copy_bidirectional(&mut client, &mut engine).await?;
    Ok(())
}

async fn say_version(client: &mut UnixStream) -> io::Result<()> {
    let answer = "HTTP/1.1 200 OK\r\nApi-Version: 1.53\r\nServer: Docker/29.2.0 (linux)\r\n\
                  Content-Length: 2\r\n\r\nOK";
    client.write_all(answer.as_bytes()).await?;
    client.shutdown().await
}

/// Opens the engine's gRPC in the old way.
async fn grpc(target: &Path) -> io::Result<UnixStream> {
    let mut engine = UnixStream::connect(target).await?;
    let request =
        "POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    engine.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(engine.read_u8().await?);
    }
    assert!(
        head.starts_with(b"HTTP/1.1 101 "),
        "{}",
        String::from_utf8_lossy(&head)
    );
    Ok(engine)
}
