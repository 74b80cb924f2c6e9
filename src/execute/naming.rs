//! The last step of a set: names move to the images, all of them or none.
//!
//! What each name stood for is read first. Then the names in registries move, one request each, and
//! at last those in the engine. If one of them cannot be moved, those that have moved are moved
//! back. A client that is killed in the middle leaves some names moved, and the next run, which
//! finds everything built and uploaded, moves the others.

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::exported::{Exported, Staged};
use super::retry::Passing;
use super::run::Run;
use crate::buildkit::Store;
use crate::buildkit::progress::Vertex;
use crate::docker::reference::Reference;
use crate::engine::EngineError;
use crate::hash::sha256_hex;
use crate::plan::PlannedTarget;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::registry::{Manifest, Place, RegistryError};

/// A name that moves.
struct Move<'p> {
    target: &'p PlannedTarget,
    name: String,
    kind: Kind,
}

enum Kind {
    Registry {
        place: Place,
        tag: String,
        new: Manifest,
        old: Option<Manifest>,
    },
    Engine {
        id: String,
        /// The image that has the name now.
        old: Option<String>,
    },
}

impl Move<'_> {
    /// Returns whether the name stands for the image already, as after an unchanged build.
    fn changes_nothing(&self, store: Store) -> bool {
        match &self.kind {
            Kind::Registry { new, old, .. } => old.as_ref() == Some(new),
            // The containerd store would go on to list the image among those without a name.
            Kind::Engine { id, old } => store == Store::Classic && old.as_ref() == Some(id),
        }
    }
}

/// Why names did not move.
pub(super) struct NamingFailure {
    pub(super) problems: Problems,
    /// The target whose name it was, where that is known.
    pub(super) target: Option<String>,
    /// Names that have moved and could not be moved back.
    pub(super) moved: Vec<String>,
}

