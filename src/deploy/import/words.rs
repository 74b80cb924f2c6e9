//! Flags and variables of a part, next to those that are derived for it.

use super::draft::{Draft, flag_value, json, text};
use super::note::Notes;
use super::part::{InputFlag, Part, PartKind};
use super::shape::FRACTIONS;
use super::tables::TableParts;
use crate::deploy::derive::Engine;
use crate::deploy::file::Role;
use crate::deploy::lint::forbidden::{frontend_key, variable_key, worker_key};
use crate::redact::shown_command;

/// Values that differ from replica to replica, or between a file and Kubernetes: derived ones hold.
const PLACES: &[&str] = &[
    "disaggregation-bootstrap-port",
    "bootstrap-ports",
    "nccl-port",
    "port",
    "host",
    "master-addr",
    "master-port",
    "dist-init-addr",
    "nnodes",
    "node-rank",
    "headless",
    "data-parallel-address",
    "data-parallel-rpc-port",
    "data-parallel-size-local",
    "data-parallel-start-rank",
    "data-parallel-rank",
    "http-port",
    "kv-cache-block-size",
    "namespace",
    "endpoint",
];

/// Flags that variables or the model's own name say as well.
const SAID_OTHERWISE: &[&str] = &[
    "served-model-name",
    "model-name",
    "router-mode",
    "migration-limit",
];

/// Variables of directories that dynrun mounts, in addition to those that are derived.
const MOUNTED: &[&str] = &["HF_HOME", "HF_HUB_CACHE"];

pub(super) fn lost_flags(part: &Part, other: &Part, notes: &mut Notes) {
    let engine = part.engine();
    for flag in part.flags.iter().filter(|flag| !flag.is_said.get()) {
        let name = flag.canonical(engine);
        let derived = other.flags.iter().find(|it| it.canonical(engine) == name);
        let words = [vec![flag.spelled()], flag.values.clone()].concat();
        let shown = shell_words::join(shown_command(&words));
        let said = match derived {
            Some(derived) if derived.equals(flag) || is_engine(&name) => continue,
            Some(derived) => format!("`{shown}` is derived: `{}`", derived.value()),
            None if is_default(&name, &flag.value()) => continue,
            None if flag.is_unsayable(engine) => {
                format!("`{shown}` is not taken over: `args` have flags with two dashes")
            }
            None => format!("`{shown}` is derived, and not taken over"),
        };
        notes.add(&flag.name.at, said);
    }
}

/// What a deployment adds, as far as the input does not say it in another way.
pub(super) fn added_flags(table: &TableParts<'_>, part: &Part, other: &Part, notes: &mut Notes) {
    let engine = part.engine();
    let has = |name: &str| part.flags.iter().any(|it| it.canonical(engine) == name);
    let is_said = |name: &str| {
        PLACES.contains(&name)
            || SAID_OTHERWISE.contains(&name)
            || (is_engine(name) && !part.files.is_empty())
    };
    let added = other.flags.iter().filter(|flag| {
        let name = flag.canonical(engine);
        !has(&name) && !is_said(&name) && !is_default(&name, &flag.value())
    });
    let added: Vec<_> = added.map(|flag| format!("`{}`", flag.spelled())).collect();
    if !added.is_empty() {
        let said = format!("`{}` also gets {}", table.table, added.join(", "));
        notes.add(part.at(), said);
    }
}

pub(super) fn lost_variables(part: &Part, other: &Part, notes: &mut Notes) {
    for variable in part.env.iter().filter(|variable| !variable.is_said.get()) {
        let name = &variable.name.value;
        let said = match other.variable(name) {
            Some(derived) if derived.value == variable.value => continue,
            _ if MOUNTED.contains(&name.as_str()) => {
                format!("`{name}` is not taken over: dynrun mounts the cache of models itself")
            }
            Some(derived) => {
                format!(
                    "`{name}={}` is derived: `{}`",
                    variable.value, derived.value
                )
            }
            None => format!("`{name}` is derived, and not taken over"),
        };
        notes.add(&variable.name.at, said);
    }
}

/// Returns why a key of Compose has no place in a deployment.
pub(super) fn why(key: &str) -> &'static str {
    match key {
        "container_name" | "depends_on" | "healthcheck" | "networks" | "logging"
        | "stop_grace_period" => ": dynrun has its own",
        "volumes" => ": dynrun mounts models, caches and discovery itself",
        "env_file" => ": write its variables into `env`, and its secrets into `[secrets]`",
        _ => ": a deployment has no key for it",
    }
}

/// Returns whether a flag holds the configuration of TensorRT-LLM, whose keys are merged.
fn is_engine(name: &str) -> bool {
    name == "override-engine-args"
}

