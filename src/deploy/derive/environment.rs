//! The environment by which members find and reach each other.

use super::common::Common;
use crate::deploy::argument::Variables;
use crate::deploy::network::{Discovery, Node};

/// A lease that outlives a short absence of etcd, in seconds. With Dynamo's 10 s, members end when
/// etcd is away for 2 s; the supervisor takes dead ones out of discovery itself.
const LEASE: u32 = 60;

/// Returns what every member of Dynamo has.
pub(super) fn of_all(common: &Common<'_>) -> Variables {
    let version = &common.version;
    let mut all = Variables::default();
    all.add("DYN_NAMESPACE", &common.name, "`deployment`");
    discovery(common, &mut all);
    if version.is_at_least(0, 8) {
        all.add("DYN_REQUEST_PLANE", common.request_plane, "`request-plane`");
    }
    if version.is_at_least(0, 9) {
        all.add("DYN_EVENT_PLANE", common.event_plane, "`event-plane`");
    }
    let nats = common.nats.as_ref();
    all.add_some("NATS_SERVER", nats, "a plane goes through NATS");
    all
}

fn discovery(common: &Common<'_>, variables: &mut Variables) {
    // Older versions call it a store.
    let backend = if common.version.is_at_least(1, 0) {
        "DYN_DISCOVERY_BACKEND"
    } else {
        "DYN_STORE_KV"
    };
    let from = "`discovery`";
    variables.add(backend, common.discovery.as_str(), from);
    match &common.discovery {
        Discovery::File { .. } => variables.add("DYN_FILE_KV", Discovery::DIRECTORY, from),
        Discovery::Etcd { endpoints } => {
            variables.add("ETCD_ENDPOINTS", endpoints, from);
            let why = "members outlive a short absence of etcd";
            variables.add("ETCD_LEASE_TTL", LEASE, why);
        }
        Discovery::Kubernetes => {}
    }
}

/// Adds the interface by name, for libraries that choose one themselves.
pub(super) fn interfaces(node: Option<&Node>, variables: &mut Variables) {
    let interface = node.and_then(|node| node.interface.as_ref());
    for name in ["GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"] {
        variables.add_some(name, interface, "the machine's `interface`");
    }
}
