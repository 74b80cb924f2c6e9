//! What the exporters say that they made.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::buildkit::digest::Digest;

/// What the exporters said that they made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportResponse {
    /// Everything, under BuildKit's own keys; what `--metadata-file` holds.
    pub entries: BTreeMap<String, String>,
}

impl ExportResponse {
    /// Notes the digest that the image got in a registry after the build. What the build said is
    /// that of its configuration then.
    pub fn pushed_as(&mut self, digest: &Digest) {
        const CONFIG: &str = "containerimage.config.digest";
        let key = "containerimage.digest";
        let built = self.entries.insert(key.into(), digest.to_string());
        if let Some(built) = built.filter(|_| !self.entries.contains_key(CONFIG)) {
            self.entries.insert(CONFIG.into(), built);
        }
    }

    /// Returns the digest of the image: of its manifest or index where the store has such, and of
    /// its configuration on a classic store. Either is the image's id in its engine.
    pub fn digest(&self) -> Option<Digest> {
        self.get("containerimage.digest")
    }

    /// Returns the digest of the image's configuration. A classic store knows no other.
    pub fn config_digest(&self) -> Option<Digest> {
        self.get("containerimage.config.digest")
            .or_else(|| self.digest())
    }

    /// Returns the digest of the manifest of a cache that was written elsewhere.
    pub fn cache_manifest(&self) -> Option<Digest> {
        let text = self.entries.get("cache.manifest")?;
        let descriptor: Value = serde_json::from_str(text).ok()?;
        descriptor.get("digest")?.as_str().map(Digest::from)
    }

    /// Returns the names that the image was given, in full (`docker.io/library/…`).
    pub fn image_names(&self) -> Vec<String> {
        let names = self.entries.get("image.name").map_or("", String::as_str);
        names
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn get(&self, key: &str) -> Option<Digest> {
        self.entries.get(key).map(|digest| digest.as_str().into())
    }
}

impl FromIterator<(String, String)> for ExportResponse {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(entries: I) -> Self {
        Self {
            entries: entries.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(entries: &[(&str, &str)]) -> ExportResponse {
        entries
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn a_push_by_the_engine_gives_the_image_its_digest() {
        let mut classic = response(&[("containerimage.digest", "sha256:c")]);
        classic.pushed_as(&"sha256:m".into());
        assert_eq!(classic.digest(), Some("sha256:m".into()));
        assert_eq!(classic.config_digest(), Some("sha256:c".into()));
    }

    #[test]
    fn on_a_classic_store_the_configuration_is_the_image() {
        let classic = response(&[("containerimage.digest", "sha256:c"), ("image.name", "a,b")]);
        assert_eq!(classic.config_digest(), Some("sha256:c".into()));
        assert_eq!(classic.image_names(), ["a", "b"]);
        let containerd = response(&[
            ("containerimage.digest", "sha256:m"),
            ("containerimage.config.digest", "sha256:c"),
        ]);
        assert_eq!(containerd.digest(), Some("sha256:m".into()));
        assert_eq!(containerd.config_digest(), Some("sha256:c".into()));
        assert_eq!(response(&[]).digest(), None);
    }

    #[test]
    fn the_manifest_of_a_cache_is_told_as_json() {
        let told = r#"{"mediaType":"m","digest":"sha256:a","size":5}"#;
        let cache = response(&[("cache.manifest", told)]);
        assert_eq!(cache.cache_manifest(), Some("sha256:a".into()));
        assert_eq!(response(&[]).cache_manifest(), None);
    }
}
