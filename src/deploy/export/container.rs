//! A member as its launch sees it.

use std::collections::BTreeMap;

use crate::deploy::{Deployment, Kind, Member, secret_source};
use crate::launch::decision::{Inputs, Launch};
use crate::launch::facts::HostFacts;
use crate::launch::flag::{Flag, Origin};
use crate::launch::implied::{SecretFile, SecretSource};
use crate::problem::Problems;
use crate::profile::Profile;

/// Stands for the home directory of whoever starts the export.
pub(super) const HOME: &str = "/home-of-the-user";

/// The flags that every format of services renders, or that say nothing there.
const RENDERED: &[&str] = &[
    "name",
    "label",
    "network",
    "stop-timeout",
    "ipc",
    "gpus",
    "mount",
    "volume",
    "publish",
    "env",
    "ulimit",
    "shm-size",
    "cap-add",
    "workdir",
    "init",
    "log-driver",
    "user",
    "group-add",
    "device",
];

/// A member, and the flags that its launch comes to.
#[derive(Clone, Debug)]
pub(crate) struct Container<'a> {
    pub(super) member: &'a Member,
    pub(super) image: String,
    pub(super) command: Vec<String>,
    pub(super) flags: Vec<Flag>,
    pub(super) secrets: Vec<SecretFile>,
    /// Secrets that may be missing, and the variables that they come from.
    pub(super) optional: Vec<(String, String)>,
    /// Whether dynbuild makes its image.
    pub(super) is_local: bool,
}

impl<'a> Container<'a> {
    pub(super) fn new(
        deployment: &Deployment,
        member: &'a Member,
        framework: Profile,
    ) -> Result<Self, Problems> {
        let mut request = member.request.clone();
        // What runs in the background is not removed when it ends.
        let detached = Origin::Standard("it runs in the background");
        request.flags.push(Flag::on("detach", detached));
        if deployment.model.is_of_hub() && member.gpus.is_some() {
            request.hf_home = Some(format!("{HOME}/.cache/huggingface"));
        }
        let profile = member.profile(framework);
        let host = HostFacts {
            env: variables(deployment),
            cwd: "/".into(),
            ..HostFacts::default()
        };
        let launch = Launch::decide(Inputs {
            request: &request,
            profile: &profile,
            host: &host,
            engine: None,
        })?;
        let is_ours = |flag: &Flag| flag.name == "label" && flag.text().starts_with("io.dynbuild.");
        // dynrun must not take the containers of others for its own.
        let flags = launch.flags.into_iter();
        let flags = flags.filter(|flag| !is_ours(flag) && flag.name != "detach");
        Ok(Self {
            member,
            is_local: member.image.is_none(),
            image: launch.chosen.image,
            command: launch.chosen.command,
            flags: flags.collect(),
            secrets: launch.secrets,
            optional: optional(deployment, member),
        })
    }

    /// Returns the values of a flag.
    pub(super) fn values<'s>(&'s self, name: &'s str) -> impl DoubleEndedIterator<Item = &'s str> {
        self.flags
            .iter()
            .filter(move |flag| flag.name == name)
            .map(Flag::text)
    }

    /// Returns the last value of a flag.
    pub(super) fn value<'s>(&'s self, name: &'s str) -> Option<&'s str> {
        self.values(name).next_back()
    }

    /// Returns the working directory; that of a service is its image's business.
    pub(super) fn workdir(&self) -> Option<&str> {
        let is_service = self.member.kind == Kind::Service;
        self.value("workdir").filter(|_| !is_service)
    }

    /// Returns the environment, the last assignment of a name.
    pub(super) fn env(&self) -> Vec<(String, String)> {
        let mut env: Vec<(String, String)> = Vec::new();
        for assignment in self.values("env") {
            let (name, value) = assignment.split_once('=').unwrap_or((assignment, ""));
            env.retain(|(known, _)| known != name);
            env.push((name.to_owned(), value.to_owned()));
        }
        env
    }

    /// Returns the names of flags that a target does not know.
    pub(super) fn unrendered(&self, further: &[&str]) -> Vec<String> {
        let mut names: Vec<_> = self.flags.iter().map(|flag| flag.name).collect();
        names.retain(|name| !RENDERED.contains(name) && !further.contains(name));
        names.dedup();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// Secrets are looked up when the export is started, not now.
fn variables(deployment: &Deployment) -> BTreeMap<String, String> {
    let secrets = deployment.file.secrets.iter();
    let names = secrets.filter_map(|(_, source)| source.value.strip_prefix("env:"));
    let set = names.map(|name| (name.to_owned(), "set".to_owned()));
    set.collect()
}

/// Whether there is a value is found out when the export is started.
fn optional(deployment: &Deployment, member: &Member) -> Vec<(String, String)> {
    let secrets = deployment.file.secrets.iter();
    let secrets = secrets.filter(|_| member.kind != Kind::Service);
    let optional = secrets.filter_map(|(name, source)| {
        let variable = secret_source::SecretSource::parse(&source.value)?.optional_variable()?;
        Some((name.value.clone(), variable.to_owned()))
    });
    optional.collect()
}

/// Returns the variable or file that a secret comes from.
pub(super) fn source(secret: &SecretFile) -> (&'static str, String) {
    match &secret.source {
        SecretSource::Variable(name) => ("environment", name.clone()),
        SecretSource::File(path) => ("file", path.display().to_string()),
    }
}
