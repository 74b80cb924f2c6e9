//! A plan for people.

use std::collections::BTreeMap;

use super::super::build_plan::PlannedTarget;
use super::super::explanation::Explanation;
use super::super::origin::Origin;
use super::super::resolve::Resolution;
use crate::docker::size::ByteSize;

/// How much of a plan is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What fits on a screen: of arguments and labels those that the user set.
    Wishes,
    /// Every argument and label.
    All,
}

/// Returns the plan as text: a block for each build, each value with where it comes from.
pub fn text(resolution: &Resolution, detail: Detail) -> String {
    let blocks: Vec<String> = resolution
        .plan
        .targets
        .iter()
        .map(|target| block(target, &resolution.explanation, detail))
        .collect();
    blocks.join("\n")
}

fn block(target: &PlannedTarget, explanation: &Explanation, detail: Detail) -> String {
    let mut rows = Rows::default();
    rows.add("framework", &target.framework);
    rows.add("device", &target.device);
    rows.add("source", target.source.as_str());
    rows.add("version", &target.version);
    let platforms: Vec<_> = target.platforms.iter().map(ToString::to_string).collect();
    rows.add("platforms", &platforms.join(", "));
    rows.add("context", &target.context);
    rows.add_all("from", images(target));
    rows.add("fragments", &target.dockerfile.fragments.join(" → "));
    rows.add("stage", &target.dockerfile.stage);
    rows.add_all("tags", &target.tags);
    let args = valued(target, "", &target.build_args, explanation, detail);
    rows.add_all("build args", args);
    let labels = valued(target, "label ", &target.labels, explanation, detail);
    rows.add_all("labels", labels);
    rows.add_all("secrets", target.secrets.iter().map(|secret| &secret.id));
    let contexts = target.contexts.iter();
    let contexts = contexts.map(|(name, place)| format!("{name}={place}"));
    rows.add_all("contexts", contexts);
    rows.add_all("ssh", &target.ssh);
    rows.add_all("cache from", &target.cache_from);
    rows.add_all("cache to", &target.cache_to);
    rows.add_all("outputs", &target.outputs);
    rows.add_all("compression", compression(target));
    rows.add_all("attest", &target.attestations);
    let smoke = target.smoke.iter();
    let commands = smoke.map(|smoke| shell_words::join(&smoke.run));
    rows.add_all("smoke tests", commands);
    let flags = target.steps.flags().into_iter();
    let flags = flags.map(|(flag, value)| format!("{flag} {value}"));
    rows.add_all("steps", flags);
    let jobs = target.memory_per_job.iter().map(|(name, size)| {
        let size = ByteSize::bytes(*size);
        format!("{name}: one per core of the engine, and per {size} of its memory")
    });
    rows.add_all("jobs", jobs);
    let mut when =
        |title, is_on: bool, meaning: &str| rows.add_all(title, is_on.then_some(meaning));
    when(
        "logs",
        target.complete_logs,
        "complete, for steps that fail",
    );
    when("no cache", target.no_cache, "every step runs");
    when("pull", target.pull, "base images are checked for updates");
    format!("{}\n{}", target.name, rows.text)
}

/// Says how layers are packed where that is not what every client expects.
fn compression(target: &PlannedTarget) -> Option<String> {
    let asked = target.compression.map(|asked| asked.as_str().to_owned());
    let usual = target
        .is_only_loaded()
        .then(|| "zstd, if the engine has the containerd image store".to_owned());
    asked.or(usual)
}

/// Returns the images that the build starts from, without those that only other targets use.
fn images(target: &PlannedTarget) -> Vec<String> {
    let image = |name: &str| {
        let repository = target.build_args.get(name)?;
        let tag = target.build_args.get(&format!("{name}_TAG"))?;
        Some(format!("{repository}:{tag}"))
    };
    let mut images: Vec<_> = ["BASE_IMAGE", "RUNTIME_IMAGE"]
        .into_iter()
        .filter_map(image)
        .collect();
    images.dedup();
    images
}

/// Returns `NAME=value  (origin)` entries with aligned origins, and how many are not shown.
fn valued(
    target: &PlannedTarget,
    kind: &str,
    values: &BTreeMap<String, String>,
    explanation: &Explanation,
    detail: Detail,
) -> Vec<String> {
    let with_origin = |(name, value): (&String, &String)| {
        let key = format!("{kind}{name}");
        let origin = explanation.of(&target.name, &key);
        let origin = origin.or_else(|| explanation.of(&target.target, &key));
        (format!("{name}={}", value.trim_end()), origin)
    };
    let all = values.iter().map(with_origin);
    let shown: Vec<_> = all
        .filter(|(_, origin)| detail == Detail::All || origin.is_some_and(Origin::is_wish))
        .collect();
    // One long value must not push the origins of all others off the screen.
    let widths = shown.iter().map(|(cell, _)| cell.chars().count());
    let width = widths.filter(|width| *width <= 44).max().unwrap_or(0);
    let hidden = values.len() - shown.len();
    let entries = shown.into_iter().map(|(cell, origin)| match origin {
        Some(origin) => format!("{cell:width$}  ({origin})"),
        None => cell,
    });
    let rest = match (hidden, hidden == values.len()) {
        (0, _) => None,
        (_, true) => Some(format!(
            "{hidden} as the profile has them; `--all` shows them"
        )),
        (_, false) => Some(format!(
            "and {hidden} as the profile has them; `--all` shows them"
        )),
    };
    entries.chain(rest).collect()
}

/// Lines of a title and a value; the title stands at the first value only.
#[derive(Default)]
struct Rows {
    text: String,
}

impl Rows {
    fn add(&mut self, title: &str, value: &str) {
        // Further lines of a value stay in its column.
        for (index, line) in value.trim_end().split('\n').enumerate() {
            let title = if index == 0 { title } else { "" };
            self.text += format!("  {title:<11} {line}").trim_end();
            self.text.push('\n');
        }
    }

    fn add_all(&mut self, title: &str, values: impl IntoIterator<Item = impl ToString>) {
        for (index, value) in values.into_iter().enumerate() {
            self.add(if index == 0 { title } else { "" }, &value.to_string());
        }
    }
}
