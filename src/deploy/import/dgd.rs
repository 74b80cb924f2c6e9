//! `DynamoGraphDeployment`s, of both versions of the API: components become parts.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::draft::text;
use super::input::{Format, Input};
use super::part::{Part, PartKind};
use super::yaml::Node;
use crate::problem::{Problem, ProblemKind};
use crate::toml_file::Located;

/// The group of the API, in front of its version.
const GROUP: &str = "nvidia.com/";
pub(super) const EXPORT: &str = "export.dgd";

pub(super) const KIND: &str = "DynamoGraphDeployment";

/// What `kubectl get` shows of an object besides what was applied.
const SET_BY_THE_CLUSTER: [&str; 7] = [
    "creationTimestamp",
    "finalizers",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
];
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Texts of `ConfigMap`s, by their names and keys.
pub(super) type ConfigMaps = BTreeMap<String, Vec<(String, String)>>;

/// Reads the object among the documents of a file.
///
/// # Errors
/// Returns why the object is none that can be read.
pub(super) fn read(documents: &[Rc<Node>], root: &Node, input: &mut Input) -> Result<(), Problem> {
    input.format = Format::Dgd;
    let maps = config_maps(documents, root, input);
    let api = root.text_of("apiVersion").unwrap_or_default();
    let is_old = match api.strip_prefix(GROUP) {
        Some("v1beta1") => false,
        Some("v1alpha1") => true,
        _ => return Err(unknown_version(root, api)),
    };
    if is_old {
        input.dgd.push((EXPORT, "api".to_owned(), text("v1alpha1")));
    }
    if let Some(metadata) = root.get("metadata") {
        metadata_of(metadata, input);
    }
    let Some(spec) = root.get("spec") else {
        let problem = Problem::new(ProblemKind::Usage, "The object has no `spec`");
        return Err(problem
            .excerpt(root.at.excerpt("here"))
            .hint("Name a complete object"));
    };
    input.framework = spec.get("backendFramework").and_then(Node::located);
    let mut reader = Reader {
        input,
        maps,
        common: spec.get("env").or(spec.get("envs")),
        pvcs: Vec::new(),
    };
    for (key, node) in spec.entries() {
        match key.value.as_str() {
            "backendFramework" | "env" | "envs" | "services" | "components" => {}
            "pvcs" => {
                let names = node
                    .items()
                    .iter()
                    .filter_map(|pvc| pvc.get("name")?.located());
                reader.pvcs = names.collect();
            }
            _ => reader.unknown(key, ""),
        }
    }
    for (name, node) in spec.get("services").map(Node::entries).unwrap_or_default() {
        reader.service(name, node);
    }
    for node in spec.items_of("components") {
        reader.component(node);
    }
    Ok(())
}

fn unknown_version(root: &Node, api: &str) -> Problem {
    let at = root.get("apiVersion").map_or(&root.at, |node| &node.at);
    Problem::new(
        ProblemKind::Usage,
        format!("Unknown version `{api}` of a DynamoGraphDeployment"),
    )
    .excerpt(at.excerpt("here"))
    .hint("Versions that are read: `nvidia.com/v1alpha1` and `nvidia.com/v1beta1`")
}

/// Returns the texts, and notes every other object.
fn config_maps(documents: &[Rc<Node>], root: &Node, input: &mut Input) -> ConfigMaps {
    let mut maps = ConfigMaps::new();
    let others = documents
        .iter()
        .filter(|it| !std::ptr::eq(Rc::as_ptr(it), root));
    for document in others {
        let kind = document.text_of("kind").unwrap_or("document");
        let name = document.path(&["metadata", "name"]).and_then(Node::text);
        let name = name.unwrap_or_default().to_owned();
        if kind == "ConfigMap" {
            let data = document.get("data").map(Node::entries).unwrap_or_default();
            let data = data
                .iter()
                .filter_map(|(key, node)| Some((key.value.clone(), node.text()?.to_owned())));
            maps.insert(name, data.collect());
        } else if kind != KIND {
            let object = format!("the {kind} `{name}`");
            input.notes.lost(&document.at, object);
        }
    }
    maps
}

fn metadata_of(metadata: &Node, input: &mut Input) {
    for (key, node) in metadata.entries() {
        match key.value.as_str() {
            "name" => input.name = node.located(),
            "namespace" => {
                let namespace = node.text().map(text);
                let entry = namespace.map(|it| (EXPORT, key.value.clone(), it));
                input.dgd.extend(entry);
            }
            "labels" | "annotations" => {
                let table = if key.value == "labels" {
                    "export.dgd.labels"
                } else {
                    "export.dgd.annotations"
                };
                let entries = node.entries().iter();
                let entries = entries.filter(|(name, _)| name.value != LAST_APPLIED);
                let entries = entries.filter_map(|(name, node)| {
                    Some((table, name.value.clone(), text(node.text()?)))
                });
                input.dgd.extend(entries);
            }
            other if SET_BY_THE_CLUSTER.contains(&other) => {}
            other => input.notes.lost(&key.at, format!("`metadata.{other}`")),
        }
    }
}

pub(super) struct Reader<'a> {
    pub(super) input: &'a mut Input,
    pub(super) maps: ConfigMaps,
    /// Variables of all components.
    common: Option<&'a Node>,
    pvcs: Vec<Located<String>>,
}

