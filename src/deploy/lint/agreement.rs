//! What workers of one model must agree on.

use crate::deploy::derive::{Common, Engine, PlannedWorker};
use crate::deploy::file::{FlagValue, Role};
use crate::deploy::finding::Finding;
use crate::toml_file::Located;

pub(super) fn check(common: &Common<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let block_size = common.engine.block_size_flag();
    if common.block_size.is_some() || common.is_disaggregated() {
        let why = "blocks of one worker mean nothing to another";
        findings.extend(differ(common, block_size, why, Finding::error));
    }
    if common.is_disaggregated() {
        let context = common.engine.context_flag();
        let why = "what prefill accepts, decode may refuse";
        findings.extend(differ(common, context, why, Finding::warning));
        let why = "the cache is transferred as it is";
        findings.extend(differ(common, "kv-cache-dtype", why, Finding::error));
        findings.extend(tensor_parallel(common));
    }
    findings
}

/// Returns what a worker is given for a flag.
fn written<'a>(
    common: &'a Common<'_>,
    worker: &'a PlannedWorker<'_>,
    flag: &str,
) -> Option<&'a Located<FlagValue>> {
    let own = worker.table.args.get(flag);
    own.or_else(|| common.file.all.args.get(flag))
}

fn differ(
    common: &Common<'_>,
    flag: &str,
    why: &str,
    finding: impl Fn(String) -> Finding,
) -> Option<Finding> {
    let partners = common.workers.iter();
    let partners = partners.filter(|worker| worker.role != Role::Encode);
    let mut values = partners.map(|worker| (worker, written(common, worker, flag)));
    let text = |value: Option<&Located<FlagValue>>| value.map(|value| value.value.text());
    let (first, value) = values.next()?;
    let (other, differs) = values.find(|(_, other)| text(*other) != text(value))?;
    let at = differs.or(value).map(|value| &value.at);
    let shown = |value| text(value).unwrap_or_else(|| "the engine's default".to_owned());
    let message = format!(
        "`{flag}` differs: {} in `workers.{}`, {} in `workers.{}`; {why}",
        shown(value),
        first.name.value,
        shown(differs),
        other.name.value
    );
    let hint = format!("Write `{flag}` once, in `[all.args]`");
    Some(finding(message).at_maybe(at).hint(hint))
}

/// SGLang transfers heads as they lie, unless the model has none (MLA).
fn tensor_parallel(common: &Common<'_>) -> Option<Finding> {
    if common.engine != Engine::Sglang {
        return None;
    }
    let prefill = common.of_role(Role::Prefill).next()?;
    let decode = common.of_role(Role::Decode).next()?;
    let (one, other) = (prefill.shape.tp, decode.shape.tp);
    (one != other).then(|| {
        Finding::warning(format!(
            "tp is {one} in `workers.{}` and {other} in `workers.{}`; SGLang can only do that with \
             models of multi-head latent attention, such as DeepSeek-R1",
            prefill.name.value, decode.name.value
        ))
        .at(&decode.name.at)
        .hint("Give both the same `tp` if the model has another kind of attention")
    })
}
