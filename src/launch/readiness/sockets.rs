//! The sockets of a container's network, and which of them its own processes hold.
//!
//! A container on the host's network shares its ports with everything else there, so that an open
//! port says nothing of the container. What it has open itself stands in `/proc`: the kernel lists
//! the sockets of a network with their numbers (proc(5), `/proc/net/tcp`), and each process has its
//! own under `/proc/PID/fd`. Both are read by a shell in the container, which sees its processes
//! only.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::json;
use tokio::io::AsyncReadExt as _;

use super::inside::payload;
use crate::engine::{Engine, EngineError};

/// Prints the sockets of the network, then the open files of each process.
const LOOK: &str =
    "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null; ls -l /proc/[0-9]*/fd 2>/dev/null";

/// Bytes of what [`LOOK`] prints that are read.
const LOOK_LIMIT: u64 = 16 << 20;

/// States of a socket in `/proc/net/tcp`.
const ESTABLISHED: &str = "01";
const LISTEN: &str = "0A";

/// What was seen in a container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sockets {
    pub(super) listeners: Vec<Listener>,
    /// The local ports of connections.
    connected: Vec<u16>,
    /// The sockets that processes of the container hold.
    own: BTreeSet<u64>,
}

/// A socket that waits for connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listener {
    pub(super) address: IpAddr,
    pub(super) port: u16,
    /// The number by which the kernel knows it.
    pub(super) inode: u64,
}

/// As whom the shell runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookAs {
    /// The container's user, who sees the files of its own processes.
    User,
    /// Root with all capabilities, who sees those of everybody in the container.
    Root,
}

/// Why nothing was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LookError {
    /// The image has no shell.
    NoShell,
    /// Something else, which may pass.
    Failed(String),
}

impl Sockets {
    /// Looks.
    pub(super) async fn look(engine: &Engine, id: &str, who: LookAs) -> Result<Self, LookError> {
        let mut request = json!({"AttachStdout": true, "Cmd": ["/bin/sh", "-c", LOOK]});
        if who == LookAs::Root {
            request["User"] = json!("0");
            request["Privileged"] = json!(true);
        }
        let failed = |error: EngineError| LookError::Failed(error.to_string());
        let exec = engine.create_exec(id, &request).await.map_err(failed)?;
        let stream = engine.start_exec(&exec, false).await.map_err(failed)?;
        let mut raw = Vec::new();
        let read = stream.take(LOOK_LIMIT).read_to_end(&mut raw).await;
        read.map_err(|error| LookError::Failed(error.to_string()))?;
        let text = String::from_utf8_lossy(&payload(&raw)).into_owned();
        if text.contains("local_address") {
            return Ok(Self::read(&text));
        }
        Err(match engine.exec_code(&exec).await.map_err(failed)? {
            Some(126 | 127) => LookError::NoShell,
            _ => LookError::Failed("its ports cannot be seen yet".to_owned()),
        })
    }

    pub(super) fn read(text: &str) -> Self {
        let mut sockets = Self::default();
        for line in text.lines() {
            if let Some((_, rest)) = line.split_once("socket:[") {
                let number = rest.split(']').next().unwrap_or_default();
                let inode: Option<u64> = number.parse().ok();
                sockets.own.extend(inode);
                continue;
            }
            let fields: Vec<_> = line.split_whitespace().collect();
            let (Some(local), Some(state), Some(inode)) =
                (fields.get(1), fields.get(3), fields.get(9))
            else {
                continue;
            };
            let Some(((address, port), inode)) = local_address(local).zip(inode.parse().ok())
            else {
                continue;
            };
            match *state {
                LISTEN => sockets.listeners.push(Listener {
                    address,
                    port,
                    inode,
                }),
                ESTABLISHED => sockets.connected.push(port),
                _ => {}
            }
        }
        sockets
    }

    /// Returns who waits for connections to a port.
    pub(super) fn listener(&self, port: u16) -> Option<Listener> {
        let mut listeners = self
            .listeners
            .iter()
            .filter(|listener| listener.port == port);
        // One for all addresses is reached in more ways.
        let all = listeners
            .clone()
            .find(|listener| listener.address.is_unspecified());
        all.or_else(|| listeners.next()).copied()
    }

    /// Returns the ports on which processes of the container wait for connections, each once.
    pub(super) fn own_ports(&self) -> BTreeSet<u16> {
        let own = self
            .listeners
            .iter()
            .filter(|listener| self.holds(**listener));
        own.map(|listener| listener.port).collect()
    }

    /// Returns whether a process of the container holds a socket.
    pub(super) fn holds(&self, listener: Listener) -> bool {
        self.own.contains(&listener.inode)
    }

    /// Returns whether somebody is connected to a port.
    pub(super) fn is_connected(&self, port: u16) -> bool {
        self.connected.contains(&port)
    }
}

/// Reads `0100007F:1F40`: each 32 bits of the address as the machine has them.
fn local_address(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Option<Vec<u32>> = address
        .as_bytes()
        .chunks(8)
        .map(|word| u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok())
        .collect();
    let bytes: Vec<u8> = words?.into_iter().flat_map(u32::to_ne_bytes).collect();
    let address = match <[u8; 4]>::try_from(&bytes[..]) {
        Ok(bytes) => IpAddr::from(Ipv4Addr::from(bytes)),
        Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(&bytes[..]).ok()?)),
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As debian:bookworm and busybox print it.
    const SEEN: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1F40 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 100 0 0 10 0
   2: 020011AC:1F40 010011AC:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4713 1 0000000000000000 20 4 30 10 -1
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:2382 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4714 1 0000000000000000 100 0 0 10 0
/proc/1/fd:
total 0
lrwx------ 1 root root 64 Nov 28 10:00 0 -> /dev/null
lrwx------ 1 root root 64 Nov 28 10:00 3 -> 'socket:[4711]'
lrwx------    1 root     root            64 Nov 28 10:00 4 -> socket:[4713]
";

    #[test]
    fn listeners_and_their_owners_are_seen() {
        let sockets = Sockets::read(SEEN);
        let server = sockets.listener(8000).unwrap();
        assert!(server.address.is_unspecified());
        assert!(sockets.holds(server));
        assert_eq!(sockets.own_ports(), BTreeSet::from([8000]));
        let other = sockets.listener(80).unwrap();
        assert_eq!(other.address, Ipv4Addr::LOCALHOST);
        assert!(!sockets.holds(other));
        assert_eq!(sockets.listener(9090).unwrap().address, Ipv6Addr::LOCALHOST);
        assert_eq!(sockets.listener(8001), None);
    }

    #[test]
    fn connections_are_seen() {
        let sockets = Sockets::read(SEEN);
        assert!(sockets.is_connected(8000));
        assert!(!sockets.is_connected(80));
    }
}
