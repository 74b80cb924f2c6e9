//! A target whose platforms several nodes have built: one image again.
//!
//! Each node uploads its platforms as an index that has no name. The index of all of them names the
//! same images, so it is put next to them without any layer moving; names move to it afterwards, as
//! they do for every other image.

use jiff::Timestamp;

use super::event::{BuiltTarget, TargetOutcome};
use super::exported::{Exported, PartEnd, Staged};
use super::outcome::{Built, Failure};
use super::run::Run;
use crate::buildkit::Digest;
use crate::buildkit::export::ExportResponse;
use crate::buildkit::progress::Vertex;
use crate::hash::sha256_hex;
use crate::plan::PlannedTarget;
use crate::problem::{Problem, ProblemKind};
use crate::registry::{Manifest, Place};

impl Run<'_> {
    /// Joins what the nodes have made of a target.
    pub(super) async fn join<'p>(
        &self,
        target: &'p PlannedTarget,
        ends: Vec<PartEnd>,
    ) -> Exported<'p> {
        let mut unnamed: Vec<String> = Vec::new();
        let mut parts = Vec::new();
        let mut failures = Vec::new();
        for end in ends {
            unnamed.extend(end.unnamed);
            match end.result {
                Ok(staged) => parts.push(staged),
                Err(failure) => failures.push(failure),
            }
        }
        // A part that failed by itself says more than those that were stopped for it.
        failures.sort_by_key(|failure| !matches!(failure.outcome, TargetOutcome::Failed { .. }));
        let result = match failures.into_iter().next() {
            Some(failure) => Err(failure),
            None => self.joined(target, parts).await,
        };
        if result.is_err() && !self.policy.keep_going {
            self.cancel.cancel();
        }
        Exported {
            target,
            result,
            unnamed,
        }
    }

    async fn joined(
        &self,
        target: &PlannedTarget,
        mut parts: Vec<Staged>,
    ) -> Result<Staged, Failure> {
        let digests: Option<Vec<Digest>> = parts.iter().map(|part| part.digest.clone()).collect();
        let Staged {
            built, delivery, ..
        } = parts.swap_remove(0);
        let (Some(digests), false) = (digests, delivery.registry_names.is_empty()) else {
            return Ok(Staged {
                built,
                delivery,
                digest: None,
            });
        };
        let mut joined = None;
        for place in delivery.places() {
            let put = self
                .cancel
                .run_until_cancelled(self.put_index(target, &place, &digests));
            let digest = put.await.ok_or_else(Failure::cancelled)?;
            joined = Some(digest.map_err(|problem| Failure::of(problem.into()))?);
        }
        let Built {
            image,
            mut response,
        } = built;
        if let Some(digest) = &joined {
            // What one node said is not true of the whole.
            response = ExportResponse::default();
            response.pushed_as(digest);
        }
        let image = BuiltTarget {
            digest: joined.clone(),
            ..image
        };
        Ok(Staged {
            built: Built { image, response },
            delivery,
            digest: joined,
        })
    }

    /// Puts the index of images that a repository has, as a step of the build.
    async fn put_index(
        &self,
        target: &PlannedTarget,
        place: &Place,
        digests: &[Digest],
    ) -> Result<Digest, Problem> {
        let title = format!("joining the platforms in {}/{}", place.domain, place.path);
        let mut step = Vertex {
            digest: format!("sha256:{}", sha256_hex(format!("{} {title}", target.name))).into(),
            name: title,
            started: Some(Timestamp::now()),
            ..Vertex::default()
        };
        self.tell_step(target, &step).await;
        let put = self.index(target, place, digests).await;
        step.completed = Some(Timestamp::now());
        if let Err(problem) = &put {
            step.error.clone_from(&problem.message);
        }
        self.tell_step(target, &step).await;
        put
    }

    async fn index(
        &self,
        target: &PlannedTarget,
        place: &Place,
        digests: &[Digest],
    ) -> Result<Digest, Problem> {
        let mut images = Vec::new();
        for digest in digests {
            let image = self.read(target, place, digest.as_str()).await?;
            images.push(image.ok_or_else(|| {
                let (domain, path) = (&place.domain, &place.path);
                let message =
                    format!("The upload `{domain}/{path}@{digest}` is not in its registry");
                Problem::new(ProblemKind::Registry, message)
            })?);
        }
        let index = Manifest::index(&images);
        let digest = index.digest();
        self.put_tag(target, place, &digest, &index).await?;
        Ok(digest.as_str().into())
    }
}
