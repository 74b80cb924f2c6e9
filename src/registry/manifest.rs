//! What a name of an image stands for.

use bytes::Bytes;
#[cfg(test)]
use serde_json::{Value, json};

#[cfg(test)]
use crate::docker::platform::Platform;
#[cfg(test)]
use crate::hash::sha256_hex;

/// The media type of an index of OCI.
#[cfg(test)]
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

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

#[cfg(test)]
impl Manifest {
    /// Returns the digest that names it.
    pub fn digest(&self) -> String {
        format!("sha256:{}", sha256_hex(&self.bytes))
    }

    /// Joins the images of several platforms into one index. What is an index already, for example
    /// because statements about the build go with the image, gives its entries.
    pub fn index(images: &[(Platform, Self)]) -> Self {
        let entries: Vec<Value> = images
            .iter()
            .flat_map(|(platform, image)| image.entries(platform))
            .collect();
        let index = json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": entries,
        });
        Self {
            media_type: INDEX.to_owned(),
            bytes: index.to_string().into(),
        }
    }

    fn entries(&self, platform: &Platform) -> Vec<Value> {
        let parsed: Option<Value> = serde_json::from_slice(&self.bytes).ok();
        let listed = parsed.as_ref().and_then(|value| value.get("manifests"));
        if let Some(Value::Array(entries)) = listed {
            return entries.clone();
        }
        let mut described = json!({
            "architecture": platform.architecture,
            "os": platform.os,
        });
        if !platform.variant.is_empty() {
            described["variant"] = json!(platform.variant);
        }
        vec![json!({
            "mediaType": self.media_type,
            "digest": self.digest(),
            "size": self.bytes.len(),
            "platform": described,
        })]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(text: &'static str) -> Manifest {
        Manifest {
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            bytes: Bytes::from_static(text.as_bytes()),
        }
    }

    #[test]
    fn an_index_names_the_images_of_its_platforms() {
        let arm = manifest(r#"{"manifests":[{"digest":"sha256:a"},{"digest":"sha256:b"}]}"#);
        let index = Manifest::index(&[
            ("linux/amd64".parse().unwrap(), manifest("{}")),
            ("linux/arm64".parse().unwrap(), arm),
        ]);
        let value: Value = serde_json::from_slice(&index.bytes).unwrap();
        let digests = value["manifests"].as_array().unwrap().iter();
        let digests: Vec<_> = digests
            .map(|entry| entry["digest"].as_str().unwrap())
            .collect();
        let own = format!("sha256:{}", sha256_hex("{}"));
        assert_eq!(digests, [own.as_str(), "sha256:a", "sha256:b"]);
        assert_eq!(value["manifests"][0]["platform"]["architecture"], "amd64");
        assert_eq!(value["manifests"][0]["size"], 2);
    }
}
