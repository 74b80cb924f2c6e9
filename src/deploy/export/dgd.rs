//! `DynamoGraphDeployment`: the object that Dynamo's operator runs on Kubernetes.
//!
//! The operator places and numbers pods, and sets what has to do with it: discovery, ports, ranks
//! and addresses are left to it.

use std::path::Path;

use serde_json::{Value, json};

use super::container::Container;
use super::exported::Exported;
use super::yaml;
use crate::deploy::argument::Variable;
use crate::deploy::file::{RequestPlane, Role, Written as _};
use crate::deploy::{Argument, Deployment, Kind, Member};
use crate::launch::flag::Origin;
use crate::redact::is_secret;

const NOTE: &str = "dropped for Kubernetes: machines, ports, ranks, discovery, services, limits and \
     the IPC namespace; the operator places and numbers pods";

/// Flags that the operator sets, or that make no sense in a pod of its own.
const OPERATORS: &[&str] = &[
    "http-port",
    "nnodes",
    "node-rank",
    "master-addr",
    "master-port",
    "headless",
    "dist-init-addr",
    "nccl-port",
    "data-parallel-address",
    "data-parallel-rpc-port",
    "data-parallel-size-local",
    "data-parallel-start-rank",
    "disaggregation-bootstrap-port",
    "bootstrap-ports",
    "port",
    "host",
];

const CACHE: &str = "/home/dynamo/.cache/huggingface";

pub(super) fn export(deployment: &Deployment, containers: &[Container<'_>]) -> Exported {
    let mut notes = vec![NOTE.to_owned()];
    let of_dynamo = |it: &&Container<'_>| it.member.kind != Kind::Service;
    let mut components: Vec<_> = containers.iter().filter(of_dynamo).collect();
    // Replicas and ranks are one component.
    components.dedup_by(|one, other| one.member.table == other.member.table);
    let dgd = &deployment.file.export.dgd;
    let is_old = dgd.api.text() == Some("v1alpha1");
    if deployment.request_plane == RequestPlane::Nats {
        notes.push("a plane goes through NATS: install it with the platform".to_owned());
    }
    notes.extend(directories_left(deployment));
    notes.extend(secrets_left(deployment));
    let mut metadata = json!({ "name": deployment.name });
    if let Some(namespace) = &dgd.namespace {
        metadata["namespace"] = json!(namespace.value);
    }
    for (key, table) in [("labels", &dgd.labels), ("annotations", &dgd.annotations)] {
        let entries = table.iter();
        let entries = entries.map(|(name, value)| (name.value.clone(), json!(value.value.0)));
        if !table.is_empty() {
            metadata[key] = Value::Object(entries.collect());
        }
    }
    // The mocker is no backend that the operator knows.
    let framework = match deployment.framework.as_str() {
        "dynamo" => "vllm",
        other => other,
    };
    let mut spec = json!({ "backendFramework": framework });
    let api = if is_old {
        let services = components.iter().map(|it| {
            let service = alpha(deployment, it, &mut notes);
            (it.member.table.clone(), service)
        });
        spec["services"] = Value::Object(services.collect());
        if let Some(cache) = &dgd.model_cache {
            spec["pvcs"] = json!([{ "name": cache.value, "create": false }]);
        }
        "nvidia.com/v1alpha1"
    } else {
        let components = components.iter();
        let components = components.map(|it| beta(deployment, it, &mut notes));
        spec["components"] = components.collect();
        "nvidia.com/v1beta1"
    };
    let object = json!({
        "apiVersion": api,
        "kind": "DynamoGraphDeployment",
        "metadata": metadata,
        "spec": spec,
    });
    Exported {
        files: vec![("dgd.yaml".to_owned(), yaml::write(&object))],
        notes,
    }
}

/// Pods have no directory of this machine, only what is in the claim.
fn directories_left(deployment: &Deployment) -> impl Iterator<Item = String> {
    let claim = &deployment.file.export.dgd.model_cache;
    let directories = deployment.directories.iter();
    let is_left = move |path: &&str| claim.is_none() || !Path::new(path).starts_with(CACHE);
    let paths = directories.map(|known| known.path.as_str());
    paths.filter(is_left).map(|path| {
        let last = path.rsplit('/').next().unwrap_or_default();
        let setting = format!("model={CACHE}/{last}");
        format!(
            "the model `{path}` is a directory of this machine: copy it into a volume claim, and export with \
             `--set export.dgd.model-cache=CLAIM --set {}`",
            shell_words::quote(&setting)
        )
    })
}

/// Values stay here, and pods find none of them without a secret of the cluster.
fn secrets_left(deployment: &Deployment) -> Option<String> {
    let file = &deployment.file;
    let names = file.secrets.iter();
    let names: Vec<_> = names.map(|(name, _)| format!("`{}`", name.value)).collect();
    let is_left = !names.is_empty() && file.export.dgd.secret.is_none();
    is_left.then(|| {
        format!(
            "no pod has the secrets {}: put them into a `Secret` of Kubernetes, and name it by `export.dgd.secret`",
            names.join(", ")
        )
    })
}

fn kind(member: &Member) -> &'static str {
    match member.role() {
        None => "frontend",
        Some(Role::Aggregated | Role::Encode) => "worker",
        Some(Role::Prefill) => "prefill",
        Some(Role::Decode) => "decode",
    }
}

fn replicas(deployment: &Deployment, member: &Member) -> usize {
    let same = |other: &&Member| other.table == member.table && other.rank.index == 0;
    deployment.members.iter().filter(same).count()
}

