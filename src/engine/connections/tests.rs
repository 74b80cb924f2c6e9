//! Connections are used again, and never one that is busy, closed or old.

use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use super::*;

/// A server that counts its connections.
struct Server {
    connections: Connections,
    accepted: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Server {
    /// Starts one that closes a connection after so many answers.
    fn closing_after(answers: usize) -> Self {
        Self::saying(answers, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    }

    fn saying(answers: usize, answer: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let counter = accepted.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(client, answers, answer));
            }
        });
        Self {
            connections: Connections::new(Address::Unix(path)),
            accepted,
            _folder: folder,
        }
    }

    async fn ask(&self) -> Response<Incoming> {
        let mut request = Request::new(Either::Left(Full::default()));
        *request.uri_mut() = Uri::from_static("http://localhost/version?all=1");
        self.connections.send(request).await.ok().unwrap()
    }

    async fn ask_whole(&self) {
        let body = self.ask().await.into_body().collect().await.unwrap();
        assert_eq!(body.to_bytes(), "ok");
        tokio::task::yield_now().await;
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

async fn serve(mut client: UnixStream, answers: usize, answer: &str) {
    for _ in 0..answers {
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            match client.read_u8().await {
                Ok(byte) => asked.push(byte),
                Err(_) => return,
            }
        }
        assert!(asked.starts_with(b"GET /version?all=1 HTTP/1.1\r\nhost: engine\r\n"));
        client.write_all(answer.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn one_connection_serves_requests_that_follow_each_other() {
    let server = Server::closing_after(9);
    for _ in 0..3 {
        server.ask_whole().await;
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn an_answer_that_goes_on_keeps_its_connection() {
    let server = Server::saying(9, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok");
    let (_first, _second) = (server.ask().await, server.ask().await);
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_connection_that_was_closed_is_replaced() {
    let server = Server::closing_after(1);
    for _ in 0..3 {
        server.ask_whole().await;
    }
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn an_old_connection_is_not_used() {
    let (near, _far) = tokio::io::duplex(64);
    let (sender, connection) = http1::handshake(TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    let used = Instant::now();
    let kept = Kept { sender, used };
    assert!(kept.is_good(used + KEPT / 2));
    assert!(!kept.is_good(used + KEPT));
}
