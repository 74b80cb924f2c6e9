//! Ways to the server in a container.
//!
//! A published port, or one on the host's network, is asked from here, as a client would. Where
//! there is none, or it is not known where the engine publishes, the container asks itself.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::{ANSWER_LIMIT, Answer, USER_AGENT};
use super::inside::{Question, ask};
use crate::dial::Address;
use crate::docker::host::before_port;
use crate::engine::{ContainerFacts, Engine};

/// How long one answer may take; a first completion compiles and warms up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Where a server listens that says nothing else.
pub(crate) const LOOPBACK: &str = "127.0.0.1";

/// How long a connection has to stay open. Docker's proxy takes connections for every published port,
/// and closes those at once for which nobody listens in the container.
const STAYS_OPEN: Duration = Duration::from_millis(300);

/// A way to the server.
#[derive(Clone, Debug)]
pub(crate) enum Route {
    /// A port that can be reached from here.
    Direct { host: String, port: u16 },
    /// A command in the container.
    Inside {
        engine: Box<Engine>,
        id: String,
        /// Its address in a network of the engine.
        address: Option<String>,
        /// Whom it asks: itself, or another machine.
        host: String,
        port: u16,
    },
}

fn url(host: &str, port: u16) -> String {
    format!("http://{}:{port}", before_port(host))
}

impl Route {
    pub(crate) fn direct(host: &str, port: u16) -> Self {
        let host = host.to_owned();
        Self::Direct { host, port }
    }

    /// Returns the way to the server of a container that itself goes; `host` is where that listens.
    pub(crate) fn inside(engine: &Engine, facts: &ContainerFacts, host: &str, port: u16) -> Self {
        let networks = facts.network_settings.networks.values();
        let mut addresses = networks.map(|network| network.ip_address.clone());
        Self::Inside {
            engine: Box::new(engine.clone()),
            id: facts.id.clone(),
            address: addresses.find(|address| !address.is_empty()),
            host: host.to_owned(),
            port,
        }
    }

    /// Returns the way to a server of another machine that a container goes.
    pub(crate) fn through(engine: &Engine, container: &str, host: &str, port: u16) -> Self {
        Self::Inside {
            engine: Box::new(engine.clone()),
            id: container.to_owned(),
            address: None,
            host: host.to_owned(),
            port,
        }
    }

    /// Returns where the server is, as a client would write it.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Direct { host, port } => url(host, *port),
            Self::Inside { address, port, .. } => match address {
                Some(address) => format!(
                    "{} (for containers of its network; publish it for others: `-p {port}:{port}`)",
                    url(address, *port)
                ),
                None => format!("port {port}, asked from inside the container"),
            },
        }
    }

    /// Asks; an error says why there was no answer.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: &str,
    ) -> Result<Answer, String> {
        let asked = async {
            match self {
                Self::Direct { host, port } => direct(host, *port, method, path, body).await,
                Self::Inside {
                    engine,
                    id,
                    host,
                    port,
                    ..
                } => {
                    let port = *port;
                    let question = Question {
                        host,
                        port,
                        method,
                        path,
                        body,
                    };
                    ask(engine, id, &question).await
                }
            }
        };
        timeout(ANSWER_TIMEOUT, asked)
            .await
            .map_err(|_| "no answer".to_owned())?
    }

    /// Returns whether something listens.
    pub(super) async fn is_open(&self) -> Result<(), String> {
        match self {
            Self::Direct { host, port } => stays_open(connect(host, *port).await?).await,
            Self::Inside { .. } => self.ask(Method::GET, "/", "").await.map(drop),
        }
    }
}

/// Where the ports that the engine publishes may be reached, the likely places first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    hosts: Vec<String>,
    /// Whether the engine's loopback is ours.
    is_here: bool,
}

/// Returns the places at which a port of a container should be reached from here.
pub(crate) fn reachable(
    facts: &ContainerFacts,
    (own, port): (&str, u16),
    places: &Places,
) -> Vec<(String, u16)> {
    let at = |port: u16| {
        places
            .hosts
            .iter()
            .map(move |host| (host.clone(), port))
            .collect()
    };
    let from_here = |address: IpAddr| places.is_here || !address.is_loopback();
    if facts.host_config.network_mode == "host" {
        return match own.parse::<IpAddr>() {
            Ok(address) if own != LOOPBACK => {
                let there = (own.to_owned(), port);
                from_here(address).then_some(there).into_iter().collect()
            }
            Ok(_) | Err(_) => at(port),
        };
    }
    let ports = facts.network_settings.ports.as_ref();
    let published = ports.and_then(|ports| ports.get(&format!("{port}/tcp"))?.as_ref()?.first());
    let Some((published, outside)) =
        published.zip(published.and_then(|published| published.host_port.parse().ok()))
    else {
        return Vec::new();
    };
    match published.host_ip.parse::<IpAddr>() {
        Ok(address) if !from_here(address) => Vec::new(),
        Ok(address) if !address.is_unspecified() => vec![(published.host_ip.clone(), outside)],
        Ok(_) | Err(_) => at(outside),
    }
}

