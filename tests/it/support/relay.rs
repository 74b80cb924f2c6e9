//! An engine's socket on a port, as an engine elsewhere would have it.

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::thread::spawn;

use super::engines::Engine;

/// Starts passing on connections to an engine, until the tests end; returns where.
pub(crate) fn relay(engine: &Engine) -> SocketAddr {
    let socket = engine.host.trim_start_matches("unix://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    spawn(move || {
        for client in listener.incoming().flatten() {
            if let Ok(engine) = UnixStream::connect(&socket) {
                pass_on(client, engine);
            }
        }
    });
    address
}

fn pass_on(client: TcpStream, engine: UnixStream) {
    let mut from_client = client.try_clone().expect("a socket");
    let mut to_engine = engine.try_clone().expect("a socket");
    let (mut to_client, mut from_engine) = (client, engine);
    // Whoever goes away first is not our affair.
    spawn(move || {
        copy(&mut from_client, &mut to_engine).ok();
        to_engine.shutdown(Shutdown::Write).ok();
    });
    spawn(move || {
        copy(&mut from_engine, &mut to_client).ok();
        to_client.shutdown(Shutdown::Write).ok();
    });
}
