//! What `--metadata-file` holds: what the exporters said, under BuildKit's own keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::outcome::Built;

/// Returns the metadata of those of `planned` builds that succeeded: of a single one as `docker
/// buildx build` writes it, of several by target as `docker buildx bake` does, however many failed.
pub fn metadata<'a>(
    planned: usize,
    built: impl IntoIterator<Item = (&'a str, &'a Built)>,
) -> Value {
    let mut built = built.into_iter();
    if planned == 1 {
        let only = built.next();
        return only.map_or_else(|| Value::Object(Map::new()), |(_, built)| one(built));
    }
    built
        .map(|(name, built)| (name.to_owned(), one(built)))
        .collect()
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
            image: crate::execute::event::BuiltTarget::default(),
            response: pairs.collect(),
        }
    }

    #[test]
    fn a_single_build_is_flat_and_several_go_by_name() {
        let descriptor = STANDARD.encode(r#"{"size":7}"#);
        let first = built(&[("containerimage.digest", "sha256:a"), ("d", &descriptor)]);
        insta::assert_snapshot!(
            metadata(1, [("runtime", &first)]),
            @r#"{"containerimage.digest":"sha256:a","d":{"size":7}}"#
        );
        let second = built(&[]);
        insta::assert_snapshot!(
            metadata(2, [("a", &first), ("b", &second)]),
            @r#"{"a":{"containerimage.digest":"sha256:a","d":{"size":7}},"b":{}}"#
        );
        insta::assert_snapshot!(metadata(2, [("b", &second)]), @r#"{"b":{}}"#);
        insta::assert_snapshot!(metadata(1, []), @"{}");
    }
}
