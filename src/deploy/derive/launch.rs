//! Members with their launch requests: the same that `dynrun run` makes of a command line.

use super::common::Common;
use crate::deploy::argument::{Argument, Arguments, Variables, derived};
use crate::deploy::file::Written as _;
use crate::deploy::member::{Gpus, Health, Kind, Member, MemberPort, Rank, gpus_flag};
use crate::deploy::network::{Discovery, Network};
use crate::deploy::secret_source::SecretSource;
use crate::launch::flag::Flag;
use crate::launch::label;
use crate::launch::request::{Accelerator, Request};
use crate::profile::RunTable;
use crate::toml_file::{Located, Merge as _};

/// A member as far as it differs from others.
pub(super) struct Draft {
    pub(super) kind: Kind,
    pub(super) table: String,
    pub(super) replica: u32,
    pub(super) rank: Rank,
    /// The index of its machine.
    pub(super) node: Option<usize>,
    pub(super) command: Arguments,
    pub(super) env: Variables,
    pub(super) ports: Vec<MemberPort>,
    pub(super) depends_on: Vec<String>,
    pub(super) gpus: Option<Gpus>,
    pub(super) health: Health,
    pub(super) image: Option<String>,
    /// The framework and target of the image, if it has no name of its own.
    pub(super) built: (String, String),
    /// Docker's flags that only this member has.
    pub(super) flags: Vec<Flag>,
    pub(super) run: RunTable,
}

impl Draft {
    pub(super) fn member(self, common: &Common<'_>) -> Member {
        let name = self.rank.name(&self.table, self.replica);
        Member {
            deployment: common.name.clone(),
            request: self.request(common, &name),
            node: common.node(self.node).map(|node| node.name.clone()),
            address: common.address(self.node, &name),
            depends_on: self.depends_on,
            name,
            kind: self.kind,
            table: self.table,
            replica: self.replica,
            rank: self.rank,
            image: self.image,
            command: self.command.0,
            env: self.env.0,
            ports: self.ports,
            gpus: self.gpus,
            health: self.health,
            run: self.run,
        }
    }

    fn request(&self, common: &Common<'_>, name: &str) -> Request {
        let (framework, target) = self.built.clone();
        let words = self.command.0.iter();
        Request {
            framework: Some(framework),
            target: self.image.is_none().then_some(target),
            image: self.image.clone(),
            // Leaves the profile's `gpus` out.
            accelerator: self.gpus.is_none().then_some(Accelerator::Cpu),
            secrets: secrets(common, self.kind),
            flags: self.docker_flags(common, name),
            words: words.flat_map(|argument| argument.words.clone()).collect(),
            terminated: true,
            ..Request::default()
        }
    }

    fn docker_flags(&self, common: &Common<'_>, member: &str) -> Vec<Flag> {
        let (name, network) = (&common.name, &common.network);
        let grace = common.grace.as_secs().to_string();
        let container = format!("{name}-{member}");
        let deployment = label::assignment(label::DEPLOYMENT, name);
        let label = label::assignment(label::MEMBER, member);
        let mut flags = vec![
            derived("name", container, "the deployment and the member"),
            derived("label", deployment, "`deployment`"),
            derived("label", label, "the member"),
            derived("network", network.name(), network_reason(network)),
            derived("stop-timeout", grace, "`stop.grace`"),
        ];
        flags.push(match &self.gpus {
            None => derived("ipc", "private", "no GPU shares memory with others"),
            Some(gpus) if gpus.pinned.is_empty() => gpus_flag(&gpus.ids(), "`gpus`"),
            Some(gpus) => gpus_flag(&gpus.ids(), "`gpu-ids`"),
        });
        if self.kind != Kind::Service {
            flags.extend(discovery_volume(common));
            flags.extend(common.model_mounts());
        }
        flags.extend(self.flags.iter().cloned());
        flags.extend(self.env.0.iter().map(|variable| {
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
    Some(derived("mount", mount, "`discovery`"))
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
        let target = self.file.target.text().filter(|_| !self.mock);
        let target = target.unwrap_or("runtime");
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
pub(super) fn program(module: &str) -> Arguments {
    let words = ["python3", "-m", module];
    Arguments(vec![Argument::derived(&words, "`framework`")])
}
