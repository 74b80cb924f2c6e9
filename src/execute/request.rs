//! A planned target as a request to BuildKit.

use std::path::{Path, PathBuf};

use super::attestation::attestations;
use super::output::exports;
use crate::buildkit::cache::{ActionsService, CacheEntry, CacheUse};
use crate::buildkit::layout::Wanted;
use crate::buildkit::request::{
    DockerfileOptions, ImageResolve, LayoutContext, NamedContext, NoCache,
};
use crate::buildkit::{SolveRequest, Store};
use crate::docker::attributes::attributes;
use crate::exit::Exit;
use crate::plan::{BuildPlan, PlannedCache, PlannedTarget};
use crate::problem::{Problem, Problems};

/// What the names of a context may begin with that is not a directory of this machine.
const REMOTE_CONTEXTS: [&str; 6] = ["http://", "https://", "git://", "ssh://", "git@", "target:"];

/// What the names of a context begin with that is an image in a directory of this machine.
const LAYOUT: &str = "oci-layout://";

/// Finds the caches, outputs and attestations of a plan that no engine would take.
///
/// # Errors
/// Returns everything that is wrong, once.
pub fn check(plan: &BuildPlan) -> Result<(), Problems> {
    // What is wrong with the words of a plan is wrong for every store.
    check_each(plan, |target| request(target, Store::Containerd))
}

/// Finds the caches of a plan whose service is known neither from the plan nor from the job.
///
/// # Errors
/// Returns everything that is missing, once.
pub fn check_caches(plan: &BuildPlan, service: &ActionsService) -> Result<(), Problems> {
    check_each(plan, |target| {
        complete_request(target, Store::Containerd, service)
    })
}

fn check_each(
    plan: &BuildPlan,
    request: impl Fn(&PlannedTarget) -> Result<SolveRequest, Problems>,
) -> Result<(), Problems> {
    let wrong = plan
        .targets
        .iter()
        .filter_map(|target| request(target).err());
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
    let mut caches = |usage: CacheUse, entries: &[PlannedCache]| -> Vec<CacheEntry> {
        let caches = entries.iter().map(|planned| cache(usage, planned));
        caches
            .filter_map(|cache| cache.map_err(|p| problems.push(p)).ok())
            .collect()
    };
    let cache_imports = caches(CacheUse::Read, &target.cache_from);
    let cache_exports = caches(CacheUse::Write, &target.cache_to);
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

/// Makes the request with what the job adds to its caches.
///
/// # Errors
/// Returns all that is wrong or missing.
pub(super) fn complete_request(
    target: &PlannedTarget,
    store: Store,
    service: &ActionsService,
) -> Result<SolveRequest, Problems> {
    let mut request = request(target, store)?;
    let imports = request.cache_imports.iter_mut();
    let caches = imports.chain(&mut request.cache_exports);
    let wrong = caches.filter_map(|cache| cache.complete(service).err());
    let problems: Vec<_> = wrong.map(Problem::from).collect();
    if problems.is_empty() {
        Ok(request)
    } else {
        Err(Problems(problems))
    }
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

fn cache(usage: CacheUse, planned: &PlannedCache) -> Result<CacheEntry, Problem> {
    let wrong = |error: &dyn std::fmt::Display| {
        Problem::new(Exit::Usage, format!("Cache `{planned}` is wrong: {error}"))
    };
    let attributes = attributes(planned.expose(), "ref").map_err(|error| wrong(&error))?;
    CacheEntry::new(usage, attributes).map_err(Problem::from)
}

fn named_context(name: &str, place: &str) -> NamedContext {
    if let Some(image) = place.strip_prefix("docker-image://") {
        NamedContext::Image(image.to_owned())
    } else if let Some(layout) = place.strip_prefix(LAYOUT) {
        NamedContext::Layout(layout_context(layout))
    } else if local_context(place).is_some() {
        NamedContext::Local(directory_name(name))
    } else {
        NamedContext::Url(place.to_owned())
    }
}

/// Returns the session's name for the directory of a named context, which may be called as
/// [`CONTEXT`](crate::buildkit::session::local::CONTEXT) or
/// [`DOCKERFILE`](crate::buildkit::session::local::DOCKERFILE) are.
pub(super) fn directory_name(context: &str) -> String {
    format!("named-{context}")
}

/// Takes `DIR`, `DIR:TAG` and `DIR@DIGEST` apart.
fn layout_context(text: &str) -> LayoutContext {
    let digest = text.rsplit_once('@').and_then(|(directory, digest)| {
        let digest = digest.parse().ok()?;
        // Beside a digest, a tag is for people only.
        let directory = tagged(directory).map_or(directory, |(directory, _)| directory);
        Some((directory, Wanted::Digest(digest)))
    });
    let tag = || tagged(text).map(|(directory, tag)| (directory, Wanted::Tag(tag.to_owned())));
    let (directory, image) = digest.or_else(tag).unwrap_or((text, Wanted::Default));
    LayoutContext {
        directory: directory.into(),
        image,
    }
}

fn tagged(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))
}

/// Returns the directory that a named context is, if it is one of this machine.
pub(super) fn local_context(place: &str) -> Option<PathBuf> {
    let remote = place.starts_with("docker-image://")
        || place.starts_with(LAYOUT)
        || REMOTE_CONTEXTS
            .iter()
            .any(|prefix| place.starts_with(prefix));
    (!remote).then(|| Path::new(place).to_owned())
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("out" => ("out".into(), Wanted::Default))]
    #[test_case("/a:b/out" => ("/a:b/out".into(), Wanted::Default))]
    #[test_case("out:main" => ("out".into(), Wanted::Tag("main".into())))]
    #[test_case("a@b" => ("a@b".into(), Wanted::Default))]
    fn images_in_directories(text: &str) -> (PathBuf, Wanted) {
        let LayoutContext { directory, image } = layout_context(text);
        (directory, image)
    }

    #[test]
    fn a_digest_counts_and_its_tag_does_not() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for text in [format!("out@{digest}"), format!("out:main@{digest}")] {
            let LayoutContext { directory, image } = layout_context(&text);
            assert_eq!(directory, Path::new("out"));
            assert_eq!(image, Wanted::Digest(digest.parse().unwrap()));
        }
    }
}
