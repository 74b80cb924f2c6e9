//! The summary as a page for a CI job.

use super::sccache::StageCache;
use super::state::Target;
use super::summary::{NAME_COLUMNS, Summary};
use crate::execute::event::TargetOutcome;
use crate::text::{Look, clean_line, fit, human_duration, human_size};

impl Summary {
    /// Returns the summary in Markdown, as `GITHUB_STEP_SUMMARY` and its like take it.
    pub fn markdown(&self) -> String {
        let rows: String = self.targets.iter().map(row).collect();
        let totals = self.totals().join(" · ");
        let table =
            format!("| target | result | time | size | image |\n|---|---|---:|---:|---|\n{rows}");
        let cache = self.cache_table();
        format!(
            "### dynbuild\n\n{table}\n{totals}\n{cache}{}",
            self.slowest_list()
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
    let location = stage.location.as_deref().map(code).unwrap_or_default();
    let figures = stage.figures();
    format!("| {} | {figures} | {location} |\n", code(&stage.stage))
}

fn row(target: &Target) -> String {
    let (end, outcome) = match &target.finished {
        Some((end, outcome)) => (*end, Some(outcome)),
        None => (target.started, None),
    };
    let time = human_duration(end.saturating_sub(target.started));
    let (result, size, image) = match outcome {
        Some(TargetOutcome::Built(built)) => {
            let digest = built.digest.as_ref().or(built.image_id.as_ref());
            let names = built
                .tags
                .iter()
                .cloned()
                .chain(digest.map(ToString::to_string));
            let names: Vec<_> = names.map(|name| code(&name)).collect();
            ("built", built.size.map(human_size), names.join("<br>"))
        }
        Some(TargetOutcome::Failed { error, vertex: _ }) => ("**failed**", None, code(error)),
        Some(TargetOutcome::Cancelled) | None => ("cancelled", None, String::new()),
    };
    let size = size.unwrap_or_default();
    format!(
        "| {} | {result} | {time} | {size} | {image} |\n",
        code(&target.name)
    )
}

/// Returns a text as code that neither ends early nor breaks a table.
fn code(text: &str) -> String {
    let text = clean_line(&text.replace('\n', " "));
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}
