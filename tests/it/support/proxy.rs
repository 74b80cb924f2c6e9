//! A proxy on this machine: HTTP with tunnels, with or without TLS, and SOCKS on the same port.

use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// Who may use the proxy.
pub(crate) const LOGIN: (&str, &str) = ("me", "pa@ss:canary");

/// The proxy. Its thread ends with the program.
pub(crate) struct Proxy {
    /// `address:port`.
    pub(crate) address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts one, which is greeted with TLS if there is an acceptor.
    pub(crate) fn start(tls: Option<TlsAcceptor>) -> Self {
        Self::start_with(tls, None)
    }

    /// Starts one for which every name has this `address:port`.
    pub(crate) fn leading_to(address: &str) -> Self {
        Self::start_with(None, Some(address.to_owned()))
    }

    fn start_with(tls: Option<TlsAcceptor>, only: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        listener.set_nonblocking(true).expect("not blocking");
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let shared = Arc::clone(&seen);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime
                .expect("a runtime")
                .block_on(listen(listener, tls, only, shared));
        });
        Self { address, seen }
    }

    /// `SCHEME://USER:PASSWORD@HOST:PORT`, escaped.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://me:pa%40ss%3Acanary@{}", self.address)
    }

    /// Takes what was asked for: `CONNECT HOST:PORT`, `GET http://HOST:PORT/…`, `SOCKS HOST:PORT`.
    pub(crate) fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().expect("no panic"))
    }
}

type Seen = Arc<Mutex<Vec<String>>>;

async fn listen(listener: TcpListener, tls: Option<TlsAcceptor>, only: Option<String>, seen: Seen) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a port");
    while let Ok((client, _)) = listener.accept().await {
        let (tls, only, seen) = (tls.clone(), only.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            match tls {
                None => serve(client, only.as_deref(), &seen).await,
                Some(tls) => serve(tls.accept(client).await?, only.as_deref(), &seen).await,
            }
        });
    }
}

async fn serve(
    client: impl AsyncRead + AsyncWrite + Unpin,
    only: Option<&str>,
    seen: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let note = |line: String| seen.lock().expect("no panic").push(line);
    let mut client = client;
    let first = client.read_u8().await?;
    if first == 5 {
        return socks(client, note).await;
    }
    let mut head = vec![first];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let (line, headers) = head.split_once("\r\n").unwrap_or_default();
    let mut words = line.split(' ');
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    note(format!("{method} {target}"));
    if !is_allowed(headers) {
        let refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(refusal).await;
    }
    if method == "CONNECT" {
        let mut server = TcpStream::connect(only.unwrap_or(target)).await?;
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .await?;
        copy_bidirectional(&mut client, &mut server).await?;
        return Ok(());
    }
    let rest = target
        .strip_prefix("http://")
        .ok_or(io::ErrorKind::InvalidInput)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut server = TcpStream::connect(only.unwrap_or(host)).await?;
    let forwarded = format!("{method} /{path} HTTP/1.1\r\nConnection: close\r\n{headers}");
    server.write_all(forwarded.as_bytes()).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

fn is_allowed(headers: &str) -> bool {
    let (user, password) = LOGIN;
    let wanted = STANDARD.encode(format!("{user}:{password}"));
    headers.lines().any(|line| {
        let value = line
            .split_once(": ")
            .filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
        value.is_some_and(|(_, value)| value == format!("Basic {wanted}"))
    })
}

/// RFC 1928 with the login of RFC 1929; names are looked up by the proxy.
async fn socks(
    mut client: impl AsyncRead + AsyncWrite + Unpin,
    note: impl Fn(String),
) -> io::Result<()> {
    text(&mut client).await?;
    client.write_all(&[5, 2]).await?;
    client.read_u8().await?;
    let login = (text(&mut client).await?, text(&mut client).await?);
    let is_allowed = (login.0.as_str(), login.1.as_str()) == LOGIN;
    client.write_all(&[1, u8::from(!is_allowed)]).await?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    let host = match request[3] {
        1 => std::net::Ipv4Addr::from(client.read_u32().await?).to_string(),
        _ => text(&mut client).await?,
    };
    let target = format!("{host}:{}", client.read_u16().await?);
    note(format!("SOCKS {target}"));
    let mut server = TcpStream::connect(&target).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

/// A length and as many bytes.
async fn text(client: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut text = vec![0; client.read_u8().await?.into()];
    client.read_exact(&mut text).await?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
