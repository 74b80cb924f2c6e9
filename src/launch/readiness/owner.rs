//! Who holds a port that a container needs.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use super::reach::Reach;
use super::sockets::{Listener, Sockets};
use crate::engine::{ContainerLine, Engine, Filters, ListedPort, short_id};
use crate::launch::label;

/// Somebody who holds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A container.
    Container {
        name: String,
        /// The deployment that it is a member of.
        deployment: Option<String>,
    },
    /// A process of this machine.
    Process { name: String, pid: u32 },
    /// Somebody whom we may not see.
    Unknown,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container { name, .. } => write!(f, "container `{name}`"),
            Self::Process { name, pid } => write!(f, "`{name}` (process {pid})"),
            Self::Unknown => f.write_str("another process on the engine's machine"),
        }
    }
}

impl Owner {
    /// Returns what frees the port.
    pub(crate) fn fix(&self, port: u16) -> String {
        match self {
            Self::Container {
                deployment: Some(name),
                ..
            } => format!("Stop its deployment: `dynrun down {name}`"),
            Self::Container { name, .. } => format!("Stop it: `docker stop {name}`"),
            Self::Process { pid, .. } => format!("Stop it: `kill {pid}`"),
            Self::Unknown => format!("Find it: `sudo ss -ltnp 'sport = :{port}'`"),
        }
    }

    /// Finds out who holds a socket on the network of the engine's machine.
    pub(super) async fn of(engine: &Engine, listener: Listener) -> Self {
        let Listener {
            address,
            port,
            inode,
        } = listener;
        if let Some(publisher) =
            Self::publisher(engine, Some(Reach::of_family(address)), port).await
        {
            return publisher;
        }
        if !engine.is_local() {
            return Self::Unknown;
        }
        let found = tokio::task::spawn_blocking(move || holder(port, inode)).await;
        let Some((pid, container)) = found.ok().flatten() else {
            return Self::Unknown;
        };
        if let Some(id) = container {
            let facts = engine.container(&id).await.ok().flatten();
            let labels = facts.as_ref().and_then(|it| it.config.labels.as_ref());
            let deployment = labels.and_then(|labels| labels.get(label::DEPLOYMENT).cloned());
            let name = facts.map(|facts| facts.name.trim_start_matches('/').to_owned());
            return Self::Container {
                name: name.unwrap_or_else(|| short_id(&id).to_owned()),
                deployment,
            };
        }
        let name = read(&format!("/proc/{pid}/comm")).unwrap_or_default();
        let name = crate::text::clean_line(name.trim());
        Self::Process { name, pid }
    }

    /// Returns whether it is a container of a deployment.
    pub(crate) fn is_of(&self, name: &str) -> bool {
        matches!(self, Self::Container { deployment: Some(deployment), .. } if deployment == name)
    }

    /// Returns whether it may be gone in a moment: a program by which the engine publishes a port, of
    /// which no container that runs is known, or who was gone before it could be looked at.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Container { .. } => false,
            Self::Process { name, .. } => name == "docker-proxy" || name == "rootlessport",
            Self::Unknown => true,
        }
    }

    /// Finds out who listens where a server of the engine's machine wants to, if somebody does. Of an
    /// address that is not known, only those are found who listen on all.
    pub(crate) async fn in_the_way(
        engine: &Engine,
        wanted: Option<Reach>,
        port: u16,
    ) -> Option<Self> {
        if let Some(publisher) = Self::publisher(engine, wanted, port).await {
            return Some(publisher);
        }
        let sockets = Sockets::read(&engine.sockets()?);
        let mut listeners = sockets.listeners.into_iter();
        let listener =
            listeners.find(|found| found.port == port && meet(wanted, reach(engine, *found)))?;
        Some(Self::of(engine, listener).await)
    }

    /// Returns the container that publishes a port of the host.
    async fn publisher(engine: &Engine, wanted: Option<Reach>, port: u16) -> Option<Self> {
        let containers = engine.containers(false, None, &Filters::new()).await.ok()?;
        let publishes = |listed: &ListedPort| {
            let address: Option<IpAddr> = listed.ip.as_ref().and_then(|ip| ip.parse().ok());
            listed.public_port == Some(port)
                && listed.r#type == "tcp"
                && address.is_none_or(|address| meet(wanted, Reach::of_family(address)))
        };
        let mut containers = containers.iter();
        let found = containers.find(|container| container.ports.iter().any(publishes))?;
        Some(Self::container(found))
    }

    fn container(line: &ContainerLine) -> Self {
        Self::Container {
            name: line.name().to_owned(),
            deployment: line.labels.get(label::DEPLOYMENT).cloned(),
        }
    }
}