fn beta(deployment: &Deployment, container: &Container<'_>, notes: &mut Vec<String>) -> Value {
    let member = container.member;
    let dgd = &deployment.file.export.dgd;
    let mut main = container_of(container, notes);
    main["name"] = json!("main");
    if let Some(gpus) = &member.gpus {
        main["resources"] = json!({ "limits": { "nvidia.com/gpu": gpus.count.to_string() } });
    }
    let secret = dgd.secret.text().filter(|_| member.kind != Kind::Frontend);
    if let Some(secret) = secret {
        main["envFrom"] = json!([{ "secretRef": { "name": secret } }]);
    }
    let mut pod = json!({});
    if let Some(cache) = &dgd.model_cache {
        let claim = json!({ "claimName": cache.value });
        pod["volumes"] = json!([{ "name": "model-cache", "persistentVolumeClaim": claim }]);
        main["volumeMounts"] = json!([{ "name": "model-cache", "mountPath": CACHE }]);
    }
    pod["containers"] = json!([main]);
    let mut component = json!({
        "name": member.table,
        "type": kind(member),
        "replicas": replicas(deployment, member),
    });
    if member.rank.of > 1 {
        component["multinode"] = json!({ "nodeCount": member.rank.of });
    }
    if let Some(size) = shared_memory(member) {
        component["sharedMemorySize"] = json!(size);
    }
    if !is_version(&container.image) {
        component["runtimeVersionOverride"] = json!(deployment.version.to_string());
    }
    component["podTemplate"] = json!({ "spec": pod });
    component
}

fn alpha(deployment: &Deployment, container: &Container<'_>, notes: &mut Vec<String>) -> Value {
    let member = container.member;
    let dgd = &deployment.file.export.dgd;
    let main = container_of(container, notes);
    let kind = kind(member);
    let component = match kind {
        "frontend" => kind,
        _ => "worker",
    };
    let mut service = json!({
        "componentType": component,
        "replicas": replicas(deployment, member),
        "extraPodSpec": { "mainContainer": main },
    });
    if matches!(kind, "prefill" | "decode") {
        service["subComponentType"] = json!(kind);
    }
    if let Some(gpus) = &member.gpus {
        service["resources"] = json!({ "limits": { "gpu": gpus.count.to_string() } });
    }
    if member.rank.of > 1 {
        service["multinode"] = json!({ "nodeCount": member.rank.of });
    }
    if let Some(size) = shared_memory(member) {
        service["sharedMemory"] = json!({ "size": size });
    }
    if let Some(cache) = &dgd.model_cache {
        service["volumeMounts"] = json!([{ "name": cache.value, "mountPoint": CACHE }]);
    }
    if let Some(secret) = dgd.secret.as_ref().filter(|_| kind != "frontend") {
        service["envFromSecret"] = json!(secret.value);
    }
    service
}

/// The parts of a container that both versions of the object have.
fn container_of(container: &Container<'_>, notes: &mut Vec<String>) -> Value {
    let member = container.member;
    let mut arguments = member.command.iter();
    let program = arguments
        .next()
        .map_or(&[][..], |first| first.words.as_slice());
    let kept = arguments.filter(|argument| is_kept(argument));
    let words: Vec<_> = kept.flat_map(|argument| argument.words.clone()).collect();
    let mut main = json!({ "image": container.image, "command": program });
    if !words.is_empty() {
        main["args"] = json!(words);
    }
    if let Some(directory) = &member.run.workdir {
        main["workingDir"] = json!(directory.value);
    }
    let overridden = |name: &str| member.env.iter().any(|variable| variable.name == name);
    let of_run = member.run.env.iter();
    let of_run = of_run.filter(|(name, _)| !overridden(&name.value));
    let of_run = of_run.map(|(name, value)| (name.value.as_str(), value.value.0.as_str()));
    let is_meant = |variable: &&Variable| {
        matches!(variable.origin, Origin::Profile(_))
            || variable.name == "PYTHONHASHSEED"
            || is_secret(&variable.name, &variable.value)
    };
    let own = member.env.iter().filter(is_meant);
    let own = own.map(|variable| (variable.name.as_str(), variable.value.as_str()));
    let mut env = Vec::new();
    for (name, value) in of_run.chain(own) {
        if is_secret(name, value) {
            notes.push(format!(
                "the value of `{name}` is left out: put it into the secret"
            ));
        } else {
            env.push(json!({ "name": name, "value": value }));
        }
    }
    if !env.is_empty() {
        main["env"] = json!(env);
    }
    main
}

/// What people wrote stays, also where the operator has an own opinion.
fn is_kept(argument: &Argument) -> bool {
    let is_written = matches!(argument.origin, Origin::Profile(_));
    is_written || !OPERATORS.contains(&argument.name())
}

/// Kubernetes writes `80Gi` for docker's `80g`.
fn shared_memory(member: &Member) -> Option<String> {
    let size = member.run.shm_size.text()?;
    member.gpus.as_ref()?;
    let digits = size.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = size[digits.len()..].to_lowercase();
    let unit = match unit.trim_end_matches("ib").trim_end_matches('b') {
        "" => "",
        "k" => "Ki",
        "m" => "Mi",
        "g" => "Gi",
        _ => "Ti",
    };
    Some(format!("{digits}{unit}"))
}

/// Returns whether the operator can read the version of Dynamo in the image's tag.
fn is_version(image: &str) -> bool {
    let tag = image.rsplit_once(':').map_or("", |(_, tag)| tag);
    tag.split('.').count() == 3 && tag.split('.').all(|part| part.parse::<u32>().is_ok())
}
