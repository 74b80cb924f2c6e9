//! Where members find each other, and how requests and events travel.

use super::draft::Draft;
use super::input::Input;
use super::part::PartKind;
use super::tables::TableParts;
use crate::deploy::file::{DiscoveryBackend, EventPlane, RequestPlane};
use crate::toml_file::Located;

/// Sets where members find each other, and how requests and events travel.
pub(super) fn planes(input: &Input, workers: &[TableParts<'_>], draft: &mut Draft) {
    let frontends = input.frontends();
    let tables: Vec<&TableParts<'_>> = workers.iter().chain(&frontends).collect();
    let say = |flags: &[&str], variables: &[&str]| {
        let flags = tables.iter().map(|table| table.take(flags));
        let mut said: Vec<_> = flags.flatten().collect();
        for variable in variables {
            said.extend(tables.iter().filter_map(|table| table.take_env(variable)));
        }
        said.into_iter().next()
    };
    let backend = say(
        &["discovery-backend", "store-kv"],
        &["DYN_DISCOVERY_BACKEND", "DYN_STORE_KV"],
    );
    let etcd = say(&[], &["ETCD_ENDPOINTS"]);
    let nats = say(&[], &["NATS_SERVER"]);
    let request = say(&["request-plane"], &["DYN_REQUEST_PLANE"]);
    let event = say(&["event-plane"], &["DYN_EVENT_PLANE"]);
    let has = |kind| input.parts.iter().any(|part| part.kind == kind);
    let is_etcd = match &backend {
        Some(backend) => {
            DiscoveryBackend::from_word(&backend.value) == Some(DiscoveryBackend::Etcd)
        }
        None => etcd.is_some() || has(PartKind::Etcd),
    };
    if let Some(backend) = backend.filter(|it| DiscoveryBackend::from_word(&it.value).is_none()) {
        draft.notes.add(
            &backend.at,
            format!("discovery by `{}` is not taken over", backend.value),
        );
    }
    if is_etcd {
        draft.set_text("", "discovery", DiscoveryBackend::Etcd.as_str());
    }
    let plane = request
        .as_ref()
        .and_then(|it| RequestPlane::from_word(&it.value));
    if let Some(request) = request.filter(|_| plane.is_none()) {
        draft.notes.add(
            &request.at,
            format!("the request plane `{}` is not taken over", request.value),
        );
    }
    if plane == Some(RequestPlane::Nats) {
        draft.set_text("", "request-plane", RequestPlane::Nats.as_str());
    }
    let by_nats = event
        .as_ref()
        .and_then(|it| EventPlane::from_word(&it.value))
        == Some(EventPlane::Nats);
    // Members that are given a server and no plane send events through it.
    let has_nats = nats.is_some() || has(PartKind::Nats);
    if by_nats || (event.is_none() && has_nats && plane != Some(RequestPlane::Nats)) {
        draft.set_text("", "event-plane", EventPlane::Nats.as_str());
    }
    let etcd = etcd.filter(|_| is_etcd && !has(PartKind::Etcd));
    service("etcd", 2379, etcd.as_ref(), etcd_port(input), draft);
    let nats = nats.filter(|_| !has(PartKind::Nats));
    service("nats", 4222, nats.as_ref(), nats_port(input), draft);
}

/// Names a service that runs elsewhere, or its port if it is not the usual one.
fn service(
    name: &str,
    usual: u16,
    external: Option<&Located<String>>,
    port: Option<u16>,
    draft: &mut Draft,
) {
    let table = format!("services.{name}");
    for url in external.iter().flat_map(|urls| urls.value.split(',')) {
        draft.push(&table, "external", url);
    }
    if let Some(port) = port.filter(|port| *port != usual) {
        draft.set(&table, "port", port.to_string());
    }
}

/// Returns the port that an exported etcd listens on.
fn etcd_port(input: &Input) -> Option<u16> {
    let etcd = input
        .parts
        .iter()
        .find(|part| part.kind == PartKind::Etcd)?;
    let urls = etcd.flag("listen-client-urls")?.value();
    urls.rsplit_once(':')?.1.parse().ok()
}

/// Returns the port that an exported NATS listens on.
fn nats_port(input: &Input) -> Option<u16> {
    let nats = input
        .parts
        .iter()
        .find(|part| part.kind == PartKind::Nats)?;
    let mut words = nats.words.iter().flat_map(|word| word.split(' '));
    words.find(|word| *word == "--port")?;
    words.next()?.parse().ok()
}

/// Sets the first port, if ports are numbered as dynrun does.
pub(super) fn ports(workers: &[TableParts<'_>], draft: &mut Draft) {
    let first = workers[0].first();
    let port = |name: &str| first.variable(name)?.value.parse::<u16>().ok();
    let is_ours = |system: &u16| port("DYN_TCP_RPC_PORT") == system.checked_add(1);
    if let Some(port) = port("DYN_SYSTEM_PORT")
        .filter(is_ours)
        .filter(|port| *port != 21000)
    {
        draft.set("", "ports", port.to_string());
    }
}
