//! The cache service of GitHub Actions.

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
}
