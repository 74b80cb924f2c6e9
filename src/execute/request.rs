//! A planned target as a request to BuildKit.

use crate::buildkit::cache::{ActionsService, CacheEntry};
use crate::buildkit::request::{
    DockerfileOptions, FrontendContext, ImageResolve, LayoutContext, NoCache,
};
use crate::buildkit::{SolveRequest, Store};
use crate::docker::attestation::Attestation;
use crate::docker::cache::CacheSpec;
use crate::docker::named_context::{ContextPlace, NamedContext};
use crate::plan::PlannedTarget;

use super::export::exports;

/// A build that nothing stands in the way of.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) request: SolveRequest,
    /// Names under which the engine pushes the image after the build.
    pub(super) to_push: Vec<String>,
}

/// Makes the request; caches take from the job of GitHub Actions what they do not say themselves.
pub(super) fn request(target: &PlannedTarget, store: Store, service: &ActionsService) -> Prepared {
    let caches = |specs: &[CacheSpec]| -> Vec<CacheEntry> {
        let entries = specs.iter().map(|spec| CacheEntry::new(spec, service));
        entries.collect()
    };
    let (exports, to_push) = exports(&target.outputs, &target.tags, store);
    let request = SolveRequest {
        attestations: Attestation::effective(&target.attestations)
            .cloned()
            .collect(),
        dockerfile: dockerfile(target),
        exports,
        cache_imports: caches(&target.cache_from),
        cache_exports: caches(&target.cache_to),
        ..SolveRequest::default()
    };
    Prepared { request, to_push }
}

fn dockerfile(target: &PlannedTarget) -> DockerfileOptions {
    let contexts = target.contexts.iter();
    DockerfileOptions {
        target: Some(target.dockerfile.stage.clone()),
        platforms: target.platforms.iter().map(ToString::to_string).collect(),
        build_args: target.build_args.clone(),
        labels: target.labels.clone(),
        contexts: contexts
            .map(|(name, context)| (name.clone(), frontend_context(name, context)))
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

fn frontend_context(name: &str, context: &NamedContext) -> FrontendContext {
    match &context.place {
        ContextPlace::Image(image) => FrontendContext::Image(image.clone()),
        ContextPlace::Directory(_) => FrontendContext::Local(directory_name(name)),
        ContextPlace::Url(url) => FrontendContext::Url(url.clone()),
        ContextPlace::Layout { directory, image } => FrontendContext::Layout(LayoutContext {
            directory: directory.clone(),
            image: image.clone(),
        }),
    }
}

/// Returns the session's name for the directory of a named context, which may be called as
/// [`CONTEXT`](crate::buildkit::session::local::CONTEXT) or
/// [`DOCKERFILE`](crate::buildkit::session::local::DOCKERFILE) are.
pub(super) fn directory_name(context: &str) -> String {
    format!("named-{context}")
}
