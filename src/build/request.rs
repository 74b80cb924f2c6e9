//! A planned target as a request to BuildKit.

use std::path::{Path, PathBuf};

use super::attestation::attestations;
use super::output::exports;
use crate::buildkit::cache::CacheEntry;
use crate::buildkit::request::{DockerfileOptions, ImageResolve, NamedContext, NoCache};
use crate::buildkit::{SolveRequest, Store};
use crate::docker::attributes::attributes;
use crate::exit::Exit;
use crate::plan::{BuildPlan, PlannedTarget};
use crate::problem::{Problem, Problems};

/// What the names of a context may begin with that is not a directory of this machine.
const REMOTE_CONTEXTS: [&str; 6] = ["http://", "https://", "git://", "ssh://", "git@", "target:"];

/// Finds the caches, outputs and attestations of a plan that no engine would take.
///
/// # Errors
/// Returns everything that is wrong, once.
pub fn check(plan: &BuildPlan) -> Result<(), Problems> {
    let wrong = plan.targets.iter().filter_map(|target| {
        // What is wrong with the words of a plan is wrong for every store.
        request(target, Store::Containerd).err()
    });
    let mut problems: Vec<Problem> = Vec::new();
    for problem in wrong.flat_map(|problems| problems.0) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problems(problems))
    }
}

/// Makes the request.
///
/// # Errors
/// Returns every cache, output and attestation that is wrong.
pub(super) fn request(target: &PlannedTarget, store: Store) -> Result<SolveRequest, Problems> {
    let mut problems = Vec::new();
    let mut caches = |entries: &[String]| -> Vec<CacheEntry> {
        let caches = entries.iter().map(|text| cache(text));
        caches
            .filter_map(|cache| cache.map_err(|p| problems.push(p)).ok())
            .collect()
    };
    let cache_imports = caches(&target.cache_from);
    let cache_exports = caches(&target.cache_to);
    let exports = exports(&target.outputs, &target.tags, store).unwrap_or_else(|errors| {
        problems.extend(errors.into_iter().map(Problem::from));
        Vec::new()
    });
    let attestations = attestations(&target.attestations).unwrap_or_else(|errors| {
        problems.extend(errors.into_iter().map(Problem::from));
        Vec::new()
    });
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    Ok(SolveRequest {
        attestations,
        dockerfile: dockerfile(target),
        exports,
        cache_imports,
        cache_exports,
        ..SolveRequest::default()
    })
}

fn dockerfile(target: &PlannedTarget) -> DockerfileOptions {
    DockerfileOptions {
        target: Some(target.dockerfile.stage.clone()),
        platforms: target.platforms.clone(),
        build_args: target.build_args.clone(),
        labels: target.labels.clone(),
        contexts: target
            .contexts
            .iter()
            .map(|(name, place)| (name.clone(), named_context(name, place)))
            .collect(),
        no_cache: if target.no_cache {
            NoCache::All
        } else {
            NoCache::None
        },
        image_resolve: if target.pull {
            ImageResolve::Pull
        } else {
            ImageResolve::PreferLocal
        },
        ..DockerfileOptions::default()
    }
}

fn cache(text: &str) -> Result<CacheEntry, Problem> {
    let wrong = |error: &dyn std::fmt::Display| {
        Problem::new(Exit::Usage, format!("Cache `{text}` is wrong: {error}"))
    };
    let attributes = attributes(text, "ref").map_err(|error| wrong(&error))?;
    CacheEntry::new(attributes).map_err(Problem::from)
}

fn named_context(name: &str, place: &str) -> NamedContext {
    if let Some(image) = place.strip_prefix("docker-image://") {
        NamedContext::Image(image.to_owned())
    } else if local_context(place).is_some() {
        NamedContext::Local(name.to_owned())
    } else {
        NamedContext::Url(place.to_owned())
    }
}

/// Returns the directory that a named context is, if it is one of this machine.
pub(super) fn local_context(place: &str) -> Option<PathBuf> {
    let remote = place.starts_with("docker-image://")
        || REMOTE_CONTEXTS
            .iter()
            .any(|prefix| place.starts_with(prefix));
    (!remote).then(|| Path::new(place).to_owned())
}
