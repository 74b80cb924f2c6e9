//! The plan as JSON.

use serde_json::{Map, Value, json};

use super::text::{kind, shows_events};
use crate::deploy::{Deployment, Finding, Health, Member, Network};
use crate::redact::{shown_command, shown_value};

/// Returns the plan; `node` leaves only the members of one machine.
pub fn json(deployment: &Deployment, node: Option<&str>) -> Value {
    let members: Vec<_> = deployment.on(node).map(member).collect();
    let workers = deployment.ready.workers.iter();
    let workers: Map<_, _> = workers
        .map(|(role, count)| (role.to_string(), json!(count)))
        .collect();
    let nodes = deployment.nodes.iter();
    let nodes: Map<_, _> = nodes
        .map(|node| {
            (
                node.name.clone(),
                json!({ "address": node.address, "engine": node.engine }),
            )
        })
        .collect();
    json!({
        "deployment": deployment.name,
        "framework": deployment.framework,
        "version": deployment.version.to_string(),
        "model": deployment.model.source,
        "served-name": deployment.model.served,
        "mock": deployment.mock,
        "discovery": deployment.discovery.as_str(),
        "request-plane": deployment.request_plane,
        "event-plane": shows_events(deployment),
        "router": deployment.router,
        "block-size": deployment.block_size,
        "network": network(&deployment.network),
        "url": deployment.url(),
        "ready": {
            "level": deployment.ready.level.as_str(),
            "timeout-seconds": deployment.ready.timeout.as_secs(),
            "workers": workers,
        },
        "nodes": nodes,
        "members": members,
        "findings": deployment.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn network(network: &Network) -> Value {
    let kind = match network {
        Network::Private(_) => "private",
        Network::Host => "host",
        Network::Named(_) => "named",
    };
    json!({ "kind": kind, "name": network.name() })
}

fn member(member: &Member) -> Value {
    let env = member.env.iter();
    let env: Map<_, _> = env
        .map(|variable| {
            let shown = shown_value(&variable.name, &variable.value);
            (variable.name.clone(), Value::String(shown.into_owned()))
        })
        .collect();
    let ports = member.ports.iter();
    let ports: Vec<_> = ports
        .map(|port| json!({ "number": port.number, "purpose": port.purpose.as_str() }))
        .collect();
    let gpus = member.gpus.as_ref().map(
        |gpus| json!({ "count": gpus.count, "ids": gpus.ids(), "shared-with": gpus.shared_with }),
    );
    let health = match &member.health {
        Health::Http { port, path } => json!({ "port": port, "path": path }),
        Health::Running => Value::Null,
    };
    json!({
        "name": member.name,
        "container": member.container(),
        "kind": kind(member),
        "role": member.role(),
        "table": member.table,
        "replica": member.replica,
        "rank": { "index": member.rank.index, "of": member.rank.of },
        "node": member.node,
        "address": member.address,
        "image": member.image,
        "command": shown_command(&member.words()),
        "env": env,
        "ports": ports,
        "gpus": gpus,
        "health": health,
        "depends-on": member.depends_on,
        "stop-tier": member.part().stop_tier(),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity,
        "message": finding.message,
        "at": finding.at.as_ref().map(ToString::to_string),
        "hint": finding.hint,
    })
}
