//! The workers.

use super::common::Common;
use super::engine::Engine;
use super::launch::{Draft, program};
use super::placement::{Place, Replica};
use super::planned::PlannedWorker;
use super::ports::{FIRST, Ports};
use super::process::Process;
use super::{address, environment};
use crate::deploy::argument::{Arguments, Variables};
use crate::deploy::file::Written as _;
use crate::deploy::member::{Gpus, Health, Kind, Member, MemberPort, PortUse};
use crate::docker::host::before_port;

pub(super) fn members(common: &Common<'_>, replicas: &[Replica]) -> Vec<Member> {
    let each = |replica: &Replica| {
        let count = u32::try_from(replica.ranks.len()).unwrap_or(u32::MAX);
        let ranks = (0..count).map(|rank| member(common, replica, rank));
        ranks.collect::<Vec<_>>()
    };
    replicas.iter().flat_map(each).collect()
}

fn member(common: &Common<'_>, replica: &Replica, index: u32) -> Member {
    let worker = &common.workers[replica.worker];
    let place = &replica.ranks[index as usize];
    let process = process(common, worker, replica, index);
    let mut env = environment(common, &process, place);
    process.environment(&mut env);
    let (all, own) = (&common.file.all, worker.table);
    env.write(&all.env);
    env.write(&own.env);
    let draft = Draft {
        kind: Kind::Worker {
            role: worker.role,
            registers: process.registers(),
        },
        table: worker.name.value.clone(),
        replica: replica.number,
        rank: worker.rank(index),
        node: place.node,
        command: command(common, worker, &process),
        env,
        ports: listeners(&process),
        depends_on: super::service::started(common),
        gpus: gpus(worker, place),
        health: Health::Http {
            port: process.ports.number(PortUse::System),
            path: "/health".to_owned(),
        },
        image: common.image(own.image.as_ref()),
        built: common.built(),
        flags: Vec::new(),
        run: common.run(&[&own.run, &all.run]),
    };
    draft.member(common)
}

fn process<'a>(
    common: &'a Common<'a>,
    worker: &'a PlannedWorker<'a>,
    replica: &Replica,
    rank: u32,
) -> Process<'a> {
    let first = common.file.ports.value_or(FIRST);
    let node = replica.ranks[rank as usize].node;
    let head = worker.rank(0).name(&worker.name.value, replica.number);
    Process {
        common,
        worker,
        rank,
        ports: Ports::new(first, worker.first + replica.number),
        head: common.address(replica.ranks[0].node, &head),
        listen: address::to_listen(&common.network, common.node(node)),
    }
}

fn command(common: &Common<'_>, worker: &PlannedWorker<'_>, process: &Process<'_>) -> Arguments {
    let mut flags = program(process.engine().module());
    process.arguments(&mut flags);
    if common.mock {
        flags.write(&common.file.mock.args, &[]);
    } else {
        let skip = process.engine().own_keys();
        flags.write(&common.file.all.args, skip);
        flags.write(&worker.table.args, skip);
    }
    flags
}

fn environment(common: &Common<'_>, process: &Process<'_>, place: &Place) -> Variables {
    let mut env = environment::of_all(common);
    let from = "health, metrics, and the model's files for frontends";
    env.add("DYN_SYSTEM_PORT", process.port(PortUse::System), from);
    let (status, from) = ("[\"generate\"]", "without it the status is never healthy");
    env.add("DYN_SYSTEM_USE_ENDPOINT_HEALTH_STATUS", status, from);
    let port = process.port(PortUse::Requests);
    env.add("DYN_TCP_RPC_PORT", port, "`ports`");
    if let Some(address) = &process.listen {
        // Of IPv6, this one is read without brackets and put into URLs as it is (Dynamo 1.4).
        let system = if address.contains(':') { "::" } else { address };
        let requests = before_port(address);
        for (name, value) in [
            ("DYN_SYSTEM_HOST", system),
            ("DYN_TCP_RPC_HOST", &requests),
            ("DYN_HTTP_RPC_HOST", &requests),
        ] {
            env.add(name, value, "the machine's address");
        }
    }
    environment::interfaces(common.node(place.node), &mut env);
    if common.has_kv_events() {
        let why = "hashes of blocks must agree over processes";
        env.add("PYTHONHASHSEED", 0, why);
    }
    env
}

fn gpus(worker: &PlannedWorker<'_>, place: &Place) -> Option<Gpus> {
    let count = worker.gpus_per_node();
    (count > 0).then(|| Gpus {
        count,
        planned: place.gpus.clone(),
        pinned: place.pinned.clone(),
        shared_with: worker.table.share.text().map(str::to_owned),
    })
}

/// What the process listens on, as far as it is ours to say.
fn listeners(process: &Process<'_>) -> Vec<MemberPort> {
    let mut purposes = vec![PortUse::System, PortUse::Requests];
    purposes.extend(process.listens());
    purposes
        .into_iter()
        .map(|purpose| process.ports.port(purpose))
        .collect()
}

impl Process<'_> {
    /// With data parallelism over machines each process of vLLM serves its own ranks; otherwise
    /// only the first rank talks to frontends.
    fn registers(&self) -> bool {
        self.rank == 0 || (self.engine() == Engine::Vllm && self.worker.shape.dp > 1)
    }
}
