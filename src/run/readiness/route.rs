//! Ways to the server in a container.
//!
//! A published port, or one on the host's network, is asked from here. Where there is none, or the
//! engine is elsewhere and its ports do not answer, Python in the container asks itself.

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::engine::{ContainerFacts, Engine};

/// How long one question may take; a first completion compiles and warms up.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(2);

/// Asks `METHOD URL [BODY]` and prints the status on the first line, then the body.
const ASK: &str = r#"
import sys, urllib.request as r, urllib.error as e
method, url, body = sys.argv[1:4]
q = r.Request(url, method=method, data=body.encode() or None, headers={"content-type": "application/json"})
try:
    a = r.urlopen(q, timeout=60)
except e.HTTPError as error:
    a = error
print(a.status if hasattr(a, "status") else a.code)
print(a.read().decode(errors="replace"), end="")
"#;

/// An answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
}

/// A way to the server.
#[derive(Clone, Debug)]
pub(super) enum Route {
    /// A port that can be reached from here.
    Direct { host: String, port: u16 },
    /// A command in the container.
    Inside {
        engine: Box<Engine>,
        id: String,
        port: u16,
    },
}

impl Route {
    /// Returns the ways to a port of a container, the shorter first.
    pub(super) fn all(
        engine: &Engine,
        facts: &ContainerFacts,
        port: u16,
        engine_host: &str,
    ) -> Vec<Self> {
        let direct = reachable(facts, port, engine_host);
        let direct = direct.map(|(host, port)| Self::Direct { host, port });
        let inside = Self::Inside {
            engine: Box::new(engine.clone()),
            id: facts.id.clone(),
            port,
        };
        direct.into_iter().chain([inside]).collect()
    }

    /// Asks; an error says why there was no answer.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: &str,
    ) -> Result<Answer, String> {
        let asked = async {
            match self {
                Self::Direct { host, port } => direct(host, *port, method, path, body).await,
                Self::Inside { engine, id, port } => {
                    inside(engine, id, *port, &method, path, body).await
                }
            }
        };
        timeout(PATIENCE, asked)
            .await
            .map_err(|_| "no answer".to_owned())?
    }

    /// Returns whether something listens.
    pub(super) async fn is_open(&self) -> Result<(), String> {
        match self {
            Self::Direct { host, port } => connect(host, *port).await.map(drop),
            Self::Inside { .. } => self.ask(Method::GET, "/", "").await.map(drop),
        }
    }
}

fn reachable(facts: &ContainerFacts, port: u16, engine_host: &str) -> Option<(String, u16)> {
    if facts.host_config.network_mode == "host" {
        return Some((engine_host.to_owned(), port));
    }
    let ports = facts.network_settings.ports.as_ref()?;
    let published = ports.get(&format!("{port}/tcp"))?.as_ref()?.first()?;
    let any = matches!(published.host_ip.as_str(), "" | "0.0.0.0" | "::");
    let host = if any { engine_host } else { &published.host_ip };
    Some((host.to_owned(), published.host_port.parse().ok()?))
}

async fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let connected = timeout(CONNECT, TcpStream::connect((host, port))).await;
    let connected = connected.map_err(|_| format!("{host}:{port} does not answer"))?;
    connected.map_err(|error| format!("{host}:{port}: {error}"))
}

async fn direct(
    host: &str,
    port: u16,
    method: Method,
    path: &str,
    body: &str,
) -> Result<Answer, String> {
    let stream = connect(host, port).await?;
    let told = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(told)?;
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(told)?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.map_err(told)?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status, body })
}

async fn inside(
    engine: &Engine,
    id: &str,
    port: u16,
    method: &Method,
    path: &str,
    body: &str,
) -> Result<Answer, String> {
    let url = format!("http://{}:{port}{path}", Ipv4Addr::LOCALHOST);
    let request = json!({
        "AttachStdout": true,
        "Cmd": ["python3", "-c", ASK, method.as_str(), url, body],
    });
    let told = |error: crate::engine::EngineError| error.to_string();
    let exec = engine.create_exec(id, request).await.map_err(told)?;
    let mut stream = engine.start_exec(&exec, false).await.map_err(told)?;
    let mut raw = Vec::new();
    stream
        .read_to_end(&mut raw)
        .await
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&payload(&raw)).into_owned();
    let (status, body) = text.split_once('\n').ok_or("nothing listens yet")?;
    let status = status
        .trim()
        .parse()
        .map_err(|_| "nothing listens yet".to_owned())?;
    let body = body.to_owned();
    Ok(Answer { status, body })
}

/// Takes the headers out of a multiplexed stream.
fn payload(mut raw: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    while let Some((header, rest)) = raw.split_first_chunk::<8>() {
        let [_, _, _, _, length @ ..] = *header;
        let length = (u32::from_be_bytes(length) as usize).min(rest.len());
        payload.extend(&rest[..length]);
        raw = &rest[length..];
    }
    payload
}

/// Returns the host whose ports the engine publishes: what is set, the engine's own, or this one.
pub(super) fn engine_host(engine: &Engine, set: Option<&str>) -> String {
    use crate::buildkit::transport::Address;
    match (set, engine.address()) {
        (Some(set), _) => set.to_owned(),
        (None, Address::Tcp { host, .. } | Address::Tls { host, .. }) => host.clone(),
        (None, Address::Unix(_) | Address::Command(_)) => Ipv4Addr::LOCALHOST.to_string(),
    }
}
