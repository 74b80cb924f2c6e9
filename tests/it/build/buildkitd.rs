//! The BuildKit of a test engine, reached in the ways in which a `buildkitd` is.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use tokio::io::copy_bidirectional;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::sample::Sample;
use crate::support::engines::Engine;

/// A socket that speaks as a `buildkitd` does. Its threads end with the program.
pub(super) struct Buildkitd {
    socket: PathBuf,
}

/// What `buildctl dial-stdio` does: standard input and output are the connection.
const DIAL_STDIO: &str = r#"#!/usr/bin/env python3
import os, socket, sys, threading
if sys.argv[1:] != ["dial-stdio"]:
    sys.exit("buildctl: " + " ".join(sys.argv[1:]))
server = socket.socket(socket.AF_UNIX)
server.connect("SOCKET")
def up():
    while data := os.read(0, 65536):
        server.sendall(data)
    server.shutdown(socket.SHUT_WR)
threading.Thread(target=up, daemon=True).start()
while data := server.recv(65536):
    os.write(1, data)
"#;

/// What leads to a machine, a container or a pod, all of which are this machine: it notes how it
/// was called, and lets a shell run the command, as sshd does.
const WAY: &str = r#"#!/bin/sh
echo "$@" > CALLED
while [ "$1" != buildctl ]; do shift; done
exec sh -c "$*"
"#;

impl Buildkitd {
    /// Serves the BuildKit of the engine.
    pub(super) fn of(engine: &Engine, sample: &Sample) -> Self {
        Self::named(engine, sample, "buildkitd")
    }

    /// The same as one of several.
    pub(super) fn named(engine: &Engine, sample: &Sample, name: &str) -> Self {
        let engine = PathBuf::from(engine.host.trim_start_matches("unix://"));
        let socket = sample.path(&format!("{name}.sock"));
        let listener = UnixListener::bind(&socket).expect("a socket");
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let engine = engine.clone();
                thread::spawn(move || relay(client, &engine).ok());
            }
        });
        Self { socket }
    }

    /// Its address.
    pub(super) fn endpoint(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// Serves it on a port of this machine too, with the engine's certificate, and only to those
    /// who have one of the same authority. Returns the port's address.
    pub(super) fn behind_tls(&self, engine: &Engine) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        listener.set_nonblocking(true).expect("asynchronous");
        let acceptor = acceptor(&engine.run_dir.join("tls"));
        let socket = self.socket.clone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        thread::spawn(move || runtime.block_on(serve_tls(listener, acceptor, socket)));
        format!("tcp://{address}")
    }

    /// Writes programs that lead to it: `ssh`, `docker` and `kubectl`, and the `buildctl` at the
    /// other end. Returns the search path that has them.
    pub(super) fn ways(&self, sample: &Sample) -> String {
        let socket = self.socket.display().to_string();
        program(sample, "buildctl", &DIAL_STDIO.replace("SOCKET", &socket));
        for name in ["ssh", "docker", "kubectl"] {
            let called = sample.path(&format!("called-{name}")).display().to_string();
            program(sample, name, &WAY.replace("CALLED", &called));
        }
        format!("{}:/usr/bin:/bin", sample.path("bin").display())
    }
}

fn program(sample: &Sample, name: &str, text: &str) {
    let place = format!("bin/{name}");
    sample.write(&place, text);
    let executable = std::fs::Permissions::from_mode(0o755);
    fs_err::set_permissions(sample.path(&place), executable).expect("a program");
}

fn relay(mut client: UnixStream, engine: &Path) -> std::io::Result<()> {
    let mut server = UnixStream::connect(engine)?;
    server.write_all(
        b"POST /grpc HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    )?;
    let mut reader = BufReader::new(server.try_clone()?);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line == "\r\n" {
            break;
        }
    }
    let mut from_client = client.try_clone()?;
    let sender = thread::spawn(move || {
        std::io::copy(&mut from_client, &mut server).ok();
        server.shutdown(Shutdown::Write).ok();
    });
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        client.write_all(&buffer[..count])?;
    }
    client.shutdown(Shutdown::Both).ok();
    drop(sender);
    Ok(())
}

/// What greets clients with the server's certificate in a directory, and asks for theirs.
fn acceptor(directory: &Path) -> TlsAcceptor {
    let certificates = |file: &str| -> Vec<CertificateDer<'static>> {
        let read = CertificateDer::pem_file_iter(directory.join(file)).expect("certificates");
        read.map(|one| one.expect("a certificate")).collect()
    };
    let mut authority = RootCertStore::empty();
    authority.add_parsable_certificates(certificates("ca.pem"));
    let provider = Arc::new(ring::default_provider());
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(authority), Arc::clone(&provider));
    let key = PrivateKeyDer::from_pem_file(directory.join("server-key.pem")).expect("a key");
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(clients.build().expect("an authority"))
        .with_single_cert(certificates("server.pem"), key)
        .expect("a certificate");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn serve_tls(listener: TcpListener, acceptor: TlsAcceptor, socket: PathBuf) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a port");
    while let Ok((client, _)) = listener.accept().await {
        let (acceptor, socket) = (acceptor.clone(), socket.clone());
        tokio::spawn(async move {
            let mut client = acceptor.accept(client).await?;
            let mut server = tokio::net::UnixStream::connect(socket).await?;
            copy_bidirectional(&mut client, &mut server).await
        });
    }
}
