//! The machines of a deployment that needs several.

use super::draft::{Draft, text};
use super::input::Input;
use super::part::Part;
use super::tables::TableParts;

/// GPUs of a machine of which nothing is known.
const USUAL: u32 = 8;

pub(super) fn machines(input: &Input, workers: &[TableParts<'_>], draft: &mut Draft) {
    let mut names: Vec<&str> = Vec::new();
    for name in input
        .parts
        .iter()
        .filter_map(|part| part.machine.as_deref())
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > 1 {
        known(input, &names, workers, draft);
    } else if workers.iter().any(|worker| worker.nodes > 1) {
        unknown(workers, draft);
    }
}

/// The input has a file for each machine.
fn known(input: &Input, names: &[&str], workers: &[TableParts<'_>], draft: &mut Draft) {
    for name in names {
        let table = format!("nodes.{name}");
        let here = || {
            input
                .parts
                .iter()
                .filter(|part| part.machine.as_deref() == Some(name))
        };
        let say = |variable: &str| here().find_map(|part| part.variable(variable));
        if let Some(address) = say("DYN_TCP_RPC_HOST").or_else(|| say("DYN_SYSTEM_HOST")) {
            // One of IPv6 is in brackets there.
            let address = address.value.trim_matches(['[', ']']);
            draft.set_text(&table, "address", address);
        } else {
            draft.set_text(&table, "address", "192.0.2.1");
            draft.notes.say(format!(
                "the address of the machine `{name}` is not known: write it into `[{table}]`"
            ));
        }
        let ids = here().flat_map(|part| &part.gpus.ids);
        let most = ids.filter_map(|id| id.parse::<u32>().ok()).max();
        if let Some(most) = most {
            draft.set(&table, "gpus", (most + 1).to_string());
        }
        if let Some(interface) = say("GLOO_SOCKET_IFNAME") {
            for variable in here().flat_map(|part| &part.env) {
                let names = [
                    "GLOO_SOCKET_IFNAME",
                    "NCCL_SOCKET_IFNAME",
                    "DYN_TCP_RESPONSE_STREAM_HOST",
                ];
                let is_interface = names.contains(&variable.name.value.as_str());
                if is_interface && variable.value == interface.value {
                    variable.is_said.set(true);
                }
            }
            draft.set_text(&table, "interface", &interface.value);
        }
    }
    for worker in workers {
        let mut on: Vec<&str> = Vec::new();
        for name in worker
            .parts
            .iter()
            .filter_map(|part| part.machine.as_deref())
        {
            if !on.contains(&name) {
                on.push(name);
            }
        }
        set_on(&worker.table, &on, draft);
    }
    let first = |_: usize| names[0];
    let each = |index: usize| names[index % names.len()];
    if let Some(frontends) = input.frontends() {
        spread(&frontends, first, draft);
    }
    for service in input.services() {
        spread(&service, each, draft);
    }
}

/// Writes where the replicas are, if they are not where they would be.
fn spread<'a>(table: &TableParts<'a>, usual: impl Fn(usize) -> &'a str, draft: &mut Draft) {
    let mut parts: Vec<&Part> = table.parts.clone();
    parts.sort_by_key(|part| part.replica);
    let on: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.machine.as_deref())
        .collect();
    if on
        .iter()
        .enumerate()
        .any(|(index, name)| *name != usual(index))
    {
        set_on(&table.table, &on, draft);
    }
}

fn set_on(table: &str, on: &[&str], draft: &mut Draft) {
    let on: Vec<_> = on.iter().map(|name| text(name)).collect();
    draft.set(table, "on", format!("[{}]", on.join(", ")));
}

/// Kubernetes places pods itself: as many machines as are needed, whose addresses are examples.
fn unknown(workers: &[TableParts<'_>], draft: &mut Draft) {
    let each = |worker: &TableParts<'_>| worker.first().gpus.count.unwrap_or(0);
    let size = workers.iter().map(each).max().unwrap_or(0).max(USUAL);
    // The GPUs that each machine has left, as replicas come in the order of the file.
    let mut left: Vec<u32> = Vec::new();
    for worker in workers {
        for _ in 0..worker.replicas {
            let mut missing = worker.nodes;
            for free in &mut left {
                if missing > 0 && *free >= each(worker) {
                    *free -= each(worker);
                    missing -= 1;
                }
            }
            left.extend((0..missing).map(|_| size - each(worker)));
        }
    }
    for index in 0..left.len() {
        let table = format!("nodes.n{index}");
        draft.set_text(&table, "address", &format!("192.0.2.{}", index + 1));
        draft.set(&table, "gpus", size.to_string());
    }
    draft.notes.say(format!(
        "the {} machines of `[nodes]` are examples: write their names, addresses and GPUs",
        left.len()
    ));
}
