//! The frontends.

use super::address;
use super::common::Common;
use super::environment;
use super::launch::{Draft, program};
use super::ports::FIRST;
use super::written::{add_flags, add_variables};
use crate::deploy::argument::{Argument, Variable};
use crate::deploy::file::RouterMode;
use crate::deploy::member::{Health, Kind, Member, MemberPort, PortUse, Rank};
use crate::deploy::network::Network;
use crate::docker::host::before_port;
use crate::launch::flag::{Flag, Origin};
use crate::toml_file::Located;

pub(in crate::deploy) const PORT: u16 = 8000;
const BIND: &str = "127.0.0.1";

pub(super) fn members(common: &Common<'_>) -> Vec<Member> {
    let replicas = common
        .file
        .frontend
        .replicas
        .as_ref()
        .map_or(1, |it| it.value);
    (0..replicas)
        .map(|replica| member(common, replica))
        .collect()
}

fn member(common: &Common<'_>, replica: u32) -> Member {
    let table = &common.file.frontend;
    let name = format!("frontend-{replica}");
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
    env.extend(addresses(common, node, answers));
    add_variables(&mut env, &table.env);
    let draft = Draft {
        kind: Kind::Frontend,
        command: command(common, port),
        env,
        gpus: None,
        image: common.image(table.image.as_ref()),
        built: common.built(),
        flags: published(common, port),
        name: name.clone(),
    };
    Member {
        deployment: common.name.clone(),
        kind: Kind::Frontend,
        table: "frontend".to_owned(),
        replica,
        rank: Rank { index: 0, of: 1 },
        node: common.node(node).map(|node| node.name.clone()),
        address: common.address(node, &format!("{}-{name}", common.name)),
        image: draft.image.clone(),
        ports: ports.collect(),
        gpus: None,
        health: Health::Http {
            port,
            path: format!("/v1/models/{}", common.model.served),
        },
        depends_on: super::service::started(common),
        run: common.run(&[&table.run]),
        request: draft.request(common),
        command: draft.command,
        env: draft.env,
        name,
    }
}

/// The ports follow each other, also where frontends are on different machines.
fn port(common: &Common<'_>, replica: u32) -> u16 {
    let first = common
        .file
        .frontend
        .port
        .as_ref()
        .map_or(PORT, |port| port.value);
    first.saturating_add(u16::try_from(replica).unwrap_or(u16::MAX))
}

/// Below those of the workers.
fn answers_port(common: &Common<'_>, replica: u32) -> u16 {
    let first = common.file.ports.as_ref();
    let first = first.map_or(FIRST, |ports| ports.value);
    first.saturating_sub(1 + u16::try_from(replica).unwrap_or(u16::MAX))
}

fn bind(common: &Common<'_>) -> String {
    let written = common.file.frontend.bind.as_ref();
    before_port(written.map_or(BIND, Located::as_str))
}

fn command(common: &Common<'_>, port: u16) -> Vec<Argument> {
    let table = &common.file.frontend;
    let mut arguments = vec![Argument::derived("--http-port", [port], "`frontend.port`")];
    if common.router != RouterMode::RoundRobin {
        let mode = common.router.as_str();
        arguments.push(Argument::derived(
            "--router-mode",
            [mode],
            "`frontend.router`",
        ));
    }
    if let Some(size) = common.block_size {
        let from = "the block size of the workers";
        arguments.push(Argument::derived("--kv-cache-block-size", [size], from));
    }
    let several = table
        .replicas
        .as_ref()
        .is_some_and(|replicas| replicas.value > 1);
    if several && common.router == RouterMode::Kv {
        let none: [&str; 0] = [];
        arguments.push(Argument::derived(
            "--router-replica-sync",
            none,
            "`frontend.replicas`",
        ));
    }
    if let Some(limit) = common
        .migration_limit()
        .filter(|_| common.version.is_at_least(1, 0))
    {
        arguments.push(Argument::derived(
            "--migration-limit",
            [limit],
            "`frontend.migration-limit`",
        ));
    }
    add_flags(&mut arguments, &table.args, &[]);
    program("dynamo.frontend")
        .into_iter()
        .chain(arguments)
        .collect()
}

/// A frontend gets no port for requests: with the router `kv` it would never serve the model.
fn addresses(common: &Common<'_>, node: Option<usize>, answers: u16) -> Vec<Variable> {
    let node = common.node(node);
    let mut variables = Vec::new();
    if let Some(address) = address::to_listen(&common.network, node) {
        variables.push(Variable::derived(
            "DYN_HTTP_HOST",
            bind(common),
            "`frontend.bind`",
        ));
        variables.push(Variable::derived(
            "DYN_TCP_RPC_HOST",
            before_port(&address),
            "the machine's address",
        ));
    }
    if node.is_some() {
        // It is known beforehand, so that a firewall can let it through.
        let from = "workers of other machines send their answers there";
        variables.push(Variable::derived(
            "DYN_TCP_RESPONSE_STREAM_PORT",
            answers,
            from,
        ));
    }
    if let Some(interface) = node.and_then(|node| node.interface.as_ref()) {
        let from = "the machine's `interface`";
        variables.push(Variable::derived(
            "DYN_TCP_RESPONSE_STREAM_HOST",
            interface,
            from,
        ));
    }
    variables
}

fn published(common: &Common<'_>, port: u16) -> Vec<Flag> {
    match common.network {
        Network::Host => Vec::new(),
        Network::Private(_) | Network::Named(_) => {
            let publish = format!("{}:{port}:{port}", bind(common));
            let origin = Origin::Derived("`frontend.bind` and `frontend.port`".to_owned());
            vec![Flag::value("publish", publish, origin)]
        }
    }
}
