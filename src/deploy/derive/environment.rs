//! The environment by which members find and reach each other.

use super::common::Common;
use crate::deploy::argument::Variable;
use crate::deploy::network::{Discovery, Node};

/// A lease that outlives a short absence of etcd, in seconds. With Dynamo's 10 s, members end when
/// etcd is away for 2 s; the supervisor takes dead ones out of discovery itself.
const LEASE: u32 = 60;

/// Returns what every member of Dynamo has.
pub(super) fn of_all(common: &Common<'_>) -> Vec<Variable> {
    let version = &common.version;
    let mut all = vec![Variable::derived(
        "DYN_NAMESPACE",
        &common.name,
        "`deployment`",
    )];
    all.extend(discovery(common));
    if version.is_at_least(0, 8) {
        let plane = common.request_plane.as_str();
        all.push(Variable::derived(
            "DYN_REQUEST_PLANE",
            plane,
            "`request-plane`",
        ));
    }
    if version.is_at_least(0, 9) {
        let plane = common.event_plane.as_str();
        all.push(Variable::derived("DYN_EVENT_PLANE", plane, "`event-plane`"));
    }
    if let Some(url) = &common.nats {
        all.push(Variable::derived(
            "NATS_SERVER",
            url,
            "a plane goes through NATS",
        ));
    }
    all
}

fn discovery(common: &Common<'_>) -> Vec<Variable> {
    // Older versions call it a store.
    let backend = if common.version.is_at_least(1, 0) {
        "DYN_DISCOVERY_BACKEND"
    } else {
        "DYN_STORE_KV"
    };
    let from = "`discovery`";
    let mut variables = vec![Variable::derived(backend, common.discovery.as_str(), from)];
    match &common.discovery {
        Discovery::File { .. } => {
            variables.push(Variable::derived("DYN_FILE_KV", Discovery::DIRECTORY, from));
        }
        Discovery::Etcd { endpoints } => {
            variables.push(Variable::derived("ETCD_ENDPOINTS", endpoints, from));
            let why = "members outlive a short absence of etcd";
            variables.push(Variable::derived("ETCD_LEASE_TTL", LEASE, why));
        }
        Discovery::Kubernetes => {}
    }
    variables
}

/// Returns the interface by name, for libraries that choose one themselves.
pub(super) fn interfaces(node: Option<&Node>) -> Vec<Variable> {
    let interface = node.and_then(|node| node.interface.as_deref());
    let names = ["GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"];
    let variables = interface.into_iter().flat_map(|interface| {
        names.map(|name| Variable::derived(name, interface, "the machine's `interface`"))
    });
    variables.collect()
}
