//! The JSON schema of profiles, for editors.

use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::document::Profile;

/// Returns the JSON schema of a profile; `profiles/schema.json` is a copy of it.
pub fn schema() -> Value {
    schema_of::<Profile>("profile")
}

/// Returns the JSON schema of a TOML file of ours.
pub(crate) fn schema_of<T: JsonSchema>(name: &str) -> Value {
    let mut schema = schemars::schema_for!(T);
    RecursiveTransform(everything_is_optional).transform(&mut schema);
    // A name that never changes, also for copies: editors keep schemas by it.
    schema.insert("$id".into(), format!("urn:dynbuild:schema:{name}:1").into());
    schema.to_value()
}

/// What a file leaves out may be inherited, and TOML has no null.
fn everything_is_optional(schema: &mut Schema) {
    schema.remove("required");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| *choice != json!({ "type": "null" }));
        if let [Value::Object(only)] = choices.as_mut_slice() {
            let only = std::mem::take(only);
            schema.remove("anyOf");
            schema.ensure_object().extend(only);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn no_value_is_null_and_none_is_required() {
        let text = schema().to_string();
        assert!(!text.contains("null") && !text.contains("\"required\":["));
    }

    #[test]
    fn the_copy_in_the_repository_is_fresh() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/schema.json");
        let copy: Value = serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap();
        assert!(
            copy == schema(),
            "stale: run `dynbuild schema > profiles/schema.json`"
        );
    }

    /// Every text of the schema that has a pattern, with the pattern.
    #[test]
    fn patterns_let_pass_what_is_right_and_nothing_else() {
        let schema = schema();
        let device = &schema["$defs"]["Device"]["properties"];
        let patterns = [
            (&device["platforms"]["items"], "linux/arm64", "linux/x86_64"),
            (&device["platforms"]["items"], "linux/arm/v7", "linux-amd64"),
            (&device["base-image"], "r:5000/a/b:1-x", "r:5000/a/b"),
            (
                &device["runtime-image"],
                "docker.io/library/debian:bookworm-slim",
                "debian",
            ),
            (
                &schema["$defs"]["Tags"]["properties"]["primary"],
                "a:{version}{-target}",
                "a:{verison}",
            ),
        ];
        for (text, right, wrong) in patterns {
            let pattern = text["pattern"].as_str().unwrap_or_else(|| panic!("{text}"));
            let pattern = regex::Regex::new(pattern).unwrap();
            assert!(pattern.is_match(right), "{right}");
            assert!(!pattern.is_match(wrong), "{wrong}");
        }
        let sum = &schema["$defs"]["Component"]["properties"]["sha256"]["anyOf"][0];
        assert_eq!(sum["pattern"], "^[0-9a-f]{64}$");
    }

    #[test]
    fn what_is_shipped_fits_the_patterns() {
        let device = &schema()["$defs"]["Device"]["properties"]["base-image"];
        let image = regex::Regex::new(device["pattern"].as_str().unwrap()).unwrap();
        let store = crate::profile::Store::embedded();
        for profile in store.load_all().unwrap() {
            for (name, device) in profile.devices.iter() {
                let images = device.base_image.iter().chain(&device.runtime_image);
                for found in images {
                    assert!(
                        image.is_match(&found.value),
                        "{}: {}",
                        name.value,
                        found.value
                    );
                }
            }
        }
    }
}
