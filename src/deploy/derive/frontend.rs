//! The frontends.

use super::address;
use super::common::Common;
use super::environment;
use super::launch::{Draft, program};
use super::ports::FIRST;
use crate::deploy::argument::{Arguments, Variables, derived};
use crate::deploy::file::{RouterMode, Written as _};
use crate::deploy::member::{Health, Kind, Member, MemberPort, PortUse, Rank};
use crate::deploy::network::Network;
use crate::docker::host::before_port;
use crate::launch::flag::Flag;
use crate::launch::readiness::LOOPBACK;

pub(in crate::deploy) const PORT: u16 = 8000;

pub(super) fn members(common: &Common<'_>) -> Vec<Member> {
    let replicas = common.file.frontend.replicas.value_or(1);
    let member = |replica| member(common, replica);
    (0..replicas).map(member).collect()
}

fn member(common: &Common<'_>, replica: u32) -> Member {
    let table = &common.file.frontend;
    let node = common.spread(table.on.as_ref(), replica as usize);
    let port = port(common, replica);
    let answers = answers_port(common, replica);
    let listens = [
        (PortUse::Http, Some(port)),
        (PortUse::Answers, node.map(|_| answers)),
    ];
    let ports = listens.into_iter().filter_map(|(purpose, number)| {
        let number = number?;
        Some(MemberPort { purpose, number })
    });
    let mut env = environment::of_all(common);
    addresses(common, node, answers, &mut env);
    env.write(&table.env);
    let draft = Draft {
        kind: Kind::Frontend,
        table: "frontend".to_owned(),
        replica,
        rank: Rank::ONLY,
        node,
        command: command(common, port),
        env,
        ports: ports.collect(),
        depends_on: super::service::started(common),
        gpus: None,
        health: Health::Http {
            port,
            path: format!("/v1/models/{}", common.model.served),
        },
        image: common.image(table.image.as_ref()),
        built: common.built(),
        flags: published(common, port).into_iter().collect(),
        run: common.run(&[&table.run]),
    };
    draft.member(common)
}

/// The ports follow each other, also where frontends are on different machines.
fn port(common: &Common<'_>, replica: u32) -> u16 {
    let first = common.file.frontend.port.value_or(PORT);
    first.saturating_add(u16::try_from(replica).unwrap_or(u16::MAX))
}

/// Below those of the workers.
fn answers_port(common: &Common<'_>, replica: u32) -> u16 {
    let first = common.file.ports.value_or(FIRST);
    first.saturating_sub(1 + u16::try_from(replica).unwrap_or(u16::MAX))
}

fn bind(common: &Common<'_>) -> String {
    before_port(common.file.frontend.bind.text().unwrap_or(LOOPBACK))
}

fn command(common: &Common<'_>, port: u16) -> Arguments {
    let table = &common.file.frontend;
    let mut flags = program("dynamo.frontend");
    flags.add("--http-port", port, "`frontend.port`");
    let router = Some(common.router).filter(|router| *router != RouterMode::RoundRobin);
    flags.add_some("--router-mode", router, "`frontend.router`");
    let from = "the block size of the workers";
    flags.add_some("--kv-cache-block-size", common.block_size, from);
    let sync = table.replicas.value_or(1) > 1 && common.router == RouterMode::Kv;
    flags.switch("--router-replica-sync", sync, "`frontend.replicas`");
    let limit = common.migration_limit();
    let limit = limit.filter(|_| common.version.is_at_least(1, 0));
    flags.add_some("--migration-limit", limit, "`frontend.migration-limit`");
    flags.write(&table.args, &[]);
    flags
}

/// A frontend gets no port for requests: with the router `kv` it would never serve the model.
fn addresses(common: &Common<'_>, node: Option<usize>, answers: u16, env: &mut Variables) {
    let node = common.node(node);
    if let Some(address) = address::to_listen(&common.network, node) {
        env.add("DYN_HTTP_HOST", bind(common), "`frontend.bind`");
        let address = before_port(&address);
        env.add("DYN_TCP_RPC_HOST", address, "the machine's address");
    }
    // It is known beforehand, so that a firewall can let it through.
    let answers = node.map(|_| answers);
    let from = "workers of other machines send their answers there";
    env.add_some("DYN_TCP_RESPONSE_STREAM_PORT", answers, from);
    let interface = node.and_then(|node| node.interface.as_ref());
    let from = "the machine's `interface`";
    env.add_some("DYN_TCP_RESPONSE_STREAM_HOST", interface, from);
}

fn published(common: &Common<'_>, port: u16) -> Option<Flag> {
    let publish = format!("{}:{port}:{port}", bind(common));
    let from = "`frontend.bind` and `frontend.port`";
    (common.network != Network::Host).then(|| derived("publish", publish, from))
}