/// Returns whether a flag says what holds without it.
fn is_default(name: &str, value: &str) -> bool {
    let is_size = name.ends_with("-size") || ["tp", "dp", "pp"].contains(&name);
    (is_size && value == "1") || (name == "disaggregation-mode" && value == "agg")
}

/// Adds flags that are not derived, or derived otherwise, and keeps the order of the input.
pub(super) fn flags(table: &TableParts<'_>, part: &Part, other: &Part, draft: &mut Draft) {
    let engine = part.engine();
    let args = format!("{}.args", table.table);
    let key = |name: &str| match part.kind {
        PartKind::Frontend => frontend_key(name),
        _ => worker_key(name),
    };
    let mut reached = 0;
    let flags = part.flags.iter().enumerate();
    for (index, flag) in flags.filter(|(_, flag)| !flag.is_said.get()) {
        let name = flag.canonical(engine);
        let place = other
            .flags
            .iter()
            .position(|it| it.canonical(engine) == name);
        let derived = place.map(|place| &other.flags[place]);
        let is_derived = key(&name).is_some();
        let is_same = derived.is_some_and(|derived| derived.equals(flag));
        // Only the size of blocks is both derived and written.
        let is_derived_only = is_derived || engine.map(Engine::block_size_flag) != Some(&*name);
        // What comes before what it is derived after was written.
        let is_in_order = place.is_some_and(|place| place >= reached);
        if is_same && (is_in_order || is_derived_only) {
            reached = reached.max(place.map_or(0, |place| place + 1));
            continue;
        }
        if flag.is_unsayable(engine) {
            continue;
        }
        if is_engine(&name) && engine == Some(Engine::Trtllm) {
            engine_args(flag, derived, &args, draft);
            continue;
        }
        // SGLang's workers that transfer caches listen everywhere.
        let is_host = name == "host"
            && engine == Some(Engine::Sglang)
            && table.role != Some(Role::Aggregated);
        let is_place = PLACES.contains(&name.as_str()) && (is_derived || is_host);
        if is_place
            || (name == "kv-events-config" && publishes(flag))
            || is_default(&name, &flag.value())
        {
            continue;
        }
        if FRACTIONS.contains(&name.as_str()) && is_before_derived(part, index, other) {
            draft.set(&table.table, "memory", text(&flag.value()));
            flag.is_said.set(true);
            continue;
        }
        if is_derived {
            draft.push(&table.table, "force", &flag.name.value);
        }
        draft.set(&args, &flag.name.value, flag_value(&flag.values));
    }
}

/// Returns whether a derived flag follows: what is written comes after all of them.
fn is_before_derived(part: &Part, index: usize, other: &Part) -> bool {
    let engine = part.engine();
    part.flags[index + 1..].iter().any(|flag| {
        let name = flag.canonical(engine);
        let derived = other.flags.iter().find(|it| it.canonical(engine) == name);
        worker_key(&name).is_some() && derived.is_some_and(|derived| derived.equals(flag))
    })
}

/// Events that are published follow from the router; `false` is a choice.
fn publishes(flag: &InputFlag) -> bool {
    flag.value().contains("\"publisher\"")
}

/// Takes those keys of TensorRT-LLM's configuration that are not derived.
fn engine_args(flag: &InputFlag, derived: Option<&InputFlag>, args: &str, draft: &mut Draft) {
    let object = |flag: &InputFlag| match serde_json::from_str(&flag.value()) {
        Ok(serde_json::Value::Object(fields)) => Some(fields),
        _ => None,
    };
    let Some(written) = object(flag) else {
        draft.set(args, &flag.name.value, flag_value(&flag.values));
        return;
    };
    let derived = derived.and_then(object).unwrap_or_default();
    let own = written
        .into_iter()
        .filter(|(key, value)| derived.get(key) != Some(value));
    let own = serde_json::Value::Object(own.collect());
    if let Some(table) = json(&own).filter(|table| table != "{}") {
        draft.set(args, "engine", table);
    }
}

/// Adds variables that are not derived.
pub(super) fn variables(table: &TableParts<'_>, part: &Part, other: &Part, draft: &mut Draft) {
    let mut reached = 0;
    for variable in part.env.iter().filter(|variable| !variable.is_said.get()) {
        let name = &variable.name.value;
        let place = other.env.iter().position(|it| it.name.value == *name);
        let is_same = place.is_some_and(|place| other.env[place].value == variable.value);
        let is_in_order = place.is_some_and(|place| place >= reached);
        let is_derived = variable_key(name).is_some() || MOUNTED.contains(&name.as_str());
        if is_same && (is_in_order || is_derived) {
            reached = reached.max(place.map_or(0, |place| place + 1));
        } else if !is_derived {
            draft.set_text(&format!("{}.env", table.table), name, &variable.value);
        }
    }
}
