//! The plans of every shipped combination, in a form that a person can review.
//!
//! For each framework, one full plan of its default target, and one table that says what every other
//! target, device and source changes. `INSTA_UPDATE=always cargo test --test it golden` accepts a
//! change of the profiles, and git shows what it does to each image.

use std::collections::{BTreeMap, BTreeSet};

use dynbuild::internals::plan::{BuildPlan, PlannedTarget, render};
use serde_json::Value;

use crate::support::shipped;

#[test]
fn the_default_image_of_each_framework_is_planned_as_before() {
    for framework in shipped::frameworks() {
        let plan = shipped::default_image(&framework);
        golden().bind(|| insta::assert_snapshot!(framework, render::json(&plan)));
    }
}

#[test]
fn every_other_combination_differs_from_the_default_image_as_before() {
    for framework in shipped::frameworks() {
        let text = changes(&framework);
        golden().bind(|| insta::assert_snapshot!(format!("{framework}-changes"), text));
    }
}

fn golden() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// What each target changes of the default image, and what each device and source changes of the
/// targets on the default device from wheels.
fn changes(framework: &str) -> String {
    let default = facts(&shipped::default_image(framework).targets[0]);
    let builds = shipped::builds_of(framework);
    let (first, others) = builds.split_first().expect("a combination");
    let mut lines = Vec::new();
    for target in &first.plan.targets {
        lines.push(format!("== target {}", target.target));
        lines.extend(difference(&default, &facts(target)));
    }
    for build in others {
        lines.push(format!("== {} from {}", build.device, build.source));
        lines.extend(shared_difference(&first.plan, &build.plan));
    }
    lines.join("\n")
}

type Facts = BTreeMap<String, String>;

/// Everything that a plan says of an image, one line each. Names and labels that only repeat the
/// framework, target, device and source are left out.
fn facts(target: &PlannedTarget) -> Facts {
    let value = serde_json::to_value(target).expect("a plan is JSON");
    let mut facts = Facts::new();
    for (key, value) in value.as_object().expect("an object") {
        if !["name", "target", "device", "source", "tags", "labels"].contains(&key.as_str()) {
            flatten(&mut facts, key, value);
        }
    }
    facts
}

fn flatten(facts: &mut Facts, key: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(facts, &format!("{key}.{name}"), value);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let words: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            facts.insert(key.to_owned(), words.join(" "));
        }
        Value::String(text) => {
            facts.insert(key.to_owned(), text.replace('\n', "\\n"));
        }
        other => {
            facts.insert(key.to_owned(), other.to_string());
        }
    }
}

/// Arguments that a target lacks are named in one line: most targets take few of them.
fn difference(base: &Facts, other: &Facts) -> Vec<String> {
    let mut lines: Vec<_> = other
        .iter()
        .filter(|(key, value)| base.get(*key) != Some(value))
        .map(|(key, value)| format!("  {key} = {value}"))
        .collect();
    let absent: Vec<_> = base
        .keys()
        .filter(|key| !other.contains_key(*key))
        .map(|key| key.trim_start_matches("build_args."))
        .collect();
    if !absent.is_empty() {
        lines.push(format!("  without {}", absent.join(" ")));
    }
    lines
}

/// A difference that several targets have in common is one line.
fn shared_difference(base: &BuildPlan, other: &BuildPlan) -> Vec<String> {
    let before = by_target(base);
    let after = by_target(other);
    let mut lines: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for (target, facts) in &after {
        let Some(known) = before.get(target) else {
            lines
                .entry("  is a target here".into())
                .or_default()
                .insert(target);
            continue;
        };
        for (key, value) in facts {
            if known.get(key) != Some(value) {
                lines
                    .entry(format!("  {key} = {value}"))
                    .or_default()
                    .insert(target);
            }
        }
        for key in known.keys().filter(|key| !facts.contains_key(*key)) {
            lines
                .entry(format!("  without {key}"))
                .or_default()
                .insert(target);
        }
    }
    for target in before.keys().filter(|target| !after.contains_key(*target)) {
        lines
            .entry("  is no target here".into())
            .or_default()
            .insert(target);
    }
    let all: BTreeSet<&str> = after.keys().copied().collect();
    lines
        .iter()
        .map(|(line, targets)| format!("{line}{}", names_of(targets, &all)))
        .collect()
}

fn by_target(plan: &BuildPlan) -> BTreeMap<&str, Facts> {
    plan.targets
        .iter()
        .map(|target| (target.target.as_str(), facts(target)))
        .collect()
}

/// Says for which targets a line holds; nothing if for more than half of them.
fn names_of(targets: &BTreeSet<&str>, all: &BTreeSet<&str>) -> String {
    if targets.len() * 2 > all.len() {
        return String::new();
    }
    let names: Vec<_> = targets.iter().copied().collect();
    format!("    [{}]", names.join(" "))
}
