//! GPUs of a machine, given to members so that none is given twice.
//!
//! A lease is what a running container was created with: when it is gone, so is the lease, however
//! it ended. Containers that `dynrun run --gpus` started count as well.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use crate::deploy::{Deployment, Gpus, Member};
use crate::engine::{Engine, EngineError, Filters, RequestedDevices};
use crate::launch::label;
use crate::problem::{Problem, ProblemKind};
use crate::text::counted;

/// What CDI puts in front of an id.
const CDI_KIND: &str = "nvidia.com/gpu=";

/// What running containers have.
#[derive(Default)]
struct Held {
    /// Who has a GPU, of containers that are not of this deployment.
    others: BTreeMap<String, String>,
    /// The GPUs of members that run, by their names.
    own: BTreeMap<String, Vec<String>>,
}

/// Why a member gets no GPUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotEnough {
    member: String,
    wanted: usize,
    free: usize,
    holders: Vec<(String, String)>,
}

/// Gives the members of a deployment that are on this machine the GPUs that are free.
///
/// # Errors
/// Fails when there are not enough, and says who has them.
pub(crate) async fn give_gpus(
    engine: &Engine,
    cdi_devices: &[String],
    deployment: &mut Deployment,
    node: Option<&str>,
) -> Result<(), Problem> {
    let name = deployment.name.clone();
    let here = |member: &&mut Member| node.is_none() || member.node.as_deref() == node;
    let mut members: Vec<&mut Member> = deployment.members.iter_mut().filter(here).collect();
    if members.iter().all(|member| member.gpus.is_none()) {
        return Ok(());
    }
    let known = cdi_devices
        .iter()
        .filter_map(|device| device.strip_prefix(CDI_KIND));
    let mut known: Vec<String> = known
        .filter(|id| id.parse::<u32>().is_ok())
        .map(str::to_owned)
        .collect();
    if known.is_empty() {
        // How many there are is not known: those that were planned.
        let planned = members
            .iter()
            .filter_map(|member| member.gpus.as_ref())
            .flat_map(|gpus| &gpus.planned);
        known = planned.map(u32::to_string).collect();
        known.dedup();
    }
    known.sort_by_key(|id| id.parse::<u32>().unwrap_or(u32::MAX));
    let held = held(engine, &name, &known).await?;
    share_out(&mut members, &known, &held).map_err(Problem::from)
}

/// Asks what running containers of dynrun have.
async fn held(engine: &Engine, deployment: &str, known: &[String]) -> Result<Held, EngineError> {
    let filters = Filters::from([("label".to_owned(), vec![label::MANAGED.to_owned()])]);
    let running = engine.containers(false, None, &filters).await?;
    let facts = try_join_all(running.iter().map(|line| engine.container(&line.id))).await?;
    let mut held = Held::default();
    for (line, facts) in running.iter().zip(facts) {
        let requests = facts.and_then(|facts| facts.host_config.device_requests);
        let requests = requests.into_iter().flatten();
        let ids = requests.flat_map(|request| ids_of(&request, known));
        let label = |name: &str| line.labels.get(name).map(String::as_str);
        match label(label::MEMBER).filter(|_| label(label::DEPLOYMENT) == Some(deployment)) {
            Some(member) => {
                held.own.insert(member.to_owned(), ids.collect());
            }
            None => held
                .others
                .extend(ids.map(|id| (id, line.name().to_owned()))),
        }
    }
    Ok(held)
}

/// Returns the GPUs of a request: those that it names, or those that a number of them comes to, which
/// are the first ones. A word for all of them stands for those that are known.
fn ids_of(request: &RequestedDevices, known: &[String]) -> Vec<String> {
    let named = request.device_ids.as_deref().unwrap_or_default();
    if !named.is_empty() {
        let ids = named
            .iter()
            .map(|id| id.strip_prefix(CDI_KIND).unwrap_or(id));
        return ids
            .flat_map(|id| match id {
                "all" => known.to_vec(),
                id => vec![id.to_owned()],
            })
            .collect();
    }
    let words = request.capabilities.iter().flatten().flatten();
    if !words.into_iter().any(|word| word == "gpu") {
        return Vec::new();
    }
    let count = usize::try_from(request.count).unwrap_or(known.len());
    known.iter().take(count).cloned().collect()
}

/// Gives each member the first GPUs that are free; those that run keep theirs, and those that share
/// get the same.
fn share_out(members: &mut [&mut Member], known: &[String], held: &Held) -> Result<(), NotEnough> {
    let mut given: BTreeMap<(String, u32), Vec<String>> = BTreeMap::new();
    let mut taken: Vec<String> = held.own.values().flatten().cloned().collect();
    for member in members {
        let Some(gpus) = member.gpus.clone() else {
            continue;
        };
        let shared = gpus.shared_with.as_ref();
        let shared = shared.and_then(|table| given.get(&(table.clone(), member.replica)));
        let ids = match held.own.get(&member.name).or(shared) {
            Some(ids) => ids.clone(),
            None => free(&member.name, &gpus, known, (&held.others, &taken))?,
        };
        taken.extend(ids.iter().cloned());
        member.give_gpus(&ids);
        given.insert((member.table.clone(), member.replica), ids);
    }
    Ok(())
}

