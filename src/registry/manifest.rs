//! What a name of an image stands for.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::hash::sha256_hex;

/// The media type of an index of OCI.
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The same in the words of Docker.
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// The media types that are asked for: everything that an image can be.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// The manifest of an image, or an index of several, byte by byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its media type.
    pub media_type: String,
    /// The text as it is stored: its digest is the image's.
    pub bytes: Bytes,
}

impl Manifest {
    /// Returns the digest that names it.
    pub fn digest(&self) -> String {
        format!("sha256:{}", sha256_hex(&self.bytes))
    }

    /// Joins indexes into one that has the images of all, each once. As buildx writes it, byte by
    /// byte: whoever builds with both finds one image. What is no index is left out.
    pub fn index(parts: &[Self]) -> Self {
        let parts: Vec<Value> = parts
            .iter()
            .filter_map(|part| serde_json::from_slice(&part.bytes).ok())
            .collect();
        let mut manifests: Vec<&Value> = Vec::new();
        let mut annotations = Map::new();
        for part in &parts {
            let listed = part["manifests"].as_array().into_iter().flatten();
            for entry in listed {
                let mut known = manifests.iter();
                if !known.any(|known| known["digest"] == entry["digest"]) {
                    manifests.push(entry);
                }
            }
            annotations.extend(
                part["annotations"]
                    .as_object()
                    .cloned()
                    .into_iter()
                    .flatten(),
            );
        }
        annotations.sort_keys();
        let is_docker = |entry: &&&Value| {
            let kind = entry["mediaType"].as_str().unwrap_or_default();
            kind.starts_with("application/vnd.docker.")
        };
        let all_docker = manifests.iter().filter(is_docker).count() == manifests.len();
        let media_type = if all_docker { DOCKER_INDEX } else { INDEX };
        let mut index = json!({
            "schemaVersion": 2,
            "mediaType": media_type,
            "manifests": manifests,
        });
        if !annotations.is_empty() && !all_docker {
            index["annotations"] = annotations.into();
        }
        Self {
            media_type: media_type.to_owned(),
            bytes: format!("{index:#}").into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &'static str) -> Manifest {
        Manifest {
            media_type: INDEX.into(),
            bytes: Bytes::from_static(text.as_bytes()),
        }
    }

    #[test]
    fn an_index_names_the_images_of_its_parts() {
        let index = Manifest::index(&[
            manifest(
                r#"{"manifests":[{"digest":"sha256:a"},{"digest":"sha256:b"}],"annotations":{"z":"1"}}"#,
            ),
            manifest(
                r#"{"manifests":[{"digest":"sha256:c","platform":{"os":"linux"}},{"digest":"sha256:b"}],"annotations":{"a":"2"}}"#,
            ),
        ]);
        insta::assert_snapshot!(String::from_utf8_lossy(&index.bytes), @r#"
        {
          "schemaVersion": 2,
          "mediaType": "application/vnd.oci.image.index.v1+json",
          "manifests": [
            {
              "digest": "sha256:a"
            },
            {
              "digest": "sha256:b"
            },
            {
              "digest": "sha256:c",
              "platform": {
                "os": "linux"
              }
            }
          ],
          "annotations": {
            "a": "2",
            "z": "1"
          }
        }
        "#);
    }

    #[test]
    fn images_of_docker_are_joined_as_docker_does() {
        let part = r#"{"manifests":[{"mediaType":"application/vnd.docker.distribution.manifest.v2+json","digest":"sha256:a"}],"annotations":{"a":"1"}}"#;
        let index = Manifest::index(&[manifest(part)]);
        assert_eq!(index.media_type, DOCKER_INDEX);
        assert!(!String::from_utf8_lossy(&index.bytes).contains("annotations"));
    }
}
