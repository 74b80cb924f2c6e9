//! `index.json`: which blobs have names.

use serde_json::{Map, Value, json};

use super::manifest::Descriptor;
use crate::docker::digest::BlobDigest;

/// The annotation of a tag.
const TAG: &str = "org.opencontainers.image.ref.name";

/// The annotation of a whole image name, which containerd writes as well.
const NAME: &str = "io.containerd.image.name";

/// An index, with all that others have put into it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Index(Map<String, Value>);

impl Index {
    pub(super) fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text).map(Self)
    }

    pub(super) fn to_text(&self) -> Vec<u8> {
        Value::from(self.0.clone()).to_string().into_bytes()
    }

    /// Returns the digest of what has this name or tag.
    pub(super) fn find(&self, wanted: &str) -> Option<BlobDigest> {
        let by = |key| {
            let found = |entry: &&Value| annotation(entry, key) == Some(wanted);
            self.entries().find(found)
        };
        by(NAME).or_else(|| by(TAG)).and_then(digest)
    }

    /// Returns the digest of what it names if that is one thing.
    pub(super) fn only(&self) -> Option<BlobDigest> {
        let mut entries = self.entries();
        let first = entries.next().and_then(digest);
        first.filter(|_| entries.next().is_none())
    }

    /// Returns the names and tags that there are.
    pub(super) fn tags(&self) -> Vec<String> {
        let tag = |entry| annotation(entry, NAME).or_else(|| annotation(entry, TAG));
        self.entries().filter_map(tag).map(str::to_owned).collect()
    }

    /// Gives a tag to something, and takes it from what had it.
    pub(super) fn put(&mut self, tag: &str, descriptor: &Descriptor) {
        let others = self.entries().filter(|entry| {
            annotation(entry, TAG) != Some(tag) || annotation(entry, NAME).is_some()
        });
        let mut entries: Vec<Value> = others.cloned().collect();
        entries.push(json!({
            "mediaType": descriptor.media_type,
            "digest": descriptor.digest.to_string(),
            "size": descriptor.size,
            "annotations": { TAG: tag },
        }));
        self.0.insert("manifests".into(), entries.into());
    }

    fn entries(&self) -> impl Iterator<Item = &Value> {
        let entries = self.0.get("manifests").and_then(Value::as_array);
        entries.into_iter().flatten()
    }
}

impl Default for Index {
    fn default() -> Self {
        let fields = [
            ("schemaVersion", json!(2)),
            (
                "mediaType",
                json!("application/vnd.oci.image.index.v1+json"),
            ),
            ("manifests", json!([])),
        ];
        Self(
            fields
                .map(|(key, value)| (key.to_owned(), value))
                .into_iter()
                .collect(),
        )
    }
}

fn annotation<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry.get("annotations")?.get(key)?.as_str()
}

fn digest(entry: &Value) -> Option<BlobDigest> {
    entry.get("digest")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(digit: char) -> Descriptor {
        Descriptor {
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            digest: format!("sha256:{}", digit.to_string().repeat(64))
                .parse()
                .unwrap(),
            size: 7,
        }
    }

    #[test]
    fn a_tag_moves_and_what_others_wrote_stays() {
        let foreign = r#"{"schemaVersion":2,"x":1,"manifests":[{"digest":"sha256:0","platform":{"os":"linux"},
            "annotations":{"io.containerd.image.name":"a/b:main","org.opencontainers.image.ref.name":"main"}}]}"#;
        let mut index = Index::parse(foreign.as_bytes()).unwrap();
        index.put("main", &descriptor('1'));
        index.put("main", &descriptor('2'));
        index.put("other", &descriptor('3'));
        assert_eq!(index.tags(), ["a/b:main", "main", "other"]);
        assert_eq!(index.find("other"), Some(descriptor('3').digest));
        assert_eq!(index.find("none"), None);
        let text = String::from_utf8(index.to_text()).unwrap();
        assert!(text.starts_with(
            r#"{"schemaVersion":2,"x":1,"manifests":[{"digest":"sha256:0","platform""#
        ));
        assert!(!text.contains(&"1".repeat(64)), "{text}");
    }

    #[test]
    fn a_single_image_needs_no_tag() {
        let mut index = Index::default();
        assert_eq!(index.only(), None);
        index.put("a", &descriptor('1'));
        assert_eq!(index.only(), Some(descriptor('1').digest));
        index.put("b", &descriptor('2'));
        assert_eq!(index.only(), None);
    }
}
