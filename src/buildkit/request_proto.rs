//! From [`super::request`] to the messages of the wire.

use std::collections::HashMap;

use serde_json::json;

use super::cache::CacheEntry;
use super::proto::control::sourcepolicy::{
    MatchType, Policy, PolicyAction, Rule, Selector, Update,
};
use super::proto::control::{self, CacheOptions, CacheOptionsEntry, Exporter};
use super::request::{
    DockerfileOptions, ImageResolve, Network, NoCache, SolveRequest, SourcePolicy, SourceRule,
    Syntax, Ulimit,
};
use super::session::local::DOCKERFILE;
use crate::docker::attestation::Attestation;
use crate::docker::csv;

/// The name of the Dockerfile frontend that is built into engines.
pub(super) const FRONTEND: &str = "dockerfile.v0";

/// Makes the message; `reference` names the build and `session` who may be asked.
///
/// Never fill `frontend_inputs` or anything else that is a map of messages here: Docker before 27.4
/// crashes, the whole daemon, on an entry whose value is empty, because this protobuf library
/// leaves such a value out and theirs reads that as a null pointer.
pub(super) fn message(
    request: &SolveRequest,
    reference: &str,
    session: &str,
) -> control::SolveRequest {
    let exporters: Vec<_> = request.exports.iter().map(exporter).collect();
    // Engines before BuildKit 0.13 know one exporter, and newer ones ignore this.
    let first = exporters.first().cloned().unwrap_or_default();
    control::SolveRequest {
        r#ref: reference.into(),
        session: session.into(),
        frontend: FRONTEND.into(),
        frontend_attrs: frontend_attributes(request),
        exporter_deprecated: first.r#type,
        exporter_attrs_deprecated: first.attrs,
        exporters,
        cache: Some(CacheOptions {
            imports: request.cache_imports.iter().map(cache_entry).collect(),
            exports: request.cache_exports.iter().map(cache_entry).collect(),
            ..CacheOptions::default()
        }),
        entitlements: request
            .entitlements
            .iter()
            .map(|e| e.as_str().into())
            .collect(),
        source_policy: request.source_policy.as_ref().map(policy),
        ..control::SolveRequest::default()
    }
}

/// Makes the message of a job that exports what is returned to it. The engine reads from the
/// attributes which attestations to attach, although no frontend is named.
pub(super) fn staged_job(
    request: &SolveRequest,
    reference: &str,
    session: &str,
) -> control::SolveRequest {
    control::SolveRequest {
        frontend: String::new(),
        ..message(request, reference, session)
    }
}

/// Makes the message of a build that does nothing by itself: a job for calls to the gateway.
pub(super) fn empty_job(reference: &str, session: &str) -> control::SolveRequest {
    control::SolveRequest {
        r#ref: reference.into(),
        session: session.into(),
        // Engines before the fix of 2025 crash without one.
        cache: Some(CacheOptions::default()),
        ..control::SolveRequest::default()
    }
}

fn exporter(export: &super::export::Export) -> Exporter {
    Exporter {
        r#type: export.kind().into(),
        attrs: export.attributes().into_iter().collect(),
    }
}

fn cache_entry(entry: &CacheEntry) -> CacheOptionsEntry {
    CacheOptionsEntry {
        r#type: entry.kind().as_str().into(),
        attrs: entry.exposed().into_iter().collect(),
    }
}

/// Returns everything that the frontend is told.
pub(super) fn frontend_attributes(request: &SolveRequest) -> HashMap<String, String> {
    let mut attributes = dockerfile_attributes(&request.dockerfile);
    if !request.cache_imports.is_empty() {
        attributes.push((
            "cache-imports".into(),
            cache_imports(&request.cache_imports),
        ));
    }
    attributes.extend(request.attestations.iter().map(attestation));
    attributes.into_iter().collect()
}

/// Returns the caches to read, as the gateway wants them for steps of ours.
pub(super) fn gateway_caches(request: &SolveRequest) -> Vec<control::frontend::CacheOptionsEntry> {
    let entry = |entry: &CacheEntry| control::frontend::CacheOptionsEntry {
        r#type: entry.kind().as_str().into(),
        attrs: entry.exposed().into_iter().collect(),
    };
    request.cache_imports.iter().map(entry).collect()
}

