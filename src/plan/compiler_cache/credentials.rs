//! The secrets of remote compiler caches.

use std::collections::BTreeMap;

use super::server::{CacheServer, remote_backend};
use crate::plan::build_plan::PlannedSecret;
use crate::plan::findings::Findings;
use crate::profile::SccacheBackend;
use crate::text::Words as _;

const KEY: &str = "aws-key-id";
const SECRET: &str = "aws-secret-id";
const ROLE: &str = "aws-role-arn";
const IDENTITY: &str = "aws-web-identity-token";
const RESULTS: &str = "actions-results-url";
const TOKEN: &str = "actions-runtime-token";

/// The ids of the secrets that `compile` hands to sccache for a backend.
fn secrets(backend: SccacheBackend) -> &'static [&'static str] {
    match backend {
        SccacheBackend::S3 => &[KEY, SECRET, "aws-session-token", ROLE, IDENTITY],
        SccacheBackend::Redis => &["sccache-redis-username", "sccache-redis-password"],
        SccacheBackend::Webdav => &[
            "sccache-webdav-username",
            "sccache-webdav-password",
            "sccache-webdav-token",
        ],
        SccacheBackend::Gha => &[RESULTS, TOKEN],
        SccacheBackend::Local | SccacheBackend::Off => &[],
    }
}

/// Returns whether a secret is only for compiler caches other than that of a build with these
/// arguments: a build that cannot use it does not get it.
pub(in crate::plan) fn is_for_another(id: &str, build_args: &BTreeMap<String, String>) -> bool {
    let mut backends = SccacheBackend::ALL.iter();
    let known = backends.any(|any| secrets(*any).contains(&id));
    let own = remote_backend(build_args).map_or(&[][..], secrets);
    known && !own.contains(&id)
}

/// Notes why a build that compiles will perhaps not use its remote cache. That is no error: it then
/// keeps its objects in the engine, as without any remote cache.
pub(in crate::plan) fn note_obstacles(
    build_args: &BTreeMap<String, String>,
    secrets: &[PlannedSecret],
    findings: &mut Findings,
) {
    if let Some(server) = CacheServer::of(build_args).filter(CacheServer::is_loopback) {
        findings.note(format!(
            "The sccache server `{server}` is this machine, which build steps do not reach by that \
             name: give the address at which containers see it"
        ));
    }
    let has = |id: &str| secrets.iter().any(|secret| secret.id == id);
    let Some(backend) = remote_backend(build_args) else {
        return;
    };
    if let Some(why) = missing(backend, has) {
        findings.note(format!(
            "The sccache backend `{backend}` has no credentials here: {why}"
        ));
    }
}

/// Returns what a backend misses among the secrets that there are, and what fixes it.
///
/// Redis and `WebDAV` may well do without a login.
pub(super) fn missing(backend: SccacheBackend, has: impl Fn(&str) -> bool) -> Option<&'static str> {
    match backend {
        SccacheBackend::S3 => missing_of_s3(has(KEY), has(SECRET), has(ROLE) && has(IDENTITY)),
        SccacheBackend::Gha if !(has(RESULTS) && has(TOKEN)) => Some(
            "`ACTIONS_RESULTS_URL` and `ACTIONS_RUNTIME_TOKEN` are not set, which only actions see: \
             export them with `actions/github-script` in a step before",
        ),
        SccacheBackend::Gha
        | SccacheBackend::Redis
        | SccacheBackend::Webdav
        | SccacheBackend::Local
        | SccacheBackend::Off => None,
    }
}

fn missing_of_s3(key: bool, secret: bool, identity: bool) -> Option<&'static str> {
    match (key, secret) {
        (true, true) => None,
        (true, false) => Some("`AWS_ACCESS_KEY_ID` is set, but `AWS_SECRET_ACCESS_KEY` is not"),
        (false, true) => Some("`AWS_SECRET_ACCESS_KEY` is set, but `AWS_ACCESS_KEY_ID` is not"),
        (false, false) if identity => None,
        (false, false) => Some(
            "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_ROLE_ARN` and \
             `AWS_WEB_IDENTITY_TOKEN_FILE`, unless the engine's machine has a role of its own",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test]
    fn a_build_gets_the_secrets_of_its_own_backend() {
        let s3 = BTreeMap::from([("USE_SCCACHE".to_owned(), "true".to_owned())]);
        let local = BTreeMap::new();
        assert!(!is_for_another(KEY, &s3));
        assert!(is_for_another(KEY, &local));
        assert!(is_for_another(TOKEN, &s3));
        assert!(!is_for_another("hf-token", &local));
    }

    #[test_case(SccacheBackend::S3, &[KEY, SECRET] => false; "a pair of keys")]
    #[test_case(SccacheBackend::S3, &[ROLE, IDENTITY] => false; "a web identity")]
    #[test_case(SccacheBackend::S3, &[KEY, ROLE, IDENTITY] => true; "half a pair comes first for sccache")]
    #[test_case(SccacheBackend::S3, &[ROLE] => true; "a role alone")]
    #[test_case(SccacheBackend::S3, &[] => true; "nothing")]
    #[test_case(SccacheBackend::Gha, &[RESULTS] => true; "an address without token")]
    #[test_case(SccacheBackend::Gha, &[RESULTS, TOKEN] => false; "a job of GitHub")]
    #[test_case(SccacheBackend::Redis, &[] => false; "redis without login")]
    #[test_case(SccacheBackend::Local, &[] => false; "local")]
    fn lacks(backend: SccacheBackend, has: &[&str]) -> bool {
        missing(backend, |id| has.contains(&id)).is_some()
    }
}