fn free(
    member: &str,
    gpus: &Gpus,
    known: &[String],
    (others, taken): (&BTreeMap<String, String>, &[String]),
) -> Result<Vec<String>, NotEnough> {
    let wanted = gpus.count as usize;
    let from = if gpus.pinned.is_empty() {
        known
    } else {
        &gpus.pinned
    };
    let is_free = |id: &&String| !others.contains_key(*id) && !taken.contains(id);
    let free: Vec<String> = from.iter().filter(is_free).cloned().collect();
    if free.len() >= wanted {
        return Ok(free[..wanted].to_vec());
    }
    let holder = |id: &String| Some((id.clone(), others.get(id)?.clone()));
    Err(NotEnough {
        member: member.to_owned(),
        wanted,
        free: free.len(),
        holders: from.iter().filter_map(holder).collect(),
    })
}

impl From<NotEnough> for Problem {
    fn from(error: NotEnough) -> Self {
        let NotEnough {
            member,
            wanted,
            free,
            holders,
        } = error;
        let free = match free {
            1 => "1 is free".to_owned(),
            free => format!("{free} are free"),
        };
        let message = format!("`{member}` needs {}, and {free}", counted(wanted, "GPU"));
        let mut problem = Self::new(ProblemKind::Usage, message);
        for (id, holder) in &holders {
            problem
                .causes
                .push(format!("GPU {id} is held by container `{holder}`"));
        }
        match holders.first() {
            Some((_, holder)) => problem.hint(format!("Free one: `dynrun stop {holder}`")),
            None => problem.hint("Lower `gpus` or `replicas` in the file"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::tests::derive;

    fn members(workers: &str) -> Vec<Member> {
        let text = format!(
            "deployment = \"x\"\nschema = 1\nframework = \"vllm\"\nmodel = \"org/m\"\n{workers}"
        );
        let mut members = derive(&text, false).unwrap().members;
        members.retain(|member| member.gpus.is_some());
        members
    }

    /// Returns the value of `--gpus` of each member.
    fn given(workers: &str, known: &[&str], held: &Held) -> Result<String, String> {
        let mut members = members(workers);
        let known: Vec<_> = known.iter().map(|id| (*id).to_owned()).collect();
        let mut asked: Vec<&mut Member> = members.iter_mut().collect();
        if let Err(error) = share_out(&mut asked, &known, held) {
            return Err(Problem::from(error).causes.join("; "));
        }
        let flag = |member: &Member| {
            let mut flags = member.request.flags.iter();
            format!(
                "{:?}",
                flags.find(|flag| flag.name == "gpus").unwrap().given
            )
        };
        Ok(members.iter().map(flag).collect::<Vec<_>>().join(" "))
    }

    fn held(others: &[(&str, &str)], own: &[(&str, &str)]) -> Held {
        let others = others
            .iter()
            .map(|(id, by)| ((*id).to_owned(), (*by).to_owned()));
        let own = own
            .iter()
            .map(|(by, id)| ((*by).to_owned(), vec![(*id).to_owned()]));
        Held {
            others: others.collect(),
            own: own.collect(),
        }
    }

    #[test]
    fn those_that_are_held_are_left_out() {
        let held = held(&[("1", "other")], &[]);
        let given = given("[workers.agg]\nreplicas = 2\n", &["0", "1", "2"], &held).unwrap();
        let (first, second) = given.split_once(' ').unwrap();
        assert!(
            first.contains("device=0") && second.contains("device=2"),
            "{given}"
        );
    }

    #[test]
    fn what_a_container_was_given_is_held() {
        let known = ["0", "1", "2"].map(str::to_owned);
        let held = |request: serde_json::Value| {
            let request = serde_json::from_value(request).unwrap();
            ids_of(&request, &known).join(" ")
        };
        // As the engine shows `--gpus all`, `--gpus 2`, `--gpus device=2`, CDI devices, and others.
        let gpu = serde_json::json!([["gpu"]]);
        let json = |count: i64, ids: &[&str]| serde_json::json!({ "Count": count, "DeviceIDs": ids, "Capabilities": gpu });
        assert_eq!(held(json(-1, &[])), "0 1 2");
        assert_eq!(held(json(2, &[])), "0 1");
        assert_eq!(held(json(9, &[])), "0 1 2");
        assert_eq!(held(json(0, &["2"])), "2");
        assert_eq!(held(json(0, &["GPU-1f", "1"])), "GPU-1f 1");
        assert_eq!(held(json(0, &["nvidia.com/gpu=1"])), "1");
        assert_eq!(held(json(0, &["nvidia.com/gpu=all"])), "0 1 2");
        assert_eq!(held(json(0, &["all"])), "0 1 2");
        let other = serde_json::json!({ "Count": -1, "Capabilities": [["fpga"]] });
        assert_eq!(held(other), "");
    }

    #[test]
    fn those_that_run_keep_theirs() {
        let held = held(&[], &[("agg-1", "0")]);
        let given = given("[workers.agg]\nreplicas = 2\n", &["0", "1"], &held).unwrap();
        let (first, second) = given.split_once(' ').unwrap();
        assert!(
            first.contains("device=1") && second.contains("device=0"),
            "{given}"
        );
    }

    #[test]
    fn without_enough_the_holder_is_named() {
        let held = held(&[("0", "other-agg-0")], &[]);
        let refused = given("[workers.agg]\nreplicas = 2\n", &["0", "1"], &held);
        assert_eq!(
            refused,
            Err("GPU 0 is held by container `other-agg-0`".to_owned())
        );
    }
}
