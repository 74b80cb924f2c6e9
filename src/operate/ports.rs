//! Ports of the machine that members need, and who has them already.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::labels::Found;
use super::launcher::Launcher;
use crate::deploy::file::Written as _;
use crate::deploy::{Deployment, Kind, Member, MemberPort, PortUse};
use crate::docker::port::{HostPort, Protocol};
use crate::engine::Engine;
use crate::launch::decision::Launch;
use crate::launch::readiness::{Owner, Reach};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::toml_file::Location;

/// How long the engine's proxy of a published port may be there before its container runs, or after
/// it has ended.
const PROXY_LAG: Duration = Duration::from_secs(3);

/// A port of the engine's machine that a member is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    /// Not known where a name stands for an address.
    reach: Option<Reach>,
    port: u16,
}

/// Checks that nobody else has the ports of the members that are to be started here.
///
/// # Errors
/// Returns every port that is taken, with who has it.
pub(crate) async fn check_ports(
    launcher: &Launcher,
    deployment: &Deployment,
    node: Option<&str>,
    found: &[Found],
) -> Result<(), Problems> {
    let runs = |member: &Member| {
        let mut running = found.iter().filter(|container| container.is_running());
        running.any(|container| container.watched.name == member.name)
    };
    let end = Instant::now() + PROXY_LAG;
    let mut problems = Vec::new();
    for member in deployment.on(node).filter(|member| !runs(member)) {
        for wanted in wanted(member, &launcher.decide(member)?) {
            let owner = in_the_way(&launcher.engine, wanted, end).await;
            let owner = owner.filter(|owner| !owner.is_of(&deployment.name));
            problems.extend(owner.map(|owner| taken(deployment, member, wanted.port, &owner)));
        }
    }
    Problems(problems).or(())
}

/// Finds out who has a port. A proxy of the engine whose container does not run is waited for: the
/// container is being started, by a dynrun that was killed perhaps, or has just ended.
async fn in_the_way(engine: &Engine, wanted: Wanted, end: Instant) -> Option<Owner> {
    loop {
        let owner = Owner::in_the_way(engine, wanted.reach, wanted.port).await;
        let is_late = Instant::now() > end;
        if is_late || !owner.as_ref().is_some_and(Owner::may_pass) {
            return owner;
        }
        sleep(PROXY_LAG / 30).await;
    }
}

/// Returns the ports of the machine that a container has: those that are published, or all of its own
/// on the machine's network.
fn wanted(member: &Member, launch: &Launch) -> Vec<Wanted> {
    let network = &launch.spec.network;
    let mode = network.attachments.first();
    if mode.is_some_and(|mode| mode.target == "host") {
        let own = member.ports.iter().map(|port| Wanted {
            reach: address(member, *port).map(Reach::of_both),
            port: port.number,
        });
        return own.collect();
    }
    let published = network.published.iter();
    let tcp = published.filter(|mapping| mapping.container.protocol == Protocol::Tcp);
    let fixed = tcp.filter_map(|mapping| match mapping.host {
        HostPort::One(port) => Some(Wanted {
            reach: Some(match mapping.host_ip {
                Some(address) => Reach::of_family(address),
                None => Reach::of_both(Ipv6Addr::UNSPECIFIED.into()),
            }),
            port,
        }),
        HostPort::Any | HostPort::OneOf(..) => None,
    });
    fixed.collect()
}

/// Returns where a member on the machine's network listens.
fn address(member: &Member, port: MemberPort) -> Option<IpAddr> {
    match port.purpose {
        PortUse::Http => member.listens_on()?.parse().ok(),
        PortUse::Service | PortUse::Requests | PortUse::Answers => member.address.parse().ok(),
        PortUse::System
        | PortUse::Bootstrap
        | PortUse::Nccl
        | PortUse::Rendezvous
        | PortUse::DataParallel
        | PortUse::Engine
        | PortUse::Events
        | PortUse::Nixl => Some(Ipv4Addr::UNSPECIFIED.into()),
    }
}

fn taken(deployment: &Deployment, member: &Member, port: u16, owner: &Owner) -> Problem {
    let name = &member.name;
    let message = format!("Port {port}, which `{name}` is to have, is taken by {owner}");
    let (key, at) = key(deployment, member);
    let problem = Problem::new(ProblemKind::Usage, message)
        .hint(owner.fix(port))
        .hint(format!("Or choose another one: `--set {key}=PORT`"));
    match at {
        Some(at) => problem.excerpt(at.excerpt("here")),
        None => problem,
    }
}

/// Returns the key that a member's ports come from, and where it is written.
fn key<'a>(deployment: &'a Deployment, member: &Member) -> (String, Option<&'a Location>) {
    let file = &deployment.file;
    match member.kind {
        Kind::Frontend => ("frontend.port".to_owned(), file.frontend.port.place()),
        Kind::Service => {
            let table = file.services.get(&member.table);
            let key = format!("services.{}.port", member.table);
            (key, table.and_then(|table| table.port.place()))
        }
        Kind::Worker { .. } => ("ports".to_owned(), file.ports.place()),
    }
}
