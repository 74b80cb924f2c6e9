//! Which compiler cache a build has.

use super::SWITCH;
use super::server::CacheServer;
use crate::plan::chains::Chains;
use crate::plan::error::PlanError;
use crate::plan::findings::Findings;
use crate::plan::origin::{Origin, Setting};
use crate::plan::settings::SccacheSettings;
use crate::profile::{Sccache, SccacheBackend};
use crate::toml_file::Merge as _;

/// Decides between what was asked for and what the profile has, and finds what is missing.
///
/// Returns the build arguments that tell it to the stages.
pub(in crate::plan) fn decide(
    table: &Sccache,
    asked: &SccacheSettings,
    findings: &mut Findings,
) -> Chains {
    let SccacheSettings {
        backend,
        bucket,
        region,
        endpoint,
        key_prefix,
    } = asked.clone().merge(table.clone().into());
    let backend = backend.unwrap_or_else(|| Setting::new(SccacheBackend::Local, Origin::BuiltIn));
    let word = backend.clone().map(|backend| backend.to_string());
    findings.explanation.note(None, "sccache", word);
    let parts = [
        ("bucket", "SCCACHE_BUCKET", bucket),
        ("region", "SCCACHE_REGION", region),
        ("endpoint", "SCCACHE_ENDPOINT", endpoint),
        ("key-prefix", "SCCACHE_PREFIX", key_prefix),
    ];
    let mut args = switches(&backend);
    for (what, arg, part) in parts {
        match (use_of(what, backend.value), part) {
            (Use::None, Some(part)) => note_unused(&part.origin, backend.value, findings),
            (Use::Needed, None) => findings.error(PlanError::SccacheNeeds {
                backend: backend.value.to_string(),
                what,
                origin: backend.origin.clone(),
            }),
            (Use::Needed | Use::Possible, Some(part)) => {
                if what == "endpoint" {
                    check_endpoint(backend.value, &part, &mut args, findings);
                }
                args.set(arg, part.value, part.origin);
            }
            (Use::None | Use::Possible, None) => {}
        }
    }
    args
}

/// What a backend makes of a part of its description.
enum Use {
    None,
    Possible,
    Needed,
}

fn use_of(what: &str, backend: SccacheBackend) -> Use {
    match (backend, what) {
        (SccacheBackend::Local | SccacheBackend::Off, _) => Use::None,
        (_, "key-prefix") | (SccacheBackend::S3, "endpoint") => Use::Possible,
        (SccacheBackend::S3, _) | (SccacheBackend::Redis | SccacheBackend::Webdav, "endpoint") => {
            Use::Needed
        }
        (SccacheBackend::Redis | SccacheBackend::Webdav | SccacheBackend::Gha, _) => Use::None,
    }
}

fn switches(backend: &Setting<SccacheBackend>) -> Chains {
    let mut args = Chains::default();
    let remote = match backend.value {
        SccacheBackend::Local | SccacheBackend::Off => "false",
        SccacheBackend::S3
        | SccacheBackend::Redis
        | SccacheBackend::Webdav
        | SccacheBackend::Gha => "true",
    };
    args.set(SWITCH, remote, backend.origin.clone());
    if backend.value != SccacheBackend::Local {
        let word = backend.value.as_str();
        args.set("SCCACHE_BACKEND", word, backend.origin.clone());
    }
    args
}

/// Whether the protocol is TLS is an argument of its own.
fn check_endpoint(
    backend: SccacheBackend,
    endpoint: &Setting<String>,
    args: &mut Chains,
    findings: &mut Findings,
) {
    if let Err(error) = CacheServer::parse(backend, &endpoint.value) {
        findings.error(PlanError::SccacheEndpoint {
            backend,
            error,
            origin: endpoint.origin.clone(),
        });
    }
    if backend == SccacheBackend::S3 {
        // Without a protocol, sccache would speak plain http.
        let tls = !endpoint.value.starts_with("http://");
        let origin = endpoint.origin.clone();
        args.set("SCCACHE_S3_USE_SSL", tls.to_string(), origin);
    }
}

/// A bucket alone shares nothing.
fn note_unused(origin: &Origin, backend: SccacheBackend, findings: &mut Findings) {
    let Origin::Flag(flag) = origin else {
        return;
    };
    findings.note(match backend {
        SccacheBackend::Local | SccacheBackend::Off => {
            format!("`{flag}` has no effect without `--use-sccache`")
        }
        backend => format!("`{flag}` has no effect with the sccache backend `{backend}`"),
    });
}