impl Run<'_> {
    /// Moves the names of all images.
    pub(super) async fn put_names(&self, exported: &[Exported<'_>]) -> Result<(), NamingFailure> {
        let unmoved = |problems| NamingFailure {
            problems,
            target: None,
            moved: Vec::new(),
        };
        let moves = self.moves(exported).await.map_err(unmoved)?;
        for (number, step) in moves.iter().enumerate() {
            if let Err(problems) = self.put(step).await {
                let kept = self.put_back(&moves[..number]).await;
                return Err(NamingFailure {
                    problems,
                    target: Some(step.target.name.clone()),
                    moved: kept,
                });
            }
        }
        self.forget_uploads(exported).await;
        Ok(())
    }

    /// Collects the names, those in registries first, with what they stand for now.
    async fn moves<'p>(&self, exported: &[Exported<'p>]) -> Result<Vec<Move<'p>>, Problems> {
        let (mut registry, mut engine) = (Vec::new(), Vec::new());
        for Exported { target, result, .. } in exported {
            let Ok(staged) = result else {
                continue;
            };
            for name in &staged.delivery.registry_names {
                registry.push(self.in_registry(target, name, staged).await?);
            }
            let loaded = self.loaded(&staged.built.response);
            let Some(images) = self.engine else {
                continue;
            };
            let Some(id) = loaded else {
                continue;
            };
            engine.extend(staged.delivery.local_names.iter().map(|name| {
                let id = id.to_string();
                async move {
                    let old = images.image(name).await?.map(|old| old.id);
                    let (name, kind) = (name.clone(), Kind::Engine { id, old });
                    Ok(Move { target, name, kind })
                }
            }));
        }
        let engine = try_join_all(engine).await;
        registry.extend(engine.map_err(|error: EngineError| Problem::from(error))?);
        Ok(registry)
    }

    async fn in_registry<'p>(
        &self,
        target: &'p PlannedTarget,
        name: &str,
        staged: &Staged,
    ) -> Result<Move<'p>, Problems> {
        let absent = || {
            let message = format!("The upload of `{name}` is not in its registry");
            Problem::new(ProblemKind::Registry, message)
        };
        let reference: Reference = name.parse().map_err(|_| absent())?;
        let place = Place::of(&reference);
        let tag = reference.tagged();
        let tag = tag.tag().map_or("latest", |tag| tag.as_str()).to_owned();
        let digest = staged.digest.as_ref().ok_or_else(absent)?.to_string();
        let new = self.read(target, &place, &digest).await?;
        let kind = Kind::Registry {
            new: new.ok_or_else(absent)?,
            old: self.read(target, &place, &tag).await?,
            place,
            tag,
        };
        let name = name.to_owned();
        Ok(Move { target, name, kind })
    }

    pub(super) async fn read(
        &self,
        target: &PlannedTarget,
        place: &Place,
        reference: &str,
    ) -> Result<Option<Manifest>, Problem> {
        let read = async || self.registry.manifest(place, reference).await;
        let found = self.with_retries(Some(target), Passing::of_registry, read);
        found.await.map_err(Problem::from)
    }

    /// Moves one name, as a step of the build.
    async fn put(&self, step: &Move<'_>) -> Result<(), Problems> {
        let place = match &step.kind {
            Kind::Registry { .. } => "in its registry",
            Kind::Engine { .. } => "in the engine",
        };
        let title = format!("naming {} {place}", step.name);
        let store = self.client.capabilities().store;
        let mut vertex = Vertex {
            digest: format!("sha256:{}", sha256_hex(&title)).into(),
            name: title,
            started: Some(Timestamp::now()),
            cached: step.changes_nothing(store),
            ..Vertex::default()
        };
        self.tell_step(step.target, &vertex).await;
        let result = match &step.kind {
            // To name it again takes engines as long as the first time.
            _ if vertex.cached => Ok(()),
            Kind::Registry {
                place, tag, new, ..
            } => self.put_tag(step.target, place, tag, new).await,
            Kind::Engine { id, .. } => self.tag(id, &step.name).await.map_err(Problem::from),
        };
        vertex.completed = Some(Timestamp::now());
        if let Err(problem) = &result {
            vertex.error.clone_from(&problem.message);
        }
        self.tell_step(step.target, &vertex).await;
        result.map_err(Problems::from)
    }

    pub(super) async fn put_tag(
        &self,
        target: &PlannedTarget,
        place: &Place,
        tag: &str,
        manifest: &Manifest,
    ) -> Result<(), Problem> {
        let put = async || self.registry.put(place, tag, manifest).await;
        let put = self.with_retries(Some(target), Passing::of_registry, put);
        put.await.map_err(Problem::from)
    }

    /// Moves names back, the last one first, and returns those that stay moved.
    async fn put_back(&self, moved: &[Move<'_>]) -> Vec<String> {
        let mut stuck = Vec::new();
        for step in moved.iter().rev() {
            if !self.put_one_back(step).await {
                stuck.push(step.name.clone());
            }
        }
        stuck
    }

    async fn put_one_back(&self, step: &Move<'_>) -> bool {
        let store = self.client.capabilities().store;
        match &step.kind {
            _ if step.changes_nothing(store) => true,
            Kind::Registry {
                place, tag, old, ..
            } => {
                let back = match old {
                    Some(old) => self.registry.put(place, tag, old).await,
                    None => self.registry.delete(place, tag).await,
                };
                // A registry that has lost the name meanwhile has done what is wanted.
                back.is_ok() || matches!(back, Err(RegistryError::Refused { status: 404, .. }))
            }
            Kind::Engine { old, .. } => match old {
                Some(old) => self.tag(old, &step.name).await.is_ok(),
                None => self.untag(&step.name).await.is_ok(),
            },
        }
    }

    /// Gives an image of the engine a further name.
    pub(super) async fn tag(&self, image: &str, name: &str) -> Result<(), EngineError> {
        match self.engine {
            Some(engine) => engine.tag_image(image, name).await,
            None => Ok(()),
        }
    }

    async fn untag(&self, name: &str) -> Result<(), EngineError> {
        match self.engine {
            Some(engine) => engine.untag_image(name).await,
            None => Ok(()),
        }
    }

    /// Takes the names away under which a classic store has uploaded.
    pub(super) async fn forget_uploads(&self, exported: &[Exported<'_>]) {
        let staged = exported.iter().filter_map(|one| one.result.as_ref().ok());
        for staged in staged.filter(|staged| staged.delivery.engine_uploads) {
            let Some(id) = self.loaded(&staged.built.response) else {
                continue;
            };
            for place in staged.delivery.places() {
                // What stays is a name that nobody reads, with the image that it stands for.
                let name = place.upload_name(id.as_str());
                self.untag(&name).await.ok();
            }
        }
    }
}
