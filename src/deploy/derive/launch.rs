//! A member's launch request: the same that `dynrun run` makes of a command line.

use super::common::Common;
use crate::deploy::argument::{Argument, Variable};
use crate::deploy::member::{Gpus, Kind, gpus_flag};
use crate::deploy::network::{Discovery, Network};
use crate::deploy::secret_source::SecretSource;
use crate::launch::flag::{Flag, Origin};
use crate::launch::label;
use crate::launch::request::{Accelerator, Request};
use crate::profile::RunTable;
use crate::toml_file::{Located, Merge as _};

/// A member as far as it differs from others.
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) command: Vec<Argument>,
    pub(super) env: Vec<Variable>,
    pub(super) gpus: Option<Gpus>,
    pub(super) image: Option<String>,
    /// The framework and target of the image, if it has no name of its own.
    pub(super) built: (String, String),
    /// Docker's flags that only this member has.
    pub(super) flags: Vec<Flag>,
}

impl Draft {
    /// Returns the request.
    pub(super) fn request(&self, common: &Common<'_>) -> Request {
        let (framework, target) = self.built.clone();
        Request {
            framework: Some(framework),
            target: self.image.is_none().then_some(target),
            image: self.image.clone(),
            // Leaves the profile's `gpus` out.
            accelerator: self.gpus.is_none().then_some(Accelerator::Cpu),
            secrets: secrets(common, self.kind),
            flags: self.docker_flags(common),
            words: self
                .command
                .iter()
                .flat_map(|argument| argument.words.clone())
                .collect(),
            terminated: true,
            ..Request::default()
        }
    }

    fn docker_flags(&self, common: &Common<'_>) -> Vec<Flag> {
        let name = &common.name;
        let derived = |flag, value: String, from: &str| {
            Flag::value(flag, value, Origin::Derived(from.to_owned()))
        };
        let mut flags = vec![
            derived(
                "name",
                format!("{name}-{}", self.name),
                "the deployment and the member",
            ),
            derived(
                "label",
                label::assignment(label::DEPLOYMENT, name),
                "`deployment`",
            ),
            derived(
                "label",
                label::assignment(label::MEMBER, &self.name),
                "the member",
            ),
            derived(
                "network",
                common.network.name().to_owned(),
                network_reason(&common.network),
            ),
            derived(
                "stop-timeout",
                common.grace.as_secs().to_string(),
                "`stop.grace`",
            ),
        ];
        if self.gpus.is_none() {
            flags.push(derived(
                "ipc",
                "private".to_owned(),
                "no GPU shares memory with others",
            ));
        }
        if let Some(gpus) = &self.gpus {
            let from = if gpus.pinned.is_empty() {
                "`gpus`"
            } else {
                "`gpu-ids`"
            };
            flags.push(gpus_flag(&gpus.ids(), from));
        }
        if self.kind != Kind::Service {
            flags.extend(discovery_volume(common));
            flags.extend(common.model_mounts());
        }
        flags.extend(self.flags.iter().cloned());
        flags.extend(self.env.iter().map(|variable| {
            let assignment = format!("{}={}", variable.name, variable.value);
            Flag::value("env", assignment, variable.origin.clone())
        }));
        flags
    }
}

fn network_reason(network: &Network) -> &'static str {
    match network {
        Network::Private(_) => "all is on one machine, and no KV caches are transferred",
        Network::Host => "KV caches are transferred, or several machines take part",
        Network::Named(_) => "`run.network`",
    }
}

fn discovery_volume(common: &Common<'_>) -> Option<Flag> {
    let Discovery::File { volume } = &common.discovery else {
        return None;
    };
    let options = Discovery::VOLUME_OPTIONS.map(|(key, value)| {
        let option = format!("volume-opt={key}={value}");
        // A comma would end the key.
        if option.contains(',') {
            format!("\"{option}\"")
        } else {
            option
        }
    });
    let directory = Discovery::DIRECTORY;
    let mount = format!(
        "type=volume,source={volume},target={directory},{}",
        options.join(",")
    );
    Some(Flag::value(
        "mount",
        mount,
        Origin::Derived("`discovery`".to_owned()),
    ))
}

/// Services have no use for secrets.
fn secrets(common: &Common<'_>, kind: Kind) -> Vec<String> {
    if kind == Kind::Service {
        return Vec::new();
    }
    let secrets = common.file.secrets.iter();
    secrets
        .filter_map(|(name, source)| {
            let id = name.value.to_lowercase().replace('_', "-");
            // What is neither a variable nor a file is reported by the lint.
            SecretSource::parse(&source.value).map(|source| source.option(&id))
        })
        .collect()
}

impl Common<'_> {
    /// Returns the image that is named, nearest first.
    pub(super) fn image(&self, own: Option<&Located<String>>) -> Option<String> {
        let named = if self.mock {
            self.file.mock.image.as_ref()
        } else {
            own.or(self.file.image.as_ref())
        };
        named.map(|image| image.value.clone())
    }

    /// Returns the framework and target whose image is used if none is named.
    pub(super) fn built(&self) -> (String, String) {
        let target = self.file.target.as_ref().filter(|_| !self.mock);
        let target = target.map_or("runtime", Located::as_str);
        (self.started().framework().to_owned(), target.to_owned())
    }

    /// Returns the `[run]` tables that hold for a member; the network is the deployment's.
    pub(super) fn run(&self, nearer: &[&RunTable]) -> RunTable {
        let mut tables = nearer.iter().copied().chain([&self.file.run]).cloned();
        let nearest = tables.next().unwrap_or_default();
        tables.fold(nearest, RunTable::merge)
    }
}

/// Returns the words that start a module of Dynamo.
pub(super) fn program(module: &str) -> Vec<Argument> {
    vec![Argument::derived("python3", ["-m", module], "`framework`")]
}
