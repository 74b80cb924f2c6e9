//! One container of a deployment.

use super::argument::{Argument, Variable, derived};
use super::file::Role;
use super::supervise::Part;
use crate::launch::flag::Flag;
use crate::launch::readiness::LOOPBACK;
use crate::launch::request::Request;
use crate::profile::{Profile, RunTable};
use crate::toml_file::Merge as _;

/// A container of a deployment, with all that is derived for it.
#[derive(Clone, Debug)]
pub struct Member {
    /// The deployment's name.
    pub deployment: String,
    /// The name in the deployment, for example `decode-1` or `prefill-0-r1`.
    pub name: String,
    /// What kind of process it is.
    pub kind: Kind,
    /// The table of the file that it comes from, for example `decode` or `etcd`.
    pub table: String,
    /// Which replica of that table.
    pub replica: u32,
    /// Which of the containers of the replica.
    pub rank: Rank,
    /// The machine, if the file has several.
    pub node: Option<String>,
    /// The address at which other members reach it.
    pub address: String,
    /// The image, if it is not what dynbuild makes for `request.framework`.
    pub image: Option<String>,
    pub command: Vec<Argument>,
    pub env: Vec<Variable>,
    /// The ports that it listens on.
    pub ports: Vec<MemberPort>,
    /// The GPUs that it gets.
    pub gpus: Option<Gpus>,
    /// How to see that it works.
    pub health: Health,
    /// The members that must work before it starts.
    pub depends_on: Vec<String>,
    /// The launch: the same type that `dynrun run` makes of its command line.
    pub request: Request,
    /// What the file says over the profile's `[run]` table.
    pub run: RunTable,
}

/// What kind of process a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// etcd, NATS or another service.
    Service,
    Frontend,
    Worker {
        /// What it does.
        role: Role,
        /// Whether it registers in discovery, so that the frontend counts it.
        registers: bool,
    },
}

/// Which of the containers of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// Its number, from 0.
    pub index: u32,
    /// How many there are.
    pub of: u32,
}

impl Rank {
    /// The only one.
    pub const ONLY: Self = Self { index: 0, of: 1 };

    /// Returns the name of a member.
    pub fn name(self, table: &str, replica: u32) -> String {
        match self.of {
            0 | 1 => format!("{table}-{replica}"),
            _ => format!("{table}-{replica}-r{}", self.index),
        }
    }
}

/// What a port is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortUse {
    /// Requests of clients.
    Http,
    /// Health and metrics.
    System,
    /// Requests of the frontend.
    Requests,
    /// Answers of workers, to a frontend.
    Answers,
    /// The bootstrap of transfers from prefill to decode.
    Bootstrap,
    /// NCCL between ranks.
    Nccl,
    /// The rendezvous of ranks.
    Rendezvous,
    /// The coordination of data-parallel ranks.
    DataParallel,
    /// The engine's own HTTP server.
    Engine,
    /// Events of the KV cache.
    Events,
    /// Transfers of KV caches.
    Nixl,
    /// Clients of a service.
    Service,
}

impl PortUse {
    /// Returns the word that plans show.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::System => "system",
            Self::Requests => "requests",
            Self::Answers => "answers",
            Self::Bootstrap => "bootstrap",
            Self::Nccl => "nccl",
            Self::Rendezvous => "rendezvous",
            Self::DataParallel => "dp-rpc",
            Self::Engine => "engine",
            Self::Events => "events",
            Self::Nixl => "nixl",
            Self::Service => "service",
        }
    }
}

/// A port that a member listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberPort {
    /// What it is for.
    pub purpose: PortUse,
    pub number: u16,
}

/// The GPUs of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpus {
    /// How many.
    pub count: u32,
    /// Their numbers on the machine, as planned: those that are free decide when it starts.
    pub planned: Vec<u32>,
    /// The ids that the file names, for example `0` or a UUID; then no others are taken.
    pub pinned: Vec<String>,
    /// The worker table with which they are shared.
    pub shared_with: Option<String>,
}

impl Gpus {
    /// Returns the ids of docker's `--gpus device=…`.
    pub fn ids(&self) -> Vec<String> {
        if self.pinned.is_empty() {
            self.planned.iter().map(u32::to_string).collect()
        } else {
            self.pinned.clone()
        }
    }
}

/// How to see that a member works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// `GET` answers 200. The body of a worker says more than its status.
    Http { port: u16, path: String },
    /// The process runs.
    Running,
}

impl Member {
    /// Returns the name of its container.
    pub fn container(&self) -> String {
        format!("{}-{}", self.deployment, self.name)
    }

    /// Returns the words of its command.
    pub fn words(&self) -> Vec<String> {
        self.command
            .iter()
            .flat_map(|argument| argument.words.clone())
            .collect()
    }

    /// Returns what it does as a worker.
    pub const fn role(&self) -> Option<Role> {
        match self.kind {
            Kind::Worker { role, .. } => Some(role),
            Kind::Service | Kind::Frontend => None,
        }
    }

    /// Returns whether frontends count it as a worker.
    pub const fn registers(&self) -> bool {
        matches!(
            self.kind,
            Kind::Worker {
                registers: true,
                ..
            }
        )
    }

    /// Returns the first port for a purpose.
    pub fn port(&self, purpose: PortUse) -> Option<u16> {
        let found = self.ports.iter().find(|port| port.purpose == purpose);
        found.map(|port| port.number)
    }

    /// Returns the address that its HTTP server listens on, if that is said.
    pub fn listens_on(&self) -> Option<&str> {
        let variable = match self.kind {
            Kind::Frontend => "DYN_HTTP_HOST",
            Kind::Worker { .. } => "DYN_SYSTEM_HOST",
            Kind::Service => return self.node.is_some().then_some(&*self.address),
        };
        let said = self.env.iter().rfind(|it| it.name == variable);
        said.map(|it| it.value.trim_matches(['[', ']']))
    }

    /// Returns the address at which it answers in its own container: on a machine's network, what
    /// listens at one address is not found at another.
    pub fn own_address(&self) -> &str {
        let one = self.listens_on();
        one.filter(|address| !["0.0.0.0", "::"].contains(address))
            .unwrap_or(LOOPBACK)
    }

    /// Returns the part that it plays for who keeps it alive.
    pub const fn part(&self) -> Part {
        match self.kind {
            Kind::Service => Part::Service,
            Kind::Frontend => Part::Frontend,
            Kind::Worker { role, .. } => match role {
                Role::Aggregated => Part::Aggregated,
                Role::Prefill => Part::Prefill,
                Role::Decode => Part::Decode,
                Role::Encode => Part::Encode,
            },
        }
    }

    /// Returns the profile of its launch: the file's `[run]` tables over the framework's.
    pub fn profile(&self, mut framework: Profile) -> Profile {
        framework.run = self.run.clone().merge(framework.run);
        framework
    }

    /// Gives it these GPUs, by UUID or number, in place of the planned ones.
    pub fn give_gpus(&mut self, ids: &[String]) {
        let flags = &mut self.request.flags;
        flags.retain(|flag| flag.name != "gpus");
        flags.push(gpus_flag(ids, "the GPUs that are free"));
    }
}

/// Returns docker's flag for these GPUs.
pub(super) fn gpus_flag(ids: &[String], from: &str) -> Flag {
    // The quotes are docker's, for which a comma separates keys.
    let value = format!("\"device={}\"", ids.join(","));
    derived("gpus", value, from)
}
