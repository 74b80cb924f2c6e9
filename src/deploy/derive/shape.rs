//! How the GPUs of a replica divide the work.

use super::engine::Engine;
use crate::deploy::file::{WorkerTable, Written as _};
use crate::deploy::finding::Finding;
use crate::text::counted;
use crate::toml_file::Located;

/// Returns a size that has to be said.
pub(super) fn several(size: u32) -> Option<u32> {
    (size > 1).then_some(size)
}

/// Sizes of the kinds of parallelism.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::deploy) struct Shape {
    /// GPUs of a replica.
    pub(in crate::deploy) gpus: u32,
    /// Tensor-parallel size.
    pub(in crate::deploy) tp: u32,
    /// Pipeline-parallel size.
    pub(in crate::deploy) pp: u32,
    /// Data-parallel size.
    pub(in crate::deploy) dp: u32,
    /// Expert-parallel size, if experts are spread.
    pub(in crate::deploy) ep: Option<u32>,
}

impl Shape {
    pub(super) fn of(
        name: &Located<String>,
        table: &WorkerTable,
        engine: Engine,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let (pp, dp) = (table.pp.value_or(1), table.dp.value_or(1));
        // With attention data parallelism the ranks are the same GPUs once more.
        let others = if engine.multiplies_data_parallel() {
            pp.saturating_mul(dp)
        } else {
            pp
        };
        let usual = match engine {
            Engine::Mocker => 0,
            Engine::Vllm | Engine::Sglang | Engine::Trtllm => {
                table.tp.value_or(1).saturating_mul(others)
            }
        };
        let gpus = table.gpus.value_or(usual);
        let divided = gpus.checked_div(others).unwrap_or(0).max(1);
        let tp = table.tp.value_or(divided);
        let shape = Self {
            gpus,
            tp,
            pp,
            dp,
            ep: table.ep.value().and_then(several),
        };
        if !matches!(engine, Engine::Mocker) {
            findings.extend(shape.mistakes(&name.value, table, engine).map(|finding| {
                let WorkerTable {
                    gpus,
                    tp,
                    pp,
                    dp,
                    ep,
                    nodes,
                    ..
                } = table;
                let mut keys = [gpus, tp, pp, dp, ep, nodes].into_iter().flatten();
                finding.at(keys.next().map_or(&name.at, |key| &key.at))
            }));
        }
        shape
    }

    fn mistakes(
        &self,
        name: &str,
        table: &WorkerTable,
        engine: Engine,
    ) -> impl Iterator<Item = Finding> + use<> {
        let Self {
            gpus,
            tp,
            pp,
            dp,
            ep,
        } = *self;
        let nodes = table.nodes.value_or(1);
        let (factor, shown) = if engine.multiplies_data_parallel() {
            (dp, format!(" × dp {dp}"))
        } else {
            (1, String::new())
        };
        let ranks = u128::from(tp) * u128::from(pp) * u128::from(factor);
        let ranks = (ranks != u128::from(gpus))
            .then(|| format!("tp {tp} × pp {pp}{shown} is not {}", counted(gpus, "GPU")));
        let attention = !engine.multiplies_data_parallel() && dp > 1 && tp % dp != 0;
        let attention = attention.then(|| format!("dp {dp} does not divide tp {tp}"));
        let experts = ep.filter(|ep| (u64::from(tp) * u64::from(dp)) % u64::from(*ep) != 0);
        let experts = experts.map(|ep| format!("ep {ep} does not divide the ranks"));
        let spread = (nodes == 0 || gpus % nodes.max(1) != 0).then(|| {
            let (gpus, nodes) = (counted(gpus, "GPU"), counted(nodes, "machine"));
            format!("{gpus} cannot be divided over {nodes}")
        });
        let none = [("tp", tp), ("pp", pp), ("dp", dp)]
            .into_iter()
            .find(|(_, size)| *size == 0);
        let none = none.map(|(key, _)| format!("{key} is 0"));
        let name = name.to_owned();
        [none, ranks, attention, experts, spread]
            .into_iter()
            .flatten()
            .map(move |what| {
                Finding::error(format!("`workers.{name}` cannot be divided: {what}")).hint(format!(
                    "Correct `gpus`, `nodes`, `tp`, `pp`, `dp` or `ep` in `[workers.{name}]`"
                ))
            })
    }

    /// The same shape for a process that plays it.
    pub(super) const fn without_gpus(self) -> Self {
        Self { gpus: 0, ..self }
    }
}