/// Returns whether the other side keeps a connection, or says something.
async fn stays_open(mut stream: TcpStream) -> Result<(), String> {
    let closed = || "the connection is closed at once".to_owned();
    match timeout(STAYS_OPEN, stream.read_u8()).await {
        Ok(said) => said.map(drop).map_err(|_| closed()),
        Err(_) => Ok(()),
    }
}

pub(crate) async fn connect(host: &str, port: u16) -> Result<TcpStream, String> {
    let connected = timeout(CONNECT_TIMEOUT, TcpStream::connect((host, port))).await;
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
    let reason = |error: hyper::Error| error.to_string();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(reason)?;
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, before_port(host))
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .map_err(|error| error.to_string())?;
    let answer = sender.send_request(request).await.map_err(reason)?;
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), ANSWER_LIMIT)
        .collect()
        .await;
    let body = body.map_err(|error| error.to_string())?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status, body })
}

impl Places {
    /// Returns where the engine's ports may be: where `set` says, at the engine's own address, or
    /// on this machine. Of an engine behind a program such as ssh it is not known.
    pub(crate) fn of(engine: &Engine, set: Option<&str>) -> Self {
        Self::new(engine.address(), set, || engine.own_addresses())
    }

    fn new(address: &Address, set: Option<&str>, own: impl FnOnce() -> Vec<Ipv4Addr>) -> Self {
        let (hosts, is_here) = match (set, address) {
            // Whoever sets it may have brought the engine's loopback here.
            (Some(set), _) => (vec![set.to_owned()], true),
            (None, Address::Tcp { host, .. } | Address::Tls { host, .. }) => {
                (vec![host.clone()], false)
            }
            // One on this machine may have a network of its own.
            (None, Address::Unix(_)) => {
                let addresses = [Ipv4Addr::LOCALHOST].into_iter().chain(own());
                (addresses.map(|address| address.to_string()).collect(), true)
            }
            (None, Address::Command(_)) => (Vec::new(), false),
            (None, Address::Proxied { proxy, headers: _ }) => return Self::new(proxy, set, own),
        };
        Self { hosts, is_here }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use test_case::test_case;

    /// Where a port is asked, as `HOST:PORT`; nothing if only from inside.
    fn asked(
        engine: &str,
        set: Option<&str>,
        (network, own): (&str, &str),
        ports: &Value,
    ) -> Option<String> {
        let address = match engine {
            "unix" => Address::Unix("/run/docker.sock".into()),
            "ssh" => Address::Command(vec!["ssh".to_owned()]),
            host => Address::Tcp {
                host: host.to_owned(),
                port: 2375,
            },
        };
        let facts = json!({
            "Id": "0".repeat(64), "Name": "/c1", "State": {}, "Config": {},
            "HostConfig": {"NetworkMode": network},
            "NetworkSettings": {"Ports": ports},
        });
        let facts = serde_json::from_value(facts).unwrap();
        let places = Places::new(&address, set, Vec::new);
        let (host, port) = reachable(&facts, (own, 8000), &places).into_iter().next()?;
        Some(format!("{host}:{port}"))
    }

    #[test_case("unix", None, LOOPBACK, Some("127.0.0.1:8000"); "this machine")]
    #[test_case("unix", None, "10.1.2.3", Some("10.1.2.3:8000"); "an address of this machine")]
    #[test_case("unix", None, "::1", Some("::1:8000"); "the other loopback of this machine")]
    #[test_case("gpu", None, LOOPBACK, Some("gpu:8000"); "tcp")]
    #[test_case("gpu", None, "10.1.2.3", Some("10.1.2.3:8000"); "an address of another machine")]
    #[test_case("gpu", None, "::1", None; "the other loopback of another machine")]
    #[test_case("ssh", None, LOOPBACK, None; "ssh")]
    #[test_case("ssh", Some("gpu"), LOOPBACK, Some("gpu:8000"); "ssh to a machine that is named")]
    fn the_hosts_network_is_that_of_the_engine(
        engine: &str,
        set: Option<&str>,
        own: &str,
        expected: Option<&str>,
    ) {
        let asked = asked(engine, set, ("host", own), &Value::Null);
        assert_eq!(asked.as_deref(), expected);
    }

    #[test_case("unix", None, "0.0.0.0", Some("127.0.0.1:9000"); "published here")]
    #[test_case("unix", None, "127.0.0.1", Some("127.0.0.1:9000"); "published on our loopback")]
    #[test_case("gpu", None, "::", Some("gpu:9000"); "published elsewhere")]
    #[test_case("gpu", None, "127.0.0.1", None; "published on the loopback of another machine")]
    #[test_case("gpu", Some("localhost"), "127.0.0.1", Some("127.0.0.1:9000"); "which is brought here")]
    #[test_case("gpu", None, "10.1.2.3", Some("10.1.2.3:9000"); "published on an address")]
    fn published_ports_are_those_of_the_engine(
        engine: &str,
        set: Option<&str>,
        address: &str,
        expected: Option<&str>,
    ) {
        let ports = json!({"8000/tcp": [{"HostIp": address, "HostPort": "9000"}]});
        let asked = asked(engine, set, ("bridge", LOOPBACK), &ports);
        assert_eq!(asked.as_deref(), expected);
    }
}
