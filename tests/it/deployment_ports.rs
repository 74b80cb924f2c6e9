//! Deployments whose ports somebody else has.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::dynamo::{Deployment, engine};
use crate::support::engines::Engine;

const AGGREGATED: &str = "
[frontend]
port = PORT
[all.args]
speedup-ratio = 0
[workers.agg]
";

/// Listens where its arguments say, until it is killed.
const LISTEN: &str = "
import signal, socket, sys
kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ':' in address else socket.AF_INET
server = socket.socket(family, socket.SOCK_DGRAM if kind == 'udp' else socket.SOCK_STREAM)
if ':' in address:
    server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, kind == 'ipv6')
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((address, port))
if kind != 'udp':
    server.listen()
print('listens', flush=True)
signal.pause()
";

/// A process of the engine's machine, which may have a network of its own. It ends with the value.
struct Server(Child);

impl Server {
    /// Listens for TCP, and as `ipv6` leaves IPv4 to others.
    fn start(engine: &Engine, kind: &str, address: &str, port: u16) -> Self {
        let network = format!("--net=/proc/{}/ns/net", engine.pid);
        let mut command = Command::new("nsenter");
        command.args([&network, "python3", "-c", LISTEN, kind, address]);
        command.arg(port.to_string()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("nsenter");
        let mut line = String::new();
        let output = child.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut line).expect("a line");
        assert_eq!(line, "listens\n", "{kind} {address}");
        Self(child)
    }

    fn listen(engine: &Engine, address: &str, port: u16) -> Self {
        Self::start(engine, "tcp", address, port)
    }

    fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`python3` (process {})", self.pid())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("ended");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let Some(engine) = engine() else { return };
    let holder = engine.container("port");
    let run = [
        "run",
        "-d",
        "--rm",
        "--name",
        holder.name(),
        "-p",
        "127.0.0.1:8050:80",
        "busybox:latest",
        "sleep",
        "300",
    ];
    assert!(
        engine
            .docker()
            .args(run)
            .status()
            .expect("docker")
            .success()
    );
    let taken = Deployment::new(&engine, "taken", 8050, AGGREGATED);
    let is_taken_by = |holder: &str, fix: &str| {
        let message = format!("Port 8050, which `frontend-0` is to have, is taken by {holder}");
        let up = taken.dynrun("up -d FILE").ended(125);
        up.said(&message).said(fix).said("deployment.toml:7:8");
        assert_eq!(taken.left(), "");
    };
    is_taken_by(
        &format!("container `{}`", holder.name()),
        &format!("docker stop {}", holder.name()),
    );
    let remove = engine.docker().args(["rm", "-f", holder.name()]).status();
    assert!(remove.expect("docker").success());

    let server = Server::listen(&engine, "127.0.0.1", 8050);
    is_taken_by(&server.to_string(), &format!("kill {}", server.pid()));
    drop(server);

    let other = Deployment::new(&engine, "holder", 8050, AGGREGATED);
    other.dynrun("up -d FILE").ended(0);
    let name = &other.name;
    is_taken_by(
        &format!("container `{name}-frontend-0`"),
        &format!("dynrun down {name}"),
    );
    other.dynrun("down NAME").ended(0);
    taken.dynrun("up -d FILE").ended(0);
    taken.dynrun("down NAME").ended(0);
    assert_eq!(taken.left(), "");
}

/// Each of its own family of addresses, and of both, and what is no server of TCP at all.
#[test]
fn a_port_of_another_family_or_protocol_is_free() {
    let Some(engine) = engine() else { return };
    let served = Deployment::new(&engine, "family", 8051, AGGREGATED);
    let up = |bind: &str| served.dynrun(&format!("up -d --set frontend.bind={bind} FILE"));
    let taken = |bind: &str, holder: &Server| {
        let message = format!("Port 8051, which `frontend-0` is to have, is taken by {holder}");
        let fix = format!("kill {}", holder.pid());
        up(bind).ended(125).said(&message).said(&fix);
    };

    let both = Server::listen(&engine, "::", 8051);
    for bind in ["127.0.0.1", "0.0.0.0", "::1", "::"] {
        taken(bind, &both);
    }
    drop(both);

    let local = Server::listen(&engine, "::1", 8051);
    for bind in ["::1", "[::1]", "::"] {
        taken(bind, &local);
    }
    drop(local);

    let alone = Server::start(&engine, "ipv6", "::", 8051);
    taken("::1", &alone);
    let _datagrams = Server::start(&engine, "udp", "0.0.0.0", 8051);
    up("0.0.0.0").ended(0);
    served.dynrun("down NAME").ended(0);
    drop(alone);
    up("::1").ended(0).said("http://[::1]:8051/v1");
    served.dynrun("down NAME").ended(0);
    assert_eq!(served.left(), "");
}

/// On the machine's network, where members listen themselves.
#[test]
fn members_on_the_machines_network_leave_out_who_is_not_in_their_way() {
    let Some(engine) = engine() else { return };
    let file = format!("{AGGREGATED}[run]\nnetwork = \"host\"\n");
    let served = Deployment::new(&engine, "onhost", 8052, &file).at(&engine);
    let up = |bind: &str| served.dynrun(&format!("up -d --set frontend.bind={bind} FILE"));

    let both = Server::listen(&engine, "::", 8052);
    up("127.0.0.1").ended(125).said(&both.to_string());
    drop(both);

    let local = Server::listen(&engine, "127.0.0.1", 8052);
    up("::").ended(125).said(&local.to_string());
    drop(local);

    let _alone = Server::start(&engine, "ipv6", "::", 8052);
    let _datagrams = Server::start(&engine, "udp", "127.0.0.1", 8052);
    up("127.0.0.1").ended(0);
    assert!(served.ask(8052, 4).contains("[DONE]"));
    served.dynrun("down NAME").ended(0);
    assert_eq!(served.left(), "");
}
