//! Memory: limits, swap, `/dev/shm`, and who is killed when it runs out.

use super::{Refusal, RunOption};
use crate::docker::number;
use crate::docker::size::ByteSize;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("memory", |draft, text| {
        draft.spec.resources.memory = Some(bytes(text)?);
        Ok(())
    }),
    RunOption::value("memory-reservation", |draft, text| {
        draft.spec.resources.memory_reservation = Some(bytes(text)?);
        Ok(())
    }),
    RunOption::value("memory-swap", |draft, text| {
        let unlimited = text == "-1";
        draft.spec.resources.memory_swap = Some(if unlimited { -1 } else { bytes(text)? });
        Ok(())
    }),
    RunOption::value("shm-size", |draft, text| {
        draft.spec.resources.shm_size = Some(bytes(text)?);
        Ok(())
    }),
    RunOption::value("oom-score-adj", |draft, text| {
        draft.spec.resources.oom_score_adj = Some(number::integer(text)?);
        Ok(())
    }),
    RunOption::value("pids-limit", |draft, text| {
        draft.spec.resources.pids_limit = Some(number::integer(text)?);
        Ok(())
    }),
];

fn bytes(text: &str) -> Result<i64, Refusal> {
    // Sizes are below 2^63, or the grammar refuses them.
    Ok(text.parse::<ByteSize>()?.get().cast_signed())
}
