//! Values that are numbers or words of their own.

use crate::deploy::derive::{Common, Engine};
use crate::deploy::file::{RequestPlane, RouterMode};
use crate::deploy::finding::Finding;
use crate::deploy::network::Discovery;
use crate::deploy::secret_source::SecretSource;
use crate::docker::size::ByteSize;
use crate::toml_file::Located;

/// More than any machine has.
const MOST_GPUS: u32 = 1024;

pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = counts(common);
    findings.extend(discovery(common));
    findings.extend(planes(common));
    findings.extend(trtllm(common));
    findings.extend(memory(common));
    findings.extend(secrets(common));
    findings.extend(gone(common));
    findings
}

/// Nobody serves with none of them.
fn counts(common: &Common<'_>) -> Vec<Finding> {
    let frontends = common.file.frontend.replicas.as_ref();
    let frontends = frontends.filter(|replicas| replicas.value == 0);
    let frontends = frontends.map(|at| Finding::error("There are no frontends").at(&at.at));
    let idle = common.workers.iter().all(|worker| worker.replicas == 0);
    let first = common.workers.first().filter(|_| idle);
    let workers = first.map(|worker| Finding::error("There are no workers").at(&worker.name.at));
    let found = frontends.into_iter().chain(workers);
    let found = found.map(|finding| finding.hint("Write `replicas = 1` or more"));
    found.chain(gpus(common)).collect()
}

/// GPUs are listed one by one, so that a slip of the pen must not fill the memory.
fn gpus(common: &Common<'_>) -> Option<Finding> {
    let workers = common.workers.iter();
    let mut counts = workers.map(|worker| (worker, worker.gpus_per_node()));
    let (worker, count) = counts.find(|(_, count)| *count > MOST_GPUS)?;
    let name = &worker.name.value;
    let message = format!("`workers.{name}` has {count} GPUs on a machine, more than {MOST_GPUS}");
    let hint = format!("Correct `gpus` and `nodes` in `[workers.{name}]`");
    Some(Finding::error(message).at(&worker.name.at).hint(hint))
}

fn discovery(common: &Common<'_>) -> Option<Finding> {
    let written = common.file.discovery.as_ref()?;
    let several = !common.file.nodes.is_empty();
    (several && matches!(common.discovery, Discovery::File { .. })).then(|| {
        Finding::error("Discovery by files works on one machine, and the file has several")
            .at(&written.at)
            .hint("Write `discovery = \"etcd\"`, or remove `[nodes]`")
    })
}

/// Versions differ in what they can do at all.
fn planes(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let version = &common.version;
    let old = |what: &str, since: &str, at: &Located<RequestPlane>| {
        Finding::error(format!("Dynamo {version} has no {what}; {since} has"))
            .at(&at.at)
            .hint("Use a newer image, or leave the key out")
    };
    if let Some(plane) = &common.file.request_plane
        && plane.value == RequestPlane::Tcp
        && !version.is_at_least(0, 8)
    {
        findings.push(old("request plane `tcp`", "0.8", plane));
    }
    if let Some(router) = &common.file.frontend.router {
        let is_new = !matches!(
            router.value,
            RouterMode::RoundRobin | RouterMode::Random | RouterMode::Kv
        );
        if is_new && !version.is_at_least(1, 0) {
            findings.push(
                Finding::error(format!("Dynamo {version} has no router `{}`", router.value))
                    .at(&router.at)
                    .hint("Use `round-robin`, `random` or `kv`, or a newer image"),
            );
        }
    }
    findings
}

/// Ranks over machines are started by MPI, which only the operator sets up.
fn trtllm(common: &Common<'_>) -> Option<Finding> {
    let several = common.workers.iter().find(|worker| worker.nodes > 1)?;
    (common.started() == Engine::Trtllm).then(|| {
        let name = &several.name.value;
        Finding::error(format!(
            "TensorRT-LLM needs MPI for a replica over several machines, as `workers.{name}` asks for"
        ))
        .at(&several.name.at)
        .hint("Run it on Kubernetes, whose operator sets MPI up, or write `nodes = 1`")
    })
}

fn memory(common: &Common<'_>) -> Vec<Finding> {
    let workers = common.workers.iter();
    let written = workers.filter_map(|worker| worker.table.memory.as_ref());
    let invalid = written.filter(|memory| {
        let share = memory.value.parse::<f64>();
        let fraction = share.is_ok_and(|share| share > 0.0 && share <= 1.0);
        let bytes = common.engine == Engine::Vllm && memory.value.parse::<ByteSize>().is_ok();
        !fraction && !bytes
    });
    let refuse = |memory: &Located<String>| {
        Finding::error(format!("Invalid value `{}` for `memory`", memory.value))
            .at(&memory.at)
            .hint("Write a fraction such as `\"0.4\"`; with vLLM also the size of the cache, `\"20g\"`")
    };
    invalid.map(refuse).collect()
}

fn secrets(common: &Common<'_>) -> Vec<Finding> {
    let secrets = common.file.secrets.iter();
    let invalid = secrets.filter(|(_, source)| SecretSource::parse(&source.value).is_none());
    let refuse = |(name, source): (&Located<String>, &Located<String>)| {
        // What is written may be the secret itself.
        Finding::error(format!(
            "The source of the secret `{}` is neither `env:` nor `file:`",
            name.value
        ))
        .at(&source.at)
        .hint(format!("Write `{0} = \"env:{0}\"`", name.value))
    };
    invalid.map(refuse).collect()
}

/// Flags that this version accepts and ignores, or refuses.
fn gone(common: &Common<'_>) -> Vec<Finding> {
    let version = &common.version;
    let flags = common.file.frontend.args.iter();
    let flags = flags.filter(|_| version.is_at_least(1, 4));
    let gone = flags.filter_map(|(name, _)| {
        let finding = match name.as_str() {
            "decode-fallback" => {
                Finding::error(format!("Dynamo {version} has no `--{}`", name.value))
            }
            "enforce-disagg" | "admission-control" => {
                Finding::warning(format!("Dynamo {version} ignores `--{}`", name.value))
            }
            _ => return None,
        };
        Some(finding.at(&name.at).hint("Remove it"))
    });
    gone.collect()
}
