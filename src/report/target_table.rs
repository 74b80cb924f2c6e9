//! Several targets as a table, which is read at a glance where there are many.

use super::state::{Counts, Target};
use super::summary::Summary;
use crate::execute::event::TargetOutcome;
use crate::text::{Look, Table, Tone, counted, fit_middle, human_duration, human_size};

/// Where names of targets are cut, so that a row fits into 80 columns.
const NAME_COLUMNS: usize = 32;

/// What a row says of a target.
pub(super) struct TargetRow {
    pub(super) result: &'static str,
    pub(super) tone: Tone,
    pub(super) time: String,
    /// How many of its steps were cached, for example `12/14`.
    pub(super) cached: String,
    pub(super) size: String,
    /// What registries have of it, for example `2 names`.
    pub(super) pushed: String,
}

impl TargetRow {
    /// Sums up a target and the steps that it was built by.
    pub(super) fn new(target: &Target, counts: Counts) -> Self {
        let (result, tone) = match target.outcome() {
            Some(TargetOutcome::Built(_)) => ("built", Tone::Good),
            Some(TargetOutcome::Failed { .. }) => ("failed", Tone::Error),
            Some(TargetOutcome::Withheld) => ("withheld", Tone::Warning),
            Some(TargetOutcome::Cancelled) | None => ("cancelled", Tone::Warning),
        };
        let built = target.built();
        let Counts { run, cached } = counts;
        let pushed = built.filter(|built| !built.pushed.is_empty());
        Self {
            result,
            tone,
            time: human_duration(target.duration()),
            cached: format!("{cached}/{}", run + cached),
            size: built
                .and_then(|built| built.size)
                .map(human_size)
                .unwrap_or_default(),
            pushed: pushed
                .map(|built| counted(built.pushed.len(), "name"))
                .unwrap_or_default(),
        }
    }
}

impl Summary {
    /// Returns the rows of the targets.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&Target, TargetRow)> {
        let counts = self.target_counts.iter().copied();
        let counts = counts.chain(std::iter::repeat(Counts::default()));
        let targets = self.targets.iter().zip(counts);
        targets.map(|(target, counts)| (target, TargetRow::new(target, counts)))
    }

    /// Returns the targets as a table to read.
    pub(super) fn target_table(&self, look: Look) -> String {
        let mut table = Table::new(["TARGET", "RESULT", "TIME", "CACHED", "SIZE", "PUSHED"]);
        for (target, row) in self.rows() {
            table.row([
                fit_middle(&target.name, NAME_COLUMNS, look),
                look.paint(row.tone, row.result),
                row.time,
                row.cached,
                row.size,
                row.pushed,
            ]);
        }
        table.render(look)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::execute::event::BuiltTarget;
    use crate::report::state::BuildState;
    use crate::text::width;

    fn target(name: String, outcome: TargetOutcome) -> Target {
        Target {
            name,
            started: Duration::ZERO,
            finished: Some((Duration::from_secs(723), outcome)),
        }
    }

    /// A set of 24 targets, of which one has failed.
    fn summary() -> Summary {
        let mut targets = Vec::new();
        for framework in ["vllm", "sglang"] {
            for device in ["cuda12.9", "cuda13.0", "cuda13.1"] {
                for stage in ["runtime", "dev", "local-dev", "runtime-with-a-long-name"] {
                    let built = BuiltTarget {
                        size: Some(12_345_678_901),
                        pushed: vec!["a".into(), "b".into()],
                        ..BuiltTarget::default()
                    };
                    let name = format!("{framework}-{device}-{stage}");
                    targets.push(target(name, TargetOutcome::Built(built)));
                }
            }
        }
        targets[5].finished = Some((Duration::from_secs(9), TargetOutcome::Cancelled));
        Summary {
            target_counts: vec![Counts { run: 2, cached: 41 }; targets.len()],
            targets,
            ..Summary::of(&BuildState::default())
        }
    }

    #[test]
    fn twenty_four_targets_fit_into_eighty_columns() {
        let look = Look {
            width: Some(80),
            ..Look::PLAIN
        };
        let table = summary().target_table(look);
        assert_eq!(table.lines().count(), 25);
        assert!(table.lines().all(|line| width(line) < 80), "{table}");
        let lines: Vec<_> = table.lines().take(7).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        TARGET                            RESULT     TIME     CACHED  SIZE     PUSHED
        vllm-cuda12.9-runtime             built      12m 03s  41/43   12.3 GB  2 names
        vllm-cuda12.9-dev                 built      12m 03s  41/43   12.3 GB  2 names
        vllm-cuda12.9-local-dev           built      12m 03s  41/43   12.3 GB  2 names
        vllm-cuda12.9-r...th-a-long-name  built      12m 03s  41/43   12.3 GB  2 names
        vllm-cuda13.0-runtime             built      12m 03s  41/43   12.3 GB  2 names
        vllm-cuda13.0-dev                 cancelled  9.0s     41/43
        ");
    }

    #[test]
    fn markdown_has_the_same_columns() {
        let markdown = summary().markdown();
        let lines: Vec<_> = markdown.lines().skip(2).take(3).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        | target | result | time | cached | size | pushed | image |
        |---|---|---:|---:|---:|---|---|
        | `vllm-cuda12.9-runtime` | built | 12m 03s | 41/43 | 12.3 GB | 2 names |  |
        ");
    }
}
