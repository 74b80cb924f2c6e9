//! Outputs for docker, which gives every image all of a build's names.

use crate::docker::attributes::attributes;
use crate::docker::csv;

use super::super::build_plan::PlannedTarget;

/// Returns the names and the outputs of a target as docker must be told them.
///
/// Docker puts the names of `--tag` over those of an output. So where an output has names of its
/// own, the others get theirs spelled out, and the build has none.
pub(super) fn names_and_outputs(target: &PlannedTarget) -> (&[String], Vec<String>) {
    let outputs = &target.outputs;
    if outputs.iter().any(|output| has(output, "name")) {
        let named = outputs.iter().map(|output| named(output, &target.tags));
        (&[], named.collect())
    } else {
        (&target.tags, outputs.clone())
    }
}

fn has(output: &str, key: &str) -> bool {
    attributes(output, "dest").is_ok_and(|fields| fields.contains_key(key))
}

/// Adds the names to an output that makes an image and has none.
fn named(output: &str, names: &[String]) -> String {
    const IMAGES: [&str; 5] = ["docker", "image", "moby", "oci", "registry"];
    let kind = attributes(output, "dest").map(|mut fields| fields.remove("type"));
    let is_image = kind.is_ok_and(|kind| kind.is_some_and(|kind| IMAGES.contains(&&*kind)));
    if !is_image || has(output, "name") || names.is_empty() {
        return output.to_owned();
    }
    let name = format!("name={}", names.join(","));
    format!("{output},{}", csv::join(&[name]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_out_for_outputs_that_make_images() {
        let names = ["a:1".to_owned(), "b:1".to_owned()];
        assert_eq!(
            named("type=docker", &names),
            r#"type=docker,"name=a:1,b:1""#
        );
        assert_eq!(
            named("type=oci,dest=x", &names[..1]),
            "type=oci,dest=x,name=a:1"
        );
        assert_eq!(named("type=image,name=c", &names), "type=image,name=c");
        assert_eq!(named("type=local,dest=x", &names), "type=local,dest=x");
        assert_eq!(named("out", &names), "out");
    }
}
