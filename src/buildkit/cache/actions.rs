//! The cache service of GitHub Actions.

use crate::docker::cache::{CacheKind, CacheSpec};
use crate::problem::{Problem, ProblemKind};
use crate::secret::Secret;

/// What the environment of a job says about the cache service of GitHub Actions.
///
/// The engine is not in the job, so a `type=gha` cache has to say all of it. As for buildx, what
/// stands in the cache itself wins.
#[derive(Clone, Debug, Default)]
pub struct ActionsService {
    /// The key of the job (`ACTIONS_RUNTIME_TOKEN`).
    pub token: Option<Secret>,
    /// The service of version 2 (`ACTIONS_RESULTS_URL`).
    pub results_url: Option<String>,
    /// The service of version 1 (`ACTIONS_CACHE_URL`), which servers of one's own still have.
    pub cache_url: Option<String>,
    /// Whether the job is to use version 2 (`ACTIONS_CACHE_SERVICE_V2`).
    pub is_second: bool,
}

impl ActionsService {
    /// Returns the addresses by the attribute that tells them to the engine, for a cache that asks
    /// for `version`. Engines that know version 2 prefer `url_v2`; older ones know `url` only.
    pub(super) fn addresses(
        &self,
        version: Option<&str>,
    ) -> impl Iterator<Item = (&'static str, &String)> {
        let second = version.map_or(self.is_second, |version| version == "2");
        let second = self.results_url.as_ref().filter(|_| second);
        let first = self.cache_url.as_ref().or(self.results_url.as_ref());
        let second = second.map(|url| ("url_v2", url));
        second.into_iter().chain(first.map(|url| ("url", url)))
    }

    /// Checks that a cache and the job together say all that the engine needs, which fails at the
    /// end of the build otherwise.
    pub fn check(&self, cache: &CacheSpec) -> Result<(), NoService> {
        if cache.kind != CacheKind::Gha {
            return Ok(());
        }
        let token = self.token.is_some() || cache.secrets.contains_key("token");
        let version = cache.attributes.get("version").map(String::as_str);
        let mut own = ["url", "url_v2"].iter();
        let address = own.any(|name| cache.attributes.contains_key(*name))
            || self.addresses(version).next().is_some();
        let needs = [
            ("ACTIONS_RUNTIME_TOKEN", token),
            ("ACTIONS_RESULTS_URL", address),
        ];
        let missing = needs.iter().filter(|(_, is_there)| !is_there);
        let missing: Vec<_> = missing.map(|(name, _)| *name).collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(NoService { missing })
        }
    }
}

/// The cache service of GitHub Actions is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Cache type `gha` needs a job of GitHub Actions: {} not set", and_are(.missing))]
pub struct NoService {
    /// The variables that would say it.
    missing: Vec<&'static str>,
}

fn and_are(variables: &[&str]) -> String {
    let verb = if variables.len() == 1 { "is" } else { "are" };
    format!("`{}` {verb}", variables.join("` and `"))
}

impl From<NoService> for Problem {
    fn from(error: NoService) -> Self {
        Self::from_error(ProblemKind::Usage, &error).hint(
            "Only actions see these variables: export them in a step before, with \
             `actions/github-script`",
        )
    }
}
