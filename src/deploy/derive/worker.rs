//! The workers.

use super::common::Common;
use super::engine::Engine;
use super::launch::{Draft, program};
use super::placement::{Place, Replica};
use super::planned::PlannedWorker;
use super::ports::{FIRST, Ports};
use super::process::Process;
use super::written::{add_flags, add_variables};
use super::{address, environment};
use crate::deploy::argument::Variable;
use crate::deploy::member::{Gpus, Health, Kind, Member, MemberPort, PortUse, Rank};
use crate::docker::host::before_port;

pub(super) fn members(common: &Common<'_>, replicas: &[Replica]) -> Vec<Member> {
    let each = |replica: &Replica| {
        let count = u32::try_from(replica.ranks.len()).unwrap_or(u32::MAX);
        (0..count)
            .map(|rank| member(common, replica, rank))
            .collect::<Vec<_>>()
    };
    replicas.iter().flat_map(each).collect()
}

fn member(common: &Common<'_>, replica: &Replica, rank: u32) -> Member {
    let worker = &common.workers[replica.worker];
    let place = &replica.ranks[rank as usize];
    let name = name(worker, replica, rank);
    let process = process(common, worker, replica, rank);
    let kind = Kind::Worker {
        role: worker.role,
        registers: process.registers(),
    };
    let mut env = environment(common, &process, place);
    env.extend(process.environment());
    let (all, own) = (&common.file.all, worker.table);
    add_variables(&mut env, &all.env);
    add_variables(&mut env, &own.env);
    let draft = Draft {
        kind,
        command: command(common, worker, &process),
        env,
        gpus: gpus(worker, place),
        image: common.image(own.image.as_ref()),
        built: common.built(),
        flags: Vec::new(),
        name: name.clone(),
    };
    Member {
        deployment: common.name.clone(),
        kind,
        table: worker.name.value.clone(),
        replica: replica.number,
        rank: Rank {
            index: rank,
            of: worker.nodes,
        },
        node: common.node(place.node).map(|node| node.name.clone()),
        address: common.address(place.node, &format!("{}-{name}", common.name)),
        image: draft.image.clone(),
        ports: listeners(&process),
        gpus: draft.gpus.clone(),
        health: Health::Http {
            port: process.ports.number(PortUse::System),
            path: "/health".to_owned(),
        },
        depends_on: super::service::started(common),
        run: common.run(&[&own.run, &all.run]),
        request: draft.request(common),
        command: draft.command,
        env: draft.env,
        name,
    }
}

fn name(worker: &PlannedWorker<'_>, replica: &Replica, rank: u32) -> String {
    let name = format!("{}-{}", worker.name.value, replica.number);
    if worker.nodes > 1 {
        format!("{name}-r{rank}")
    } else {
        name
    }
}

fn process<'a>(
    common: &'a Common<'a>,
    worker: &'a PlannedWorker<'a>,
    replica: &Replica,
    rank: u32,
) -> Process<'a> {
    let first = common
        .file
        .ports
        .as_ref()
        .map_or(FIRST, |ports| ports.value);
    let node = replica.ranks[rank as usize].node;
    let container = |rank| format!("{}-{}", common.name, name(worker, replica, rank));
    Process {
        common,
        worker,
        rank,
        ports: Ports::new(first, worker.first + replica.number),
        head: common.address(replica.ranks[0].node, &container(0)),
        listen: address::to_listen(&common.network, common.node(node)),
    }
}

fn command(
    common: &Common<'_>,
    worker: &PlannedWorker<'_>,
    process: &Process<'_>,
) -> Vec<crate::deploy::argument::Argument> {
    let mut arguments = process.arguments();
    if common.mock {
        add_flags(&mut arguments, &common.file.mock.args, &[]);
    } else {
        let skip = process.engine().own_keys();
        add_flags(&mut arguments, &common.file.all.args, skip);
        add_flags(&mut arguments, &worker.table.args, skip);
    }
    let program = program(process.engine().module());
    program.into_iter().chain(arguments).collect()
}

fn environment(common: &Common<'_>, process: &Process<'_>, place: &Place) -> Vec<Variable> {
    let mut env = environment::of_all(common);
    let number = |purpose| process.ports.number(purpose);
    env.push(Variable::derived(
        "DYN_SYSTEM_PORT",
        number(PortUse::System),
        "health, metrics, and the model's files for frontends",
    ));
    env.push(Variable::derived(
        "DYN_SYSTEM_USE_ENDPOINT_HEALTH_STATUS",
        "[\"generate\"]",
        "without it the status is never healthy",
    ));
    env.push(Variable::derived(
        "DYN_TCP_RPC_PORT",
        number(PortUse::Requests),
        "`ports`",
    ));
    if let Some(address) = &process.listen {
        // Of IPv6, this one is read without brackets and put into URLs as it is (Dynamo 1.4).
        let system = if address.contains(':') { "::" } else { address };
        let requests = before_port(address);
        for (name, value) in [
            ("DYN_SYSTEM_HOST", system),
            ("DYN_TCP_RPC_HOST", &requests),
            ("DYN_HTTP_RPC_HOST", &requests),
        ] {
            env.push(Variable::derived(name, value, "the machine's address"));
        }
    }
    env.extend(environment::interfaces(common.node(place.node)));
    if common.has_kv_events() {
        let why = "hashes of blocks must agree over processes";
        env.push(Variable::derived("PYTHONHASHSEED", 0, why));
    }
    env
}

fn gpus(worker: &PlannedWorker<'_>, place: &Place) -> Option<Gpus> {
    let count = worker.gpus_per_node();
    (count > 0).then(|| Gpus {
        count,
        planned: place.gpus.clone(),
        pinned: place.pinned.clone(),
        shared_with: worker.table.share.as_ref().map(|share| share.value.clone()),
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
