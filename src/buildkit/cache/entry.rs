//! A cache as the engine is told of it.

use std::collections::BTreeMap;
use std::fmt;

use super::actions::ActionsService;
use super::local::LocalCache;
use crate::docker::cache::{CacheKind, CacheSpec};
use crate::secret::Secret;

/// A cache to import from or to export to, with all that the engine needs to reach it.
#[derive(Clone)]
pub struct CacheEntry {
    kind: CacheKind,
    attributes: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    local: Option<LocalCache>,
}

impl CacheEntry {
    /// Makes the entry of a cache; a `type=gha` cache takes from the job what it does not say
    /// itself.
    pub fn new(spec: &CacheSpec, service: &ActionsService) -> Self {
        let mut entry = Self {
            kind: spec.kind,
            attributes: spec.attributes.clone(),
            secrets: spec.secrets.clone(),
            local: (spec.kind == CacheKind::Local).then(|| LocalCache::new(spec)),
        };
        if spec.kind == CacheKind::Gha {
            entry.complete(service);
        }
        entry
    }

    fn complete(&mut self, service: &ActionsService) {
        if let Some(token) = &service.token {
            let own = self.secrets.entry("token".to_owned());
            own.or_insert_with(|| token.clone());
        }
        let version = self.attributes.get("version").cloned();
        for (name, url) in service.addresses(version.as_deref()) {
            let own = self.attributes.entry(name.to_owned());
            own.or_insert_with(|| url.clone());
        }
    }

    /// Returns the kind.
    pub fn kind(&self) -> CacheKind {
        self.kind
    }

    /// Returns what there is to know of it if it is a directory of ours.
    pub(in super::super) fn local(&self) -> Option<&LocalCache> {
        self.local.as_ref()
    }

    pub(in super::super) fn local_mut(&mut self) -> Option<&mut LocalCache> {
        self.local.as_mut()
    }

    /// Returns everything that the engine is told, keys of services included.
    pub(in super::super) fn exposed(&self) -> BTreeMap<String, String> {
        let expose = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
        let secrets = self
            .secrets
            .iter()
            .map(|(name, secret)| (name.clone(), expose(secret)));
        let local = self.local.iter().flat_map(LocalCache::told);
        let attributes = self.attributes.clone().into_iter();
        attributes.chain(secrets).chain(local).collect()
    }
}

impl fmt::Debug for CacheEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type={} {:?}", self.kind, self.attributes)
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::docker::cache::CacheUse;

    fn spec(text: &str) -> CacheSpec {
        CacheSpec::parse(CacheUse::Read, text).unwrap()
    }

    #[test]
    fn keys_of_services_go_to_the_engine_but_are_not_shown() {
        let spec = spec("type=s3,bucket=b,region=r,secret_access_key=hunter2");
        let entry = CacheEntry::new(&spec, &ActionsService::default());
        assert_eq!(entry.exposed()["secret_access_key"], "hunter2");
        assert!(!format!("{entry:?}").contains("hunter2"));
    }

    fn job() -> ActionsService {
        ActionsService {
            token: Some(Secret::new("canary")),
            results_url: Some("https://results.example/".into()),
            cache_url: None,
            is_second: true,
        }
    }

    #[test_case("", &job() => "canary - results results"; "all from the job")]
    #[test_case(",version=1", &job() => "canary 1 results -"; "version 1")]
    #[test_case(",token=own,url=https://own.example/", &job() => "own - own results"; "the cache itself wins")]
    #[test_case("", &ActionsService { cache_url: Some("https://cache.example/".into()), is_second: false, ..job() } => "canary - cache -"; "a server of one's own")]
    fn a_job_completes_its_cache(attributes: &str, service: &ActionsService) -> String {
        let spec = spec(&format!("type=gha{attributes}"));
        assert_eq!(service.check(&spec), Ok(()));
        let told = CacheEntry::new(&spec, service).exposed();
        let values = ["token", "version", "url", "url_v2"].map(|name| {
            let value = told.get(name).map_or("-", String::as_str);
            let value = value.trim_start_matches("https://");
            value.trim_end_matches(".example/").to_owned()
        });
        values.join(" ")
    }

    #[test]
    fn only_caches_of_github_need_a_job() {
        let nothing = ActionsService::default();
        let registry = spec("a:1");
        assert_eq!(nothing.check(&registry), Ok(()));
        assert_eq!(CacheEntry::new(&registry, &nothing).exposed().len(), 1);
        let refused = |service: ActionsService| {
            let error = service.check(&spec("type=gha")).unwrap_err();
            error.to_string()
        };
        let texts = [
            refused(nothing),
            refused(ActionsService {
                token: None,
                ..job()
            }),
        ];
        insta::assert_snapshot!(texts.join("\n"), @r"
        Cache type `gha` needs a job of GitHub Actions: `ACTIONS_RUNTIME_TOKEN` and `ACTIONS_RESULTS_URL` are not set
        Cache type `gha` needs a job of GitHub Actions: `ACTIONS_RUNTIME_TOKEN` is not set
        ");
    }
}
