//! Which machine and which GPUs each container gets: the first that are free, in the order of the
//! file, so that every machine comes to the same answer.

use super::common::Common;
use super::planned::PlannedWorker;
use crate::deploy::file::Written as _;
use crate::deploy::finding::Finding;
use crate::text::counted;
use crate::toml_file::Located;

/// A replica with its places.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    /// The index of its worker table.
    pub(super) worker: usize,
    /// Its number in the table.
    pub(super) number: u32,
    /// One per rank.
    pub(super) ranks: Vec<Place>,
}

/// The place of a container.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The machine, if there are several.
    pub(super) node: Option<usize>,
    /// GPUs by number.
    pub(super) gpus: Vec<u32>,
    /// GPUs as the file names them.
    pub(super) pinned: Vec<String>,
}

/// All replicas, and what could not be placed.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub(super) replicas: Vec<Replica>,
    pub(super) findings: Vec<Finding>,
}

pub(super) fn place(common: &Common<'_>) -> Placed {
    let mut free = Free::new(common);
    let mut placed = Placed::default();
    for (index, worker) in common.workers.iter().enumerate() {
        for number in 0..worker.replicas {
            let ranks = match shared(common, worker, number, &placed.replicas) {
                Some(ranks) => Ok(ranks),
                None => free.take(common, worker, number),
            };
            match ranks {
                Ok(ranks) => placed.replicas.push(Replica {
                    worker: index,
                    number,
                    ranks,
                }),
                Err(finding) => placed.findings.push(finding),
            }
        }
    }
    placed
}

/// Returns the places of the replica whose GPUs are used as well.
fn shared(
    common: &Common<'_>,
    worker: &PlannedWorker<'_>,
    number: u32,
    replicas: &[Replica],
) -> Option<Vec<Place>> {
    let owner = worker.table.share.text()?;
    let mut workers = common.workers.iter();
    let owner = workers.position(|other| other.name.value == owner)?;
    let of_owner = |replica: &&Replica| replica.worker == owner && replica.number == number;
    let replica = replicas.iter().find(of_owner)?;
    Some(replica.ranks.clone())
}

/// The GPUs that nobody has yet: the first free number of each machine.
struct Free {
    next: Vec<u32>,
}

impl Free {
    fn new(common: &Common<'_>) -> Self {
        Self {
            next: vec![0; common.nodes.len().max(1)],
        }
    }

    fn take(
        &mut self,
        common: &Common<'_>,
        worker: &PlannedWorker<'_>,
        number: u32,
    ) -> Result<Vec<Place>, Finding> {
        let pinned = pinned(worker, number);
        let wanted = if pinned.is_empty() {
            worker.gpus_per_node()
        } else {
            0
        };
        let mut places = Vec::new();
        for node in candidates_for(common, worker, number) {
            let used = self.next[node.unwrap_or(0)];
            let capacity = node.and_then(|node| common.nodes[node].gpus);
            let is_taken = places.iter().any(|place: &Place| place.node == node);
            if is_taken || capacity.is_some_and(|capacity| used + wanted > capacity) {
                continue;
            }
            places.push(Place {
                node,
                gpus: (used..used + wanted).collect(),
                pinned: pinned.clone(),
            });
            if places.len() == worker.nodes as usize {
                break;
            }
        }
        if places.len() < worker.nodes as usize {
            return Err(no_place(common, worker, number));
        }
        for place in &places {
            self.next[place.node.unwrap_or(0)] += wanted;
        }
        Ok(places)
    }
}

/// Returns the machines that a worker may run on, in the order in which a replica takes them: where
/// nothing says how much room there is, replicas take turns.
fn candidates_for(
    common: &Common<'_>,
    worker: &PlannedWorker<'_>,
    number: u32,
) -> Vec<Option<usize>> {
    let mut nodes = candidates(common, worker);
    let room = |node: &Option<usize>| node.and_then(|node| common.nodes[node].gpus);
    if worker.gpus_per_node() == 0 || nodes.iter().all(|node| room(node).is_none()) {
        let turn = number as usize * worker.nodes as usize;
        let turn = turn.checked_rem(nodes.len()).unwrap_or_default();
        nodes.rotate_left(turn);
    }
    nodes
}

/// Returns the machines that a worker may run on, in order.
fn candidates(common: &Common<'_>, worker: &PlannedWorker<'_>) -> Vec<Option<usize>> {
    match &worker.table.on {
        _ if common.nodes.is_empty() => vec![None],
        Some(on) => on
            .iter()
            .filter_map(|name| common.node_index(&name.value))
            .map(Some)
            .collect(),
        None => (0..common.nodes.len()).map(Some).collect(),
    }
}

fn pinned(worker: &PlannedWorker<'_>, number: u32) -> Vec<String> {
    if worker.shape.gpus == 0 {
        return Vec::new();
    }
    let ids = worker.table.gpu_ids.as_ref();
    let ids = ids.and_then(|ids| ids.get(number as usize));
    let ids = ids.map_or("", Located::as_str);
    let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
    ids.map(str::to_owned).collect()
}

fn no_place(common: &Common<'_>, worker: &PlannedWorker<'_>, number: u32) -> Finding {
    let name = &worker.name.value;
    let (wanted, nodes) = (worker.gpus_per_node(), worker.nodes);
    let nodes_of_worker = candidates(common, worker).into_iter().flatten();
    let room = nodes_of_worker.map(|node| {
        let node = &common.nodes[node];
        let gpus = node.gpus.map_or("?".to_owned(), |gpus| gpus.to_string());
        format!("{} ({gpus})", node.name)
    });
    let room: Vec<_> = room.collect();
    let room = if room.is_empty() {
        "this machine (1 node)".to_owned()
    } else {
        room.join(", ")
    };
    Finding::error(format!(
        "There is no room for `{name}-{number}`: it needs {} on {}, and those that it may use have \
         in all: {room}",
        counted(wanted, "GPU"),
        match nodes {
            1 => "a machine".to_owned(),
            nodes => format!("each of {nodes} machines"),
        },
    ))
    .at(&worker.name.at)
    .hint(format!(
        "Lower `workers.{name}.replicas`, or add machines to `[nodes]` and to `workers.{name}.on`"
    ))
}
