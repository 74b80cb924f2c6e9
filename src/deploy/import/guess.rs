//! The keys of a deployment file, guessed from its containers. Only what other things are derived
//! from is guessed; `compare` finds what is left.

use super::draft::{Draft, json, text};
use super::frontend::frontend;
use super::input::{Format, Input};
use super::machines;
use super::part::{InputFlag, Part, PartKind};
use super::planes::{planes, ports};
use super::shape;
use super::tables::{TableParts, sanitized};
use crate::deploy::derive::Engine;
use crate::deploy::file::{Role, SCHEMA};
use crate::deploy::model::Model;
use crate::deploy::version::DynamoVersion;
use crate::toml_file::Located;

/// Fills the first draft of the file.
pub(super) fn fill(draft: &mut Draft, input: &Input, workers: &[TableParts<'_>]) {
    let engine = workers[0].first().engine().unwrap_or(Engine::Vllm);
    let name = name(input, draft);
    draft.set_text("", "deployment", &name);
    draft.set("", "schema", SCHEMA.to_string());
    draft.set_text("", "framework", engine.framework());
    if let Some(version) = version(input) {
        draft.set_text("", "version", &version);
    }
    let served = model(workers, input, draft);
    planes(input, workers, draft);
    ports(workers, draft);
    draft.table("frontend");
    if let Some(frontends) = input.frontends() {
        frontend(input, &frontends, served.as_deref(), draft);
    }
    for worker in workers {
        self::worker(worker, draft);
    }
    shape::share(workers, draft);
    for service in input.services() {
        if service.replicas > 1 && service.first().kind == PartKind::Etcd {
            draft.set(&service.table, "replicas", service.replicas.to_string());
        }
    }
    for part in input.others() {
        other(part, draft);
    }
    machines::machines(input, workers, draft);
    rest(input, draft);
}

fn name(input: &Input, draft: &mut Draft) -> String {
    let Some(written) = &input.name else {
        let name = sanitized(&name_of_file(&input.file));
        draft.notes.say(format!(
            "the input has no name: the deployment is called `{name}`"
        ));
        return name;
    };
    let name = sanitized(&written.value);
    if name != written.value {
        draft.notes.add(
            &written.at,
            format!("`{}` is called `{name}`", written.value),
        );
    }
    name
}

/// Returns the name of a file, or as Compose does that of its directory.
fn name_of_file(file: &str) -> String {
    let mut parts = file.rsplit('/');
    let stem = parts
        .next()
        .and_then(|name| name.split('.').next())
        .unwrap_or_default();
    let usual = [
        "compose",
        "docker-compose",
        "docker_compose",
        "dgd",
        "deploy",
    ];
    let directory = parts.next().filter(|_| usual.contains(&stem));
    directory.unwrap_or(stem).to_owned()
}

/// Returns the version of Dynamo: of the images, or by what only old ones have.
fn version(input: &Input) -> Option<String> {
    let dynamo = |part: &&Part| matches!(part.kind, PartKind::Frontend | PartKind::Worker(_));
    let parts = || input.parts.iter().filter(dynamo);
    let of_image = parts().find_map(|part| {
        let image = part.image.as_ref()?.value.split('@').next()?;
        let (name, tag) = image.rsplit_once(':')?;
        let is_ours = name.contains("dynamo") || name.ends_with("-runtime");
        let is_version = tag.matches('.').count() >= 2 && tag.parse::<DynamoVersion>().is_ok();
        (is_ours && is_version).then(|| tag.to_owned())
    });
    let has = |flag: &str, variable: &str| {
        parts().any(|part| part.flag(flag).is_some() || part.variable(variable).is_some())
    };
    let old = || {
        let is_old = has("store-kv", "DYN_STORE_KV") || has("is-prefill-worker", "");
        let version = match () {
            () if has("event-plane", "DYN_EVENT_PLANE") => "0.9.1",
            () if has("request-plane", "DYN_REQUEST_PLANE") => "0.8.1",
            () => "0.7.1",
        };
        is_old.then(|| version.to_owned())
    };
    of_image.or_else(|| input.version.clone()).or_else(old)
}

/// Sets model and served name, and returns the latter.
fn model(workers: &[TableParts<'_>], input: &Input, draft: &mut Draft) -> Option<String> {
    let models: Vec<Option<Located<String>>> = workers
        .iter()
        .map(|worker| {
            let model = worker.take(&["model", "model-path"])?;
            Some(model.map(|inside| worker.first().on_machine(&inside)))
        })
        .collect();
    let count = |model: &str| {
        models
            .iter()
            .flatten()
            .filter(|other| other.value == model)
            .count()
    };
    let common = models
        .iter()
        .flatten()
        .max_by_key(|model| count(&model.value));
    let Some(common) = common.cloned() else {
        draft.notes.add(
            workers[0].first().at(),
            "no worker names a model: add `model` to the file",
        );
        return None;
    };
    draft.set_text("", "model", &common.value);
    if common.value.starts_with('/') && input.format == Format::Dgd {
        let said = format!(
            "the model is the directory `{}`: it must be there on this machine",
            common.value
        );
        draft.notes.add(&common.at, said);
    }
    for (worker, model) in workers.iter().zip(&models) {
        if let Some(model) = model.as_ref().filter(|model| model.value != common.value) {
            draft.set_text(&worker.table, "model", &model.value);
        }
    }
    let revision = workers.iter().find_map(|worker| worker.take(&["revision"]));
    let revision = revision.map(|revision| revision.value);
    let names = ["served-model-name", "model-name"];
    let served: Vec<_> = workers
        .iter()
        .filter_map(|worker| worker.take(&names))
        .collect();
    let served = served.into_iter().next().map(|served| served.value);
    let usual = Model::new(&common.value, None, None).served;
    if let Some(served) = served.as_ref().filter(|served| **served != usual) {
        draft.set_text("", "served-name", served);
    }
    if let Some(revision) = revision {
        draft.set_text("", "revision", &revision);
    }
    Some(served.unwrap_or(usual))
}

fn worker(worker: &TableParts<'_>, draft: &mut Draft) {
    let table = &worker.table;
    draft.table(table);
    let role = worker.role.unwrap_or(Role::Aggregated);
    if table.strip_prefix("workers.") != Some(role.as_str()) {
        draft.set_text(table, "role", role.as_str());
    }
    for flag in [
        "disaggregation-mode",
        "is-prefill-worker",
        "is-decode-worker",
        "multimodal-encode-worker",
    ] {
        worker.take(&[flag]);
    }
    if worker.replicas != 1 {
        draft.set(table, "replicas", worker.replicas.to_string());
    }
    shape::shape(worker, draft);
    if let Some(limit) = worker.take_number(&["migration-limit"]) {
        draft.set("frontend", "migration-limit", limit.to_string());
    }
    engine_file(worker, draft);
}

/// Takes the configuration of TensorRT-LLM from a file of the input into `args.engine`.
fn engine_file(worker: &TableParts<'_>, draft: &mut Draft) {
    let part = worker.first();
    let flag = |name: &&str| part.flag(name).is_some();
    let Some(name) = ["extra-engine-args", "config"]
        .into_iter()
        .find(|it| flag(it))
    else {
        return;
    };
    let path = part.flag(name).map(InputFlag::value).unwrap_or_default();
    let Some(table) = part.file(&path).and_then(|keys| json(&keys.into())) else {
        return;
    };
    if let Some(flag) = worker.take(&[name]) {
        let said = format!(
            "`{path}` is taken from its ConfigMap into `{}.args.engine`",
            worker.table
        );
        draft.notes.add(&flag.at, said);
        draft.set(&format!("{}.args", worker.table), "engine", table);
    }
}

/// A service that is none of Dynamo's.
fn other(part: &Part, draft: &mut Draft) {
    let table = format!("services.{}", sanitized(&part.group));
    draft.table(&table);
    match &part.image {
        Some(image) => draft.set_text(&table, "image", &image.value),
        None => draft.notes.add(
            part.at(),
            format!("`{}` has no image: add one", part.name.value),
        ),
    }
    let words: Vec<_> = part.words.iter().map(|word| text(word)).collect();
    if !words.is_empty() {
        draft.set(&table, "command", format!("[{}]", words.join(", ")));
    }
    let ports = part.publish.iter().filter_map(|port| {
        let inside = port.value.split('/').next()?.rsplit(':').next()?.to_owned();
        inside.parse::<u16>().is_ok().then_some(inside)
    });
    let ports: Vec<_> = ports.collect();
    if !ports.is_empty() {
        draft.set(&table, "ports", format!("[{}]", ports.join(", ")));
    }
    for port in &part.publish {
        draft.notes.add(
            &port.at,
            format!("the port `{}` is not published", port.value),
        );
    }
    for variable in &part.env {
        let table = format!("{table}.env");
        draft.set_text(&table, &variable.name.value, &variable.value);
    }
    for (key, value) in &part.run {
        draft.set(&format!("{table}.run"), key, value.value.clone());
    }
    for (key, value) in &part.rest {
        draft.notes.lost(&value.at, format!("`{key}`"));
    }
}

/// Sets what was read with the words of the file.
fn rest(input: &Input, draft: &mut Draft) {
    for (name, source) in &input.secrets {
        draft.set_text("secrets", name, source);
    }
    if let Some(grace) = input.grace.as_ref().filter(|grace| grace.value != "60s") {
        draft.set_text("stop", "grace", &grace.value);
    }
    for (table, key, value) in &input.dgd {
        draft.set(table, key, value.clone());
    }
    if let Some(network) = &input.network
        && network != "host"
    {
        draft.set_text("run", "network", network);
    }
}
