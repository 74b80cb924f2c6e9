//! Containers of a `DynamoGraphDeployment`, which both versions of the API have.

use super::dgd::{EXPORT, Reader};
use super::draft::text;
use super::part::Part;
use super::yaml::Node;
use crate::toml_file::Located;

impl Reader<'_> {
    pub(super) fn resources(&mut self, node: &Node, part: &mut Part) {
        for (group, limits) in node.entries() {
            for (key, node) in limits.entries() {
                match (group.value.as_str(), key.value.as_str()) {
                    ("limits", "gpu" | "nvidia.com/gpu") => part.gpus.count = node.number(),
                    ("requests", "gpu" | "nvidia.com/gpu") => {}
                    (group, other) => {
                        let key_path = format!("`resources.{group}.{other}`");
                        self.input.notes.lost(&key.at, key_path);
                    }
                }
            }
        }
    }

    pub(super) fn secret(&mut self, name: &Node) {
        let Some(secret) = name.located() else { return };
        let quoted = text(&secret.value);
        let secrets = self.input.dgd.iter().filter(|(_, key, _)| key == "secret");
        let known: Vec<_> = secrets.map(|(_, _, value)| value.clone()).collect();
        if known.is_empty() {
            self.input.dgd.push((EXPORT, "secret".to_owned(), quoted));
        } else if !known.contains(&quoted) {
            let said = format!(
                "the secret `{}` is a second one and not taken over",
                secret.value
            );
            self.input.notes.add(&secret.at, said);
            return;
        }
        let said = format!(
            "the secret `{}` is Kubernetes' own; here a token is passed by `[secrets]`: \
             `HF_TOKEN = \"env:HF_TOKEN\"`",
            secret.value
        );
        self.input.notes.add(&secret.at, said);
    }

    pub(super) fn model_cache(&mut self, claim: &Located<String>, path: Option<&Node>) {
        let quoted = text(&claim.value);
        let dgd = &mut self.input.dgd;
        match dgd.iter().find(|(_, key, _)| key == "model-cache") {
            None => dgd.push((EXPORT, "model-cache".to_owned(), quoted)),
            Some((_, _, known)) if *known == quoted => {}
            Some(_) => {
                let said = format!(
                    "the volume `{}` is a second one and not taken over",
                    claim.value
                );
                self.input.notes.add(&claim.at, said);
                return;
            }
        }
        let path = path.and_then(Node::located);
        if let Some(path) = path.filter(|path| path.value != super::CACHE) {
            let said = format!(
                "the volume of models is at `{}` here; exports mount it at `{}`",
                path.value,
                super::CACHE
            );
            self.input.notes.add(&path.at, said);
        }
    }

    pub(super) fn container(&mut self, node: &Node, volumes: Option<&Node>, part: &mut Part) {
        let known = [
            "name",
            "image",
            "command",
            "args",
            "env",
            "envFrom",
            "resources",
            "volumeMounts",
            "workingDir",
        ];
        self.unknown_in(node, &known, "");
        let directory = node.get("workingDir").and_then(Node::located);
        let directory = directory.map(|it| ("workdir", it.map(|it| text(&it))));
        part.run.extend(directory);
        part.image = node.get("image").and_then(Node::located);
        if let Some(resources) = node.get("resources") {
            self.resources(resources, part);
        }
        for source in node.items_of("envFrom") {
            match source.path(&["secretRef", "name"]) {
                Some(name) => self.secret(name),
                None => self.input.notes.lost(&source.at, "`envFrom`"),
            }
        }
        if let Some(env) = node.get("env") {
            self.variables(env, part);
        }
        self.mounts(node, volumes, part);
        let words = ["command", "args"].map(|key| node.items_of(key));
        let words: Vec<_> = words
            .concat()
            .iter()
            .filter_map(|word| word.located())
            .map(|word| {
                let expanded = expanded(&word.value, part);
                word.map(|_| expanded)
            })
            .collect();
        part.set_command(words, &mut self.input.notes);
    }

    fn mounts(&mut self, node: &Node, volumes: Option<&Node>, part: &mut Part) {
        let volumes = volumes.map(Node::items).unwrap_or_default();
        for mount in node.items_of("volumeMounts") {
            let name = mount.text_of("name");
            let volume = volumes.iter().find(|it| it.text_of("name") == name);
            let path = mount.text_of("mountPath").unwrap_or_default();
            let within = |keys: &[&str]| volume.and_then(|volume| volume.path(keys));
            if let Some(claim) = within(&["persistentVolumeClaim", "claimName"]) {
                if let Some(claim) = claim.located() {
                    self.model_cache(&claim, mount.get("mountPath"));
                }
                continue;
            }
            let map = within(&["configMap", "name"]).and_then(Node::text);
            let Some(data) = map.and_then(|map| self.maps.get(map)) else {
                self.input.notes.lost(&mount.at, "a volume");
                continue;
            };
            let only = mount.text_of("subPath");
            for (key, value) in data
                .iter()
                .filter(|(key, _)| only.is_none_or(|only| only == key))
            {
                let path = match only {
                    Some(_) => path.to_owned(),
                    None => format!("{path}/{key}"),
                };
                part.files.push((path, value.clone()));
            }
        }
    }

    pub(super) fn variables(&mut self, node: &Node, part: &mut Part) {
        for item in node.items() {
            let Some(name) = item.get("name").and_then(Node::located) else {
                continue;
            };
            let value = item.text_of("value").map(str::to_owned);
            let reference = item.path(&["valueFrom", "secretKeyRef", "name"]);
            match (value, reference) {
                (Some(value), _) => {
                    part.set_variable(name, value);
                }
                (None, Some(secret)) if name.value == "HF_TOKEN" => self.secret(secret),
                (None, Some(_)) => self.input.secret(&name),
                (None, None) => {
                    let said = format!(
                        "the value of `{}` is Kubernetes' own and not taken over",
                        name.value
                    );
                    self.input.notes.add(&name.at, said);
                }
            }
        }
    }
}

/// Puts the values of variables in the place of `$(NAME)`, as Kubernetes does before any shell; one
/// that it does not know stays, and `$$(NAME)` is `$(NAME)`.
fn expanded(word: &str, part: &Part) -> String {
    let (mut text, mut rest) = (String::new(), word);
    while let Some(at) = rest.find("$(") {
        let (before, from) = rest.split_at(at);
        let escaped = before.strip_suffix('$');
        let name = from.find(')').map(|end| &from[2..end]);
        let variable = name.and_then(|name| Some((name, part.variable(name)?)));
        if let (None, Some((name, variable))) = (escaped, variable) {
            text.push_str(before);
            text.push_str(&variable.value);
            rest = &from[name.len() + 3..];
        } else {
            text.push_str(escaped.unwrap_or(before));
            text.push_str("$(");
            rest = &from[2..];
        }
    }
    text + rest
}
