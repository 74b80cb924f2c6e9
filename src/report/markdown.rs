//! The summary as a page for a CI job.

use super::sccache::StageCache;
use super::state::Target;
use super::summary::{FailedStep, NAME_COLUMNS, Summary};
use super::target_table::TargetRow;
use crate::diagnosis::without_command;
use crate::execute::event::{BuiltTarget, TargetOutcome};
use crate::text::{Look, clean_line, fit, human_duration};

impl Summary {
    /// Returns the summary in Markdown, as `GITHUB_STEP_SUMMARY` and its like take it.
    pub fn markdown(&self) -> String {
        let totals = self.totals().join(" · ");
        let table = match self.targets.as_slice() {
            [only] => {
                let row = row(only);
                format!("| target | result | time | size | image |\n|---|---|---:|---:|---|\n{row}")
            }
            _ => self.targets_by_row(),
        };
        // What failed without a word has its reason in the table.
        let wrote = self.failures.iter().filter(|step| !step.lines.is_empty());
        let failures: String = wrote.map(failure).collect();
        let cache = self.cache_table();
        format!(
            "### dynbuild\n\n{table}\n{totals}\n{failures}{cache}{}",
            self.slowest_list()
        )
    }

    fn targets_by_row(&self) -> String {
        let rows = self.rows().map(|(target, row)| {
            let TargetRow {
                result,
                tone: _,
                time,
                cached,
                size,
                pushed,
            } = row;
            let image = image(target);
            format!(
                "| {} | {result} | {time} | {cached} | {size} | {pushed} | {image} |\n",
                code(&target.name)
            )
        });
        format!(
            "| target | result | time | cached | size | pushed | image |\n\
             |---|---|---:|---:|---:|---|---|\n{}",
            rows.collect::<String>()
        )
    }

    fn cache_table(&self) -> String {
        if self.sccache.is_empty() {
            return String::new();
        }
        let rows: String = self.sccache.iter().map(cache_row).collect();
        let warnings = self.sccache.iter().flat_map(StageCache::warnings);
        let warnings: String = warnings.map(|warning| warning_item(&warning)).collect();
        format!("\n| stage | compiler cache | where |\n|---|---:|---|\n{rows}\n{warnings}")
    }

    fn slowest_list(&self) -> String {
        let items: String = self
            .slowest
            .iter()
            .map(|(name, time)| item(name, &human_duration(*time)))
            .collect();
        if items.is_empty() {
            return items;
        }
        format!("\n<details><summary>Slowest steps</summary>\n\n{items}\n</details>\n")
    }
}

/// Returns the end of what a failed step wrote, behind a fence that none of its lines closes.
fn failure(step: &FailedStep) -> String {
    let longest = step.lines.iter().map(|line| backticks(line)).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let lines = step.lines.join("\n");
    let heading = format!("{} failed:", code(&step.name));
    format!("\n{heading}\n\n{fence}text\n{lines}\n{fence}\n")
}

/// Returns the length of the longest run of backticks.
fn backticks(line: &str) -> usize {
    let runs = line.split(|character| character != '`');
    runs.map(str::len).max().unwrap_or(0)
}

fn item(name: &str, time: &str) -> String {
    let look = Look {
        unicode: true,
        ..Look::PLAIN
    };
    format!("* {time} {}\n", code(&fit(name, NAME_COLUMNS, look)))
}

fn warning_item(warning: &str) -> String {
    format!("* warning: {}\n", code(warning))
}

fn cache_row(stage: &StageCache) -> String {
    let location = stage.log.location.as_deref().map(code).unwrap_or_default();
    let figures = stage.figures();
    format!("| {} | {figures} | {location} |\n", code(&stage.stage))
}

fn row(target: &Target) -> String {
    let result = match target.outcome() {
        Some(TargetOutcome::Built(_)) => "built",
        Some(TargetOutcome::Failed { .. }) => "**failed**",
        Some(TargetOutcome::Withheld) => "withheld",
        Some(TargetOutcome::Cancelled) | None => "cancelled",
    };
    let time = human_duration(target.duration());
    let size = target.built().and_then(BuiltTarget::shown_size);
    let image = image(target);
    let size = size.unwrap_or_default();
    format!(
        "| {} | {result} | {time} | {size} | {image} |\n",
        code(&target.name)
    )
}

/// Returns the names and the digest of a target's image, or why there is none.
fn image(target: &Target) -> String {
    match target.outcome() {
        Some(TargetOutcome::Built(built)) => {
            let digest = built.identity().map(ToString::to_string);
            let names = built.tags.iter().cloned().chain(digest);
            let names: Vec<_> = names.map(|name| code(&name)).collect();
            names.join("<br>")
        }
        Some(TargetOutcome::Failed { error, vertex: _ }) => code(without_command(error)),
        Some(TargetOutcome::Withheld | TargetOutcome::Cancelled) | None => String::new(),
    }
}

/// Returns a text as code that neither ends early nor breaks a table.
fn code(text: &str) -> String {
    let text = clean_line(&text.replace('\n', " "));
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}
