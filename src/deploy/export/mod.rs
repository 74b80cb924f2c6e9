//! Deployments for others to run: the same members, rendered.
//!
//! Containers are rendered from the flags that their launch comes to, so that what dynrun would
//! start and what is exported cannot differ. What a target cannot say is a note: at the head of the
//! file and on standard error.

mod compose;
mod container;
mod dgd;
mod exported;
mod health;
mod machine;
mod quadlet;
mod sh;
#[cfg(test)]
mod tests;
mod yaml;

use super::{Deployment, Kind};
use crate::problem::Problems;
use crate::profile::Profile;
use crate::toml_file::choice;

pub(crate) use self::container::Container;
pub use self::exported::Exported;
use self::machine::Machine;

choice! {
    /// What a deployment is exported to.
    pub enum ExportFormat("format") {
        /// A file for Docker Compose.
        Compose = "compose",
        /// An object for the operator of Dynamo on Kubernetes.
        Dgd = "dgd",
        /// Units of systemd, which podman reads.
        Quadlet = "quadlet",
        /// A script with `docker run` lines.
        Sh = "sh",
    }
}

impl Exported {
    /// Exports a deployment; `profile` returns the profile of a framework.
    ///
    /// # Errors
    /// Returns why a member cannot be launched.
    pub fn new(
        deployment: &Deployment,
        format: ExportFormat,
        profile: impl Fn(&str) -> Result<Profile, Problems>,
    ) -> Result<Self, Problems> {
        let mut containers = Vec::new();
        for member in &deployment.members {
            let framework = member.request.framework.as_deref().unwrap_or("dynamo");
            containers.push(Container::new(deployment, member, profile(framework)?)?);
        }
        let mut exported = match format {
            ExportFormat::Dgd => dgd::export(deployment, &containers),
            ExportFormat::Compose => per_machine(deployment, &containers, compose::export),
            ExportFormat::Quadlet => per_machine(deployment, &containers, quadlet::export),
            ExportFormat::Sh => per_machine(deployment, &containers, sh::export),
        };
        // What a format leaves to others has no image there.
        let has_services = format != ExportFormat::Dgd;
        let written = containers.iter();
        let written = written.filter(|it| has_services || it.member.kind != Kind::Service);
        exported.notes.extend(local_images(written));
        exported.notes.dedup();
        let notes = exported.notes.iter();
        let notes: Vec<_> = notes.map(|note| format!("# dynrun: {note}\n")).collect();
        let head = |text: &str| notes.concat() + text;
        let files = exported.files.iter().map(|(name, text)| {
            let text = match text.strip_prefix("#!/bin/sh\n") {
                Some(script) => format!("#!/bin/sh\n{}", head(script)),
                None => head(text),
            };
            (name.clone(), text)
        });
        exported.files = files.collect();
        Ok(exported)
    }
}

/// Exports each machine by itself.
fn per_machine(
    deployment: &Deployment,
    containers: &[Container<'_>],
    export: fn(&Machine<'_>) -> Exported,
) -> Exported {
    let nodes = deployment.nodes.iter().map(|node| Some(&*node.name));
    let names = nodes.chain(deployment.nodes.is_empty().then_some(None));
    let mut all = Exported::default();
    for name in names {
        let here =
            |container: &&Container<'_>| name.is_none() || container.member.node.as_deref() == name;
        let containers: Vec<_> = containers.iter().filter(here).collect();
        if containers.is_empty() {
            continue;
        }
        let exported = export(&Machine {
            deployment,
            name,
            containers,
        });
        all.files.extend(exported.files);
        for note in exported.notes {
            if !all.notes.contains(&note) {
                all.notes.push(note);
            }
        }
    }
    all
}

/// Images that dynbuild makes are known to the engine that made them.
fn local_images<'a>(
    containers: impl Iterator<Item = &'a Container<'a>>,
) -> impl Iterator<Item = String> {
    let mut images: Vec<&str> = Vec::new();
    for container in containers.filter(|container| container.is_local) {
        if !images.contains(&&*container.image) {
            images.push(&container.image);
        }
    }
    images.into_iter().map(|image| {
        format!(
            "the image `{image}` is only on the machine that built it: push it, and name it by `image`"
        )
    })
}
