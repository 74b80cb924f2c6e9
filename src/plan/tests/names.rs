//! Names and times of images: what is cut, and what is refused with its reason.

use test_case::test_case;

use super::*;

/// Returns the first name of `runtime`, built from a branch, and the notes.
fn named(branch: Option<&str>, tag: &str) -> (String, String) {
    let mut facts = facts();
    let Checkout::At(revision) = &mut facts.checkout else {
        panic!("the fixture has a commit");
    };
    revision.branch = branch.map(str::to_owned);
    let settings = Settings {
        tags: vec![Setting::flag(tag, "--tag")],
        ..target("runtime")
    };
    match resolve(&profile(), &settings, &facts) {
        Ok(resolution) => (
            resolution.plan.targets[0].tags[0].clone(),
            resolution.notes.join("\n"),
        ),
        Err(problems) => (
            problems.0[0].message.clone(),
            problems.0[0].hints.join("; "),
        ),
    }
}

#[test_case(120, "r/x:{branch}-{target}", 120)]
#[test_case(120, "r/x:{target}-{branch}-{version}", 101; "cut for the others")]
#[test_case(300, "r/x:{branch}", 128; "cut by itself")]
#[test_case(300, "r/x:{target}{-branch}", 120; "behind a dash")]
#[test_case(300, "r:5000/x:v1.{branch}.{device}", 116; "with a port")]
fn a_long_branch_is_cut_so_that_the_tag_fits(length: usize, tag: &str, kept: usize) {
    let (name, notes) = named(Some(&"b".repeat(length)), tag);
    assert_eq!(name.matches('b').count(), kept, "{name}");
    let length_of_tag = name.rsplit(':').next().unwrap().len();
    assert!(length_of_tag <= 128, "{length_of_tag}: {name}");
    let is_told = notes.contains("a tag has at most 128 characters");
    assert_eq!(is_told, kept < length, "{notes}");
}

#[test]
fn a_detached_head_is_to_blame_for_a_name_without_its_branch() {
    let (message, hint) = named(None, "r/x:{branch}-{target}");
    assert!(
        message.ends_with("`{branch}` is empty, since no branch is checked out"),
        "{message}"
    );
    assert!(hint.contains("`{target}{-branch}`"), "{hint}");
    for tag in ["r/x:{branch}", "r/{branch}:x", "{branch}/x"] {
        let (message, _) = named(None, tag);
        assert!(message.contains("`{branch}` is empty"), "{message}");
    }
    assert_eq!(named(None, "r/x:{target}{-branch}").0, "r/x:runtime");
}

#[test_case("x@sha256:"; "alone")]
#[test_case("r.example/x:1@sha256:"; "behind a tag")]
fn a_digest_names_no_image_to_be_built(tag: &str) {
    let (message, hint) = named(None, &format!("{tag}{}", "a".repeat(64)));
    assert!(message.contains("has a digest"), "{message}");
    assert!(hint.starts_with("Write `"), "{hint}");
}

#[test_case("$CI_REGISTRY/x:1")]
#[test_case("${CI_REGISTRY}/x:1")]
#[test_case("x:$(git rev-parse HEAD)")]
#[test_case("x:`git rev-parse HEAD`")]
#[test_case("r/x:{target}-${CI_JOB}")]
#[test_case("%CI_REGISTRY%/x:1"; "of Windows")]
#[test_case("r/x:%BUILD_NUMBER%"; "of Windows in the tag")]
fn a_variable_that_no_shell_has_replaced_is_named(tag: &str) {
    let (message, _) = named(None, tag);
    assert!(message.contains("not expanded"), "{message}");
}

#[test]
fn the_epoch_of_a_build_argument_is_the_time_of_the_image() {
    let created = |value: &str| {
        let epoch = Named::new("SOURCE_DATE_EPOCH", value);
        let settings = Settings {
            build_args: vec![Setting::flag(epoch, "--build-arg")],
            ..target("runtime")
        };
        let facts = Facts {
            source_date_epoch: Some("2026-05-06T00:00:00Z".parse().unwrap()),
            ..facts()
        };
        let resolution = resolve(&profile(), &settings, &facts);
        let label = |resolution: Resolution| {
            resolution.plan.targets[0].labels["org.opencontainers.image.created"].clone()
        };
        resolution
            .map(label)
            .map_err(|problems| problems.0[0].message.clone())
    };
    assert_eq!(created("0"), Ok("1970-01-01T00:00:00Z".into()));
    assert_eq!(created("1778025601"), Ok("2026-05-06T00:00:01Z".into()));
    for wrong in ["x", "1.5", "2026-05-06", "99999999999999"] {
        let message = created(wrong).unwrap_err();
        assert!(message.contains("not a number of seconds"), "{message}");
    }
}