/// The frontend only looks here for caches, and not at the request's own list of them.
fn cache_imports(entries: &[CacheEntry]) -> String {
    let entry =
        |entry: &CacheEntry| json!({"Type": entry.kind().as_str(), "Attrs": entry.exposed()});
    json!(entries.iter().map(entry).collect::<Vec<_>>()).to_string()
}

fn attestation(attestation: &Attestation) -> (String, String) {
    let fields = attestation.attributes.iter();
    let fields: Vec<_> = fields
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let name = format!("attest:{}", attestation.kind.as_str());
    (name, csv::join(&fields))
}

fn dockerfile_attributes(options: &DockerfileOptions) -> Vec<(String, String)> {
    // Whatever is added to the options must get here.
    let DockerfileOptions {
        filename,
        dockerfile_session,
        target,
        platforms,
        is_part_of_index,
        build_args,
        labels,
        contexts,
        no_cache,
        image_resolve,
        add_hosts,
        shm_size,
        ulimits,
        network,
        syntax,
    } = options;
    let mut attributes = vec![("filename".to_owned(), filename.clone())];
    let mut set = |name: &str, value: String| attributes.push((name.to_owned(), value));
    if let Some(session) = dockerfile_session {
        set(&format!("local-sessionid:{DOCKERFILE}"), session.clone());
    }
    if let Some(target) = target {
        set("target", target.clone());
    }
    if *is_part_of_index {
        set("multi-platform", "true".into());
    }
    if !platforms.is_empty() {
        set("platform", platforms.join(","));
    }
    for (name, value) in build_args {
        set(&format!("build-arg:{name}"), value.clone());
    }
    for (name, value) in labels {
        set(&format!("label:{name}"), value.clone());
    }
    for (name, context) in contexts {
        set(&format!("context:{name}"), context.to_string());
    }
    if !contexts.is_empty() {
        set(
            "frontend.caps",
            "moby.buildkit.frontend.contexts+forward".into(),
        );
    }
    match no_cache {
        NoCache::None => {}
        NoCache::Stages(stages) => set("no-cache", stages.join(",")),
        NoCache::All => set("no-cache", String::new()),
    }
    match image_resolve {
        ImageResolve::Default => {}
        ImageResolve::PreferLocal => set("image-resolve-mode", "local".into()),
        ImageResolve::Pull => set("image-resolve-mode", "pull".into()),
    }
    if !add_hosts.is_empty() {
        let hosts: Vec<_> = add_hosts
            .iter()
            .map(|(name, ip)| format!("{name}={ip}"))
            .collect();
        set("add-hosts", hosts.join(","));
    }
    if let Some(size) = shm_size {
        set("shm-size", size.to_string());
    }
    if !ulimits.is_empty() {
        set(
            "ulimit",
            ulimits.iter().map(ulimit).collect::<Vec<_>>().join(","),
        );
    }
    match network {
        Network::Default => {}
        Network::Host => set("force-network-mode", "host".into()),
        Network::None => set("force-network-mode", "none".into()),
    }
    match syntax {
        // Frontends take this for "the redirection has been done", and go on by themselves.
        Syntax::BuiltIn => set("cmdline", "docker/dockerfile:1".into()),
        Syntax::AsWritten => {}
    }
    attributes
}

fn ulimit(limit: &Ulimit) -> String {
    format!("{}={}:{}", limit.name, limit.soft, limit.hard)
}

fn policy(policy: &SourcePolicy) -> Policy {
    Policy {
        version: 1,
        rules: policy.rules.iter().map(rule).collect(),
    }
}

fn rule(rule: &SourceRule) -> Rule {
    let (action, pattern, replacement) = match rule {
        SourceRule::Allow(pattern) => (PolicyAction::Allow, pattern, None),
        SourceRule::Deny(pattern) => (PolicyAction::Deny, pattern, None),
        SourceRule::Convert { from, to } => (PolicyAction::Convert, from, Some(to)),
    };
    Rule {
        action: action.into(),
        selector: Some(Selector {
            identifier: pattern.clone(),
            match_type: MatchType::Wildcard.into(),
            constraints: Vec::new(),
        }),
        updates: replacement.map(|to| Update {
            identifier: to.clone(),
            attrs: HashMap::new(),
        }),
    }
}
