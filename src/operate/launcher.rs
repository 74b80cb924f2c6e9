//! Launching members: each as `dynrun run -d` would.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::labels;
use crate::credentials::Keyring;
use crate::deploy::Member;
use crate::docker::env::EnvVar;
use crate::engine::{Engine, EngineError, PullEvent};
use crate::launch::decision::{Inputs, Launch};
use crate::launch::facts::{EngineFacts, HostFacts};
use crate::launch::label;
use crate::launch::live::create::Creation;
use crate::launch::live::{Remark, Starter};
use crate::launch::note::Note;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::profile::Profile;

/// What all launches of a deployment have in common.
pub(crate) struct Launcher {
    pub(crate) engine: Engine,
    pub(crate) host: HostFacts,
    pub(crate) facts: EngineFacts,
    pub(crate) keyring: Keyring,
    pub(crate) proxies: BTreeMap<String, String>,
    /// By framework.
    pub(crate) profiles: BTreeMap<String, Profile>,
}

impl Launcher {
    /// Decides a member's launch.
    pub(crate) fn decide(&self, member: &Member) -> Result<Launch, Problems> {
        let framework = member.request.framework.as_deref().unwrap_or_default();
        let profile = self.profiles.get(framework).ok_or_else(|| {
            Problem::new(
                ProblemKind::Usage,
                format!("There is no profile `{framework}`"),
            )
        })?;
        let mut launch = Launch::decide(Inputs {
            request: &member.request,
            profile: &member.profile(profile.clone()),
            host: &self.host,
            engine: Some(&self.facts),
        })?;
        let spec = &mut launch.spec;
        spec.launch.detach = true;
        // Its log is read when it has ended.
        spec.keeping.remove = false;
        spec.labels.insert(
            label::MANAGED.to_owned(),
            env!("CARGO_PKG_VERSION").to_owned(),
        );
        spec.labels.extend(labels(member));
        let env = &mut spec.process.env;
        for (name, value) in &self.proxies {
            if !env.iter().any(|variable| variable.name() == name) {
                env.push(EnvVar::new(name.clone(), value.clone()));
            }
        }
        Ok(launch)
    }

    /// Pulls the images that the engine lacks, each once, before the time to become ready runs.
    pub(crate) async fn fetch_images(
        &self,
        members: impl Iterator<Item = &Member>,
        mut heard: impl FnMut(PullEvent<'_>),
    ) -> Result<(), Problems> {
        let mut fetched = BTreeSet::new();
        for member in members {
            let launch = self.decide(member)?;
            let spec = &launch.spec;
            if fetched.insert((spec.image.clone(), spec.launch.platform.clone())) {
                let creation = Creation {
                    engine: &self.engine,
                    spec,
                    chosen: &launch.chosen,
                    keyring: &self.keyring,
                };
                let done = creation.fetch_image(&mut heard).await;
                done.map_err(Problem::from)?;
            }
        }
        Ok(())
    }

    /// Launches a member in place of a container that it had before.
    pub(super) async fn start(&self, member: &Member) -> (Vec<Note>, Result<String, Problems>) {
        let mut notes = Vec::new();
        let started = self.try_start(member, &mut notes).await;
        (notes, started)
    }

    async fn try_start(&self, member: &Member, notes: &mut Vec<Note>) -> Result<String, Problems> {
        self.remove_old(member).await.map_err(Problem::from)?;
        let mut launch = self.decide(member)?;
        notes.append(&mut launch.notes);
        let started = Starter {
            engine: &self.engine,
            host: &self.host,
            keyring: &self.keyring,
            heard: &mut |remark| match remark {
                Remark::Note(note) => notes.push(note.clone()),
                Remark::Pulls(_) | Remark::Pulled => {}
            },
        }
        .start(&mut launch)
        .await?;
        Ok(started.id)
    }

    /// One of the same name that is not ours stays, and the launch says so.
    async fn remove_old(&self, member: &Member) -> Result<(), EngineError> {
        let Some(old) = self.engine.container(&member.container()).await? else {
            return Ok(());
        };
        let labels = old.config.labels.as_ref();
        let own = labels.and_then(|labels| labels.get(label::DEPLOYMENT));
        if label::is_ours(labels) && own == Some(&member.deployment) {
            self.engine.remove_container(&old.id).await?;
        }
        Ok(())
    }
}