impl Reader<'_> {
    fn unknown(&mut self, key: &Located<String>, below: &str) {
        let said = format!(
            "`{below}{}` is Kubernetes' own and not taken over",
            key.value
        );
        self.input.notes.add(&key.at, said);
    }

    pub(super) fn unknown_in(&mut self, node: &Node, known: &[&str], below: &str) {
        let unknown = node.entries().iter();
        for (key, _) in unknown.filter(|(key, _)| !known.contains(&key.value.as_str())) {
            self.unknown(key, below);
        }
    }

    /// Returns a part with the variables that all components have.
    fn new_part(&mut self, name: Located<String>) -> Part {
        let mut part = Part::new(name);
        if let Some(common) = self.common {
            self.variables(common, &mut part);
        }
        part
    }

    /// Reads a component of v1beta1.
    fn component(&mut self, node: &Node) {
        let Some(name) = node.get("name").and_then(Node::located) else {
            self.input
                .mistake(node, "components", "a list of mappings with `name`");
            return;
        };
        let mut part = self.new_part(name);
        let kind = node.text_of("type").unwrap_or("worker");
        part.role = role(kind);
        let known = [
            "name",
            "type",
            "replicas",
            "multinode",
            "sharedMemorySize",
            "runtimeVersionOverride",
            "podTemplate",
            "modelRef",
        ];
        self.unknown_in(node, &known, "");
        counts(node, &mut part);
        if let Some(size) = node.get("sharedMemorySize") {
            shared_memory(size, &mut part);
        }
        let version = node.text_of("runtimeVersionOverride");
        self.input.version = self.input.version.take().or(version.map(str::to_owned));
        if let Some(template) = node.get("podTemplate") {
            self.unknown_in(template, &["spec"], "podTemplate.");
            if let Some(pod) = template.get("spec") {
                self.unknown_in(pod, &["containers", "volumes"], "");
                let containers = pod.items_of("containers");
                let is_main = |it: &&Rc<Node>| it.text_of("name") == Some("main");
                for other in containers.iter().filter(|it| !is_main(it)) {
                    let notes = &mut self.input.notes;
                    notes.lost(&other.at, "a container next to `main`");
                }
                if let Some(main) = containers.iter().find(is_main) {
                    let volumes = pod.get("volumes");
                    self.container(main, volumes, &mut part);
                }
            }
        }
        self.finish(part, kind);
    }

    /// Reads a service of v1alpha1.
    fn service(&mut self, name: &Located<String>, node: &Node) {
        let mut part = self.new_part(name.clone());
        let text = |key| node.text_of(key);
        let kind = text("subComponentType")
            .or(text("componentType"))
            .unwrap_or("worker");
        part.role = role(kind);
        let known = [
            "componentType",
            "subComponentType",
            "replicas",
            "multinode",
            "sharedMemory",
            "resources",
            "envFromSecret",
            "envs",
            "extraPodSpec",
            "volumeMounts",
            "modelRef",
            "dynamoNamespace",
        ];
        self.unknown_in(node, &known, "");
        counts(node, &mut part);
        if let Some(size) = node.path(&["sharedMemory", "size"]) {
            shared_memory(size, &mut part);
        }
        if let Some(resources) = node.get("resources") {
            self.resources(resources, &mut part);
        }
        if let Some(secret) = node.get("envFromSecret") {
            self.secret(secret);
        }
        if let Some(envs) = node.get("envs") {
            self.variables(envs, &mut part);
        }
        let mounts = node.items_of("volumeMounts");
        for mount in mounts {
            let name = mount.get("name").and_then(Node::located);
            match name.filter(|name| self.pvcs.iter().any(|pvc| pvc.value == name.value)) {
                Some(name) => self.model_cache(&name, mount.get("mountPoint")),
                None => self.input.notes.lost(&mount.at, "a volume"),
            }
        }
        if let Some(pod) = node.get("extraPodSpec") {
            self.unknown_in(pod, &["mainContainer", "volumes"], "");
            if let Some(main) = pod.get("mainContainer") {
                self.container(main, pod.get("volumes"), &mut part);
            }
        }
        self.finish(part, kind);
    }

    /// Adds what the operator assumes.
    fn finish(&mut self, mut part: Part, kind: &str) {
        let is_default = part.program.is_empty();
        if kind == "frontend" && is_default {
            let program = ["python3", "-m", "dynamo.frontend"];
            part.program = program.map(str::to_owned).to_vec();
            part.kind = PartKind::Frontend;
        }
        if matches!(part.kind, PartKind::Frontend | PartKind::Worker(_)) {
            self.input.parts.push(part);
        } else {
            let said = format!(
                "the component `{}` of type `{kind}` runs no frontend and no worker that dynrun knows, and is not taken over",
                part.name.value
            );
            self.input.notes.add(part.at(), said);
        }
    }
}

fn role(kind: &str) -> Option<&'static str> {
    match kind {
        "prefill" => Some("prefill"),
        "decode" => Some("decode"),
        _ => None,
    }
}

fn counts(node: &Node, part: &mut Part) {
    if let Some(replicas) = node.get("replicas").and_then(Node::number) {
        part.replicas = replicas;
    }
    if let Some(multinode) = node.get("multinode") {
        let count = multinode.get("nodeCount").and_then(Node::number);
        part.nodes = count.unwrap_or(2);
    }
}

fn shared_memory(node: &Node, part: &mut Part) {
    let Some(size) = node.located() else { return };
    // Docker writes `80g` for `80Gi`.
    let docker = size.value.trim_end_matches('i').to_lowercase();
    part.run.push(("shm-size", size.map(|_| text(&docker))));
}
