//! A planned target as a request to BuildKit.

use std::collections::BTreeSet;

use tokio::io::DuplexStream;

use crate::buildkit::cache::{ActionsService, CacheEntry};
use crate::buildkit::request::{
    DockerfileOptions, Entitlement, FrontendContext, ImageResolve, LayoutContext, Network, NoCache,
    Ulimit,
};
use crate::buildkit::{SolveRequest, Store};
use crate::docker::attestation::Attestation;
use crate::docker::cache::CacheSpec;
use crate::docker::named_context::{ContextPlace, NamedContext};
use crate::docker::size::ByteSize;
use crate::docker::step::{self, StepNetwork};
use crate::plan::PlannedTarget;

use super::delivery::Delivery;
use super::dockerfiles::Dockerfiles;
use super::export::{ExportPlan, exports};

/// A build that nothing stands in the way of.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) request: SolveRequest,
    /// What is left to do after it.
    pub(super) delivery: Delivery,
    /// An image on its way from a builder without images to the engine.
    pub(super) loading: Option<DuplexStream>,
}

impl Prepared {
    /// Keeps the names for the end.
    pub(super) fn withhold(&mut self, store: Store) {
        let Delivery {
            to_push,
            loaded_names,
            ..
        } = std::mem::take(&mut self.delivery);
        self.delivery = Delivery {
            loaded_names,
            ..Delivery::withhold(&mut self.request.exports, to_push, store)
        };
    }
}

/// Makes the request; caches take from the job of GitHub Actions what they do not say themselves.
pub(super) fn request(
    target: &PlannedTarget,
    dockerfiles: &Dockerfiles,
    store: Store,
    service: &ActionsService,
) -> Prepared {
    let caches = |specs: &[CacheSpec]| -> Vec<CacheEntry> {
        let entries = specs.iter().map(|spec| CacheEntry::new(spec, service));
        entries.collect()
    };
    let ExportPlan {
        exports,
        to_push,
        loading,
        loaded_names,
    } = exports(&target.outputs, &target.tags, store, target.compression);
    let request = SolveRequest {
        attestations: Attestation::effective(&target.attestations)
            .cloned()
            .collect(),
        dockerfile: dockerfile(target, dockerfiles),
        entitlements: entitlements(target),
        exports,
        cache_imports: caches(&target.cache_from),
        cache_exports: caches(&target.cache_to),
        whole_output: target.complete_logs,
        ..SolveRequest::default()
    };
    Prepared {
        request,
        delivery: Delivery {
            to_push,
            loaded_names,
            ..Delivery::default()
        },
        loading,
    }
}

fn dockerfile(target: &PlannedTarget, dockerfiles: &Dockerfiles) -> DockerfileOptions {
    let contexts = target.contexts.iter();
    let steps = &target.steps;
    DockerfileOptions {
        filename: dockerfiles.of(target).name.clone(),
        target: Some(target.dockerfile.stage.clone()),
        platforms: target.platforms.iter().map(ToString::to_string).collect(),
        build_args: target.build_args.clone(),
        labels: target.labels.clone(),
        contexts: contexts
            .map(|(name, context)| (name.clone(), frontend_context(name, context)))
            .collect(),
        no_cache: no_cache(target),
        network: match steps.network {
            StepNetwork::Default => Network::Default,
            StepNetwork::Host => Network::Host,
            StepNetwork::None => Network::None,
        },
        add_hosts: steps
            .add_hosts
            .iter()
            .map(|host| (host.name().to_owned(), host.address().to_owned()))
            .collect(),
        shm_size: steps.shm_size.map(ByteSize::get),
        ulimits: steps
            .ulimits
            .iter()
            .map(|limit| Ulimit {
                name: limit.name().to_string(),
                soft: limit.soft(),
                hard: limit.hard(),
            })
            .collect(),
        image_resolve: if target.pull {
            ImageResolve::Pull
        } else {
            ImageResolve::PreferLocal
        },
        ..DockerfileOptions::default()
    }
}

fn no_cache(target: &PlannedTarget) -> NoCache {
    if target.no_cache {
        NoCache::All
    } else if target.steps.no_cache_filter.is_empty() {
        NoCache::None
    } else {
        NoCache::Stages(target.steps.no_cache_filter.clone())
    }
}

/// Who wants all steps on the machine's network allows them that, as with buildx.
fn entitlements(target: &PlannedTarget) -> Vec<Entitlement> {
    let steps = &target.steps;
    let host = (steps.network == StepNetwork::Host).then_some(step::Entitlement::NetworkHost);
    let allowed: BTreeSet<_> = steps.allow.iter().copied().chain(host).collect();
    let allowed = allowed.into_iter();
    allowed
        .map(|allowed| match allowed {
            step::Entitlement::NetworkHost => Entitlement::NetworkHost,
            step::Entitlement::SecurityInsecure => Entitlement::SecurityInsecure,
        })
        .collect()
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
