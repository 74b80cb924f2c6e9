//! What `--metadata-file` holds: what the exporters said, under BuildKit's own keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::run::Built;

/// Returns the metadata of finished builds: of a single one as `docker buildx build` writes it, of
/// several by target as `docker buildx bake` does.
pub fn metadata<'a>(built: impl IntoIterator<Item = (&'a str, &'a Built)>) -> Value {
    let mut targets: Map<String, Value> = built
        .into_iter()
        .map(|(name, built)| (name.to_owned(), one(built)))
        .collect();
    let only = targets.keys().next().cloned();
    match only {
        Some(name) if targets.len() == 1 => targets.remove(&name).unwrap_or_default(),
        _ => Value::Object(targets),
    }
}

fn one(built: &Built) -> Value {
    let entries = built.response.entries.iter();
    let mut fields: Map<String, Value> = entries
        .map(|(key, value)| (key.clone(), decode(value)))
        .collect();
    if !built.image.tags.is_empty() {
        fields.insert("image.name".into(), built.image.tags.join(",").into());
    }
    Value::Object(fields)
}

/// Structured values come as base64 of JSON objects; all others are texts.
fn decode(value: &str) -> Value {
    let json = STANDARD.decode(value).ok();
    let object = json.and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok());
    object.map_or_else(|| value.into(), Value::Object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(entries: &[(&str, &str)]) -> Built {
        let pairs = entries
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Built {
            image: crate::build::BuiltTarget::default(),
            response: pairs.collect(),
        }
    }

    #[test]
    fn a_single_build_is_flat_and_several_go_by_name() {
        let descriptor = STANDARD.encode(r#"{"size":7}"#);
        let first = built(&[("containerimage.digest", "sha256:a"), ("d", &descriptor)]);
        insta::assert_snapshot!(
            metadata([("runtime", &first)]),
            @r#"{"containerimage.digest":"sha256:a","d":{"size":7}}"#
        );
        let second = built(&[]);
        insta::assert_snapshot!(
            metadata([("a", &first), ("b", &second)]),
            @r#"{"a":{"containerimage.digest":"sha256:a","d":{"size":7}},"b":{}}"#
        );
    }
}
