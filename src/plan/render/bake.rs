//! A plan as a file for `docker buildx bake`.

use serde_json::{Map, Value, json};

use super::super::build_plan::{BuildPlan, PlannedSecret, PlannedTarget};
use super::super::secret_source::SecretSource;
use super::super::steps::PlannedSteps;
use crate::docker::step::StepNetwork;

/// Returns the plan as a bake file in JSON; `dockerfile` gives the joined text of each target.
pub fn bake(plan: &BuildPlan, dockerfile: impl Fn(&PlannedTarget) -> String) -> Value {
    let names = names(plan);
    let entries = names.iter().zip(&plan.targets);
    let targets: Map<String, Value> = entries
        .map(|(name, target)| (name.clone(), entry(target, &dockerfile(target))))
        .collect();
    json!({ "group": { "default": { "targets": names } }, "target": targets })
}

/// Returns the names of the targets as bake takes them: of letters, digits, `_` and `-`, and each
/// one once.
fn names(plan: &BuildPlan) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for target in &plan.targets {
        let is_valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let name = target.name.replace(|c| !is_valid(c), "_");
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let mut candidates = std::iter::once(name.clone()).chain(numbered);
        names.extend(candidates.find(|candidate| !names.contains(candidate)));
    }
    names
}

fn entry(target: &PlannedTarget, dockerfile: &str) -> Value {
    let PlannedTarget {
        name: _,
        framework: _,
        target: _,
        device: _,
        source: _,
        version: _,
        platforms,
        tags: _,
        build_args,
        labels,
        secrets,
        context,
        contexts,
        ssh,
        cache_from,
        cache_to,
        outputs: _,
        attestations,
        // Nothing of buildx does it.
        smoke: _,
        // Not what the image is, but how fast it is moved.
        compression: _,
        memory_per_job: _,
        complete_logs: _,
        no_cache,
        pull,
        steps,
        dockerfile: planned,
    } = target;
    let (tags, outputs) = target.names_and_outputs();
    let mut attest: Vec<_> = attestations.iter().map(ToString::to_string).collect();
    if !target.has_provenance() {
        // buildx adds one by itself.
        attest.push("type=provenance,disabled=true".into());
    }
    let mut entry = json!({
        "context": context,
        "contexts": contexts,
        "dockerfile-inline": dockerfile,
        "target": planned.stage,
        "platforms": platforms,
        "args": build_args,
        "labels": labels,
        "tags": tags,
        "secret": secrets.iter().map(secret).collect::<Vec<_>>(),
        "ssh": ssh,
        "cache-from": cache_from,
        "cache-to": cache_to,
        "output": outputs,
        "attest": attest,
        "no-cache": no_cache,
        "pull": pull,
    });
    if let Value::Object(entry) = &mut entry {
        entry.extend(step_keys(steps));
    }
    escape(entry)
}

/// Returns what bake has keys for of how steps run; what is usual has none.
fn step_keys(steps: &PlannedSteps) -> Map<String, Value> {
    let PlannedSteps {
        network,
        add_hosts,
        shm_size,
        ulimits,
        allow,
        no_cache_filter,
    } = steps;
    let hosts = add_hosts.iter();
    let hosts: Map<_, _> = hosts
        .map(|host| (host.name().to_owned(), host.address().into()))
        .collect();
    let keys = [
        ("network", json!(network), *network != StepNetwork::Default),
        ("extra-hosts", json!(hosts), !add_hosts.is_empty()),
        ("shm-size", json!(shm_size), shm_size.is_some()),
        ("ulimits", json!(ulimits), !ulimits.is_empty()),
        ("entitlements", json!(allow), !allow.is_empty()),
        (
            "no-cache-filter",
            json!(no_cache_filter),
            !no_cache_filter.is_empty(),
        ),
    ];
    let said = keys.into_iter().filter(|(_, _, is_said)| *is_said);
    said.map(|(key, value, _)| (key.to_owned(), value))
        .collect()
}

fn secret(secret: &PlannedSecret) -> Value {
    match &secret.source {
        SecretSource::Environment(name) => json!({ "id": secret.id, "env": name }),
        SecretSource::File(path) => json!({ "id": secret.id, "src": path }),
    }
}

/// Bake reads every string as a template, in which `${` and `%{` begin an expression.
fn escape(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(escaped(&text)),
        Value::Array(items) => items.into_iter().map(escape).collect(),
        Value::Object(entries) => {
            let entries = entries
                .into_iter()
                .map(|(name, value)| (escaped(&name), escape(value)));
            Value::Object(entries.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_of_bake_are_escaped_everywhere() {
        let value = json!({ "a": ["FROM ${BASE}:${TAG}", "%{if}", "$HOME 100%"], "${b}": true });
        assert_eq!(
            escape(value),
            json!({ "a": ["FROM $${BASE}:$${TAG}", "%%{if}", "$HOME 100%"], "$${b}": true })
        );
    }
}