/// Returns where somebody listens. The kernel lists all addresses of IPv6 alike, whether those of
/// IPv4 belong to them or not.
fn reach(engine: &Engine, listener: Listener) -> Reach {
    let Listener {
        address,
        port,
        inode,
    } = listener;
    let is_all = address.is_ipv6() && address.is_unspecified();
    if is_all && engine.leaves_ipv4(port, inode) == Some(true) {
        Reach::of_family(address)
    } else {
        Reach::of_both(address)
    }
}

/// Returns whether somebody has the port where a server wants it.
fn meet(wanted: Option<Reach>, other: Reach) -> bool {
    wanted.map_or_else(|| other.is_everywhere(), |wanted| wanted.meets(other))
}

/// Returns the process of this machine that holds a socket, and the container that it is in. The
/// same number may be that of another machine's socket, so that the port has to be the same.
fn holder(port: u16, inode: u64) -> Option<(u32, Option<String>)> {
    let socket = format!("socket:[{inode}]");
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let pid = pids.into_iter().find(|pid: &u32| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd"));
        let mut files = files.into_iter().flatten().flatten();
        files.any(|file| std::fs::read_link(file.path()).is_ok_and(|to| to == Path::new(&socket)))
    })?;
    let table = ["tcp", "tcp6"].map(|table| read(&format!("/proc/{pid}/net/{table}")));
    let line = format!(":{port:04X} ");
    let number = format!(" {inode} ");
    let is_there = |table: &String| {
        table
            .lines()
            .any(|row| row.contains(&line) && row.contains(&number))
    };
    table.iter().flatten().any(is_there).then(|| {
        let groups = read(&format!("/proc/{pid}/cgroup")).unwrap_or_default();
        (pid, container_in(&groups))
    })
}

fn read(path: &str) -> Option<String> {
    fs_err::read_to_string(path).ok()
}

/// Returns the id of a container in the paths of a process's control groups.
fn container_in(groups: &str) -> Option<String> {
    let words = groups.split(|c: char| !c.is_ascii_hexdigit());
    words
        .into_iter()
        .find(|word| word.len() == 64)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_process_of_this_machine_is_found_by_its_socket() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&listener);
        let link = std::fs::read_link(format!("/proc/self/fd/{descriptor}")).unwrap();
        let text = link.to_string_lossy().into_owned();
        let inode = text
            .trim_start_matches("socket:[")
            .trim_end_matches(']')
            .parse()
            .unwrap();
        let (pid, _) = holder(port, inode).unwrap();
        assert_eq!(pid, std::process::id());
        assert_eq!(holder(port.wrapping_add(1), inode), None);
    }

    #[test]
    fn containers_are_found_in_control_groups() {
        let id = "0123456789abcdef".repeat(4);
        assert_eq!(
            container_in(&format!("0::/system.slice/docker-{id}.scope\n")),
            Some(id.clone())
        );
        assert_eq!(
            container_in(&format!("1:name=systemd:/docker/{id}\n")),
            Some(id)
        );
        assert_eq!(container_in("0::/user.slice/session-1.scope\n"), None);
    }
}
