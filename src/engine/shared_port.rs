//! Whether the kernel gives a port of IPv4 to one server while another has it of IPv6.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, bind, socket, sockopt::set_socket_reuseaddr};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::Engine;

/// An address of loopback that nobody else asks for: only who has the port at all addresses has it.
const NOBODYS: Ipv4Addr = Ipv4Addr::new(127, 83, 47, 11);

impl Engine {
    /// Returns whether the server with this socket, which has a port at all addresses of IPv6, leaves
    /// the port of IPv4 to others, if that can be found out. The kernel lists servers without it, and
    /// says it only to who asks for the port.
    pub(crate) fn leaves_ipv4(&self, port: u16, inode: u64) -> Option<bool> {
        let pid = self.process()?;
        let ask = move || {
            enter_network(pid, inode)?;
            is_free(port)
        };
        // A thread that has entered another network does not come back.
        let asked = std::thread::spawn(ask).join();
        asked.ok()?.ok()
    }
}

/// Enters the network of a process, if its socket is not in the network of this thread already.
fn enter_network(pid: i32, inode: u64) -> io::Result<()> {
    let own = fs_err::read_to_string("/proc/thread-self/net/tcp6")?;
    if own.contains(&format!(" {inode} ")) {
        return Ok(());
    }
    let network = fs_err::File::open(format!("/proc/{pid}/ns/net"))?;
    let network_only = Some(LinkNameSpaceType::Network);
    Ok(move_into_link_name_space(
        std::os::fd::AsFd::as_fd(&network),
        network_only,
    )?)
}

fn is_free(port: u16) -> io::Result<bool> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    // Connections that have just ended are in nobody's way.
    set_socket_reuseaddr(&socket, true)?;
    match bind(&socket, &SocketAddrV4::new(NOBODYS, port)) {
        Ok(()) => Ok(true),
        Err(Errno::ADDRINUSE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv6Addr, SocketAddrV6, TcpListener};

    use rustix::net::{listen, sockopt::set_ipv6_v6only};

    use super::*;

    /// Listens at all addresses of IPv6, if this machine has any.
    fn server(is_alone: bool) -> Option<TcpListener> {
        let socket = socket(AddressFamily::INET6, SocketType::STREAM, None).ok()?;
        set_ipv6_v6only(&socket, is_alone).ok()?;
        bind(&socket, &SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 0, 0, 0)).ok()?;
        listen(&socket, 1).ok()?;
        Some(socket.into())
    }

    #[test]
    fn a_server_of_ipv6_may_leave_ipv4_to_others() {
        for is_alone in [true, false] {
            let Some(server) = server(is_alone) else {
                return;
            };
            let port = server.local_addr().unwrap().port();
            assert_eq!(is_free(port).unwrap(), is_alone);
        }
    }
}
