//! Ports that would meet on a machine.

use std::collections::BTreeMap;

use crate::deploy::derive::{Common, FIRST, PORT};
use crate::deploy::file::Written as _;
use crate::deploy::finding::Finding;
use crate::deploy::member::Member;
use crate::deploy::network::Network;
use crate::text::counted;

/// Replicas whose block of 64 ports ends below 65536.
const LAST: u32 = 65_535;
/// More than any deployment needs, and each is a container.
const MOST_FRONTENDS: u32 = 256;

/// Checks what must hold before members are derived: each has a port.
pub(super) fn check_numbers(common: &Common<'_>) -> Vec<Finding> {
    range(common).into_iter().chain(frontends(common)).collect()
}

pub(super) fn check(common: &Common<'_>, members: &[Member]) -> Vec<Finding> {
    if matches!(common.network, Network::Host) {
        meetings(common, members)
    } else {
        Vec::new()
    }
}

fn range(common: &Common<'_>) -> Option<Finding> {
    let ports = &common.file.ports;
    let first = u64::from(ports.value_or(FIRST));
    let replicas = common
        .workers
        .iter()
        .map(|worker| u64::from(worker.replicas));
    let replicas: u64 = replicas.sum();
    (first < 1024 || first + 64 * replicas > u64::from(LAST)).then(|| {
        Finding::error(format!(
            "{} with 64 ports each, from {first} on, do not fit between 1024 and {LAST}",
            counted(replicas, "replica")
        ))
        .at_maybe(ports.place())
        .hint("Write a lower number, such as `ports = 21000`, or fewer replicas")
    })
}

/// Port 0 would be another one at every start, which nobody knows.
fn frontends(common: &Common<'_>) -> Option<Finding> {
    let table = &common.file.frontend;
    let first = table.port.value_or(PORT);
    let others = table.replicas.value_or(1).saturating_sub(1);
    let last = u32::from(first).saturating_add(others);
    let at = table.port.place().or(table.replicas.place());
    let many = table.replicas.as_ref();
    if let Some(many) = many.filter(|replicas| replicas.value > MOST_FRONTENDS) {
        let message = format!("{} frontends are more than {MOST_FRONTENDS}", many.value);
        return Some(Finding::error(message).at(&many.at).hint(
            "Write fewer, such as `replicas = 2`: one serves thousands of requests at once",
        ));
    }
    (first == 0 || last > LAST).then(|| {
        Finding::error(format!(
            "The ports of frontends, from {first} to {last}, are not all between 1 and {LAST}"
        ))
        .at_maybe(at)
        .hint("Write another port, such as `port = 8000`")
    })
}

fn meetings(common: &Common<'_>, members: &[Member]) -> Vec<Finding> {
    let mut taken: BTreeMap<(Option<&str>, u16), &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for member in members {
        for port in &member.ports {
            let key = (member.node.as_deref(), port.number);
            if let Some(other) = taken.insert(key, &member.name) {
                let (name, port) = (&member.name, port.number);
                let message = format!("`{other}` and `{name}` would both listen on port {port}");
                let own = common.file.frontend.port.place();
                let at = own.or(common.file.ports.place());
                let hint = "Move one of them: `ports`, `frontend.port` or `services.NAME.port`";
                findings.push(Finding::error(message).at_maybe(at).hint(hint));
            }
        }
    }
    findings
}
