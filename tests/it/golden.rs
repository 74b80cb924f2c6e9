//! The plans of every shipped combination, as they were when somebody last looked at them.
//!
//! A change of a profile shows here as what it does to each image. `INSTA_UPDATE=always cargo test`
//! accepts it, and git shows what was accepted.

use std::collections::BTreeSet;
use std::path::Path;

use dynbuild::plan::render;

use crate::support::shipped;

#[test]
fn every_shipped_combination_is_planned_as_before() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for build in shipped::builds() {
        settings.bind(|| insta::assert_snapshot!(build.name, render::json(&build.plan)));
    }
}

#[test]
fn no_golden_plan_is_of_a_combination_that_is_gone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden");
    let kept = fs_err::read_dir(folder).unwrap().map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.trim_end_matches(".snap").to_owned()
    });
    let planned: BTreeSet<_> = shipped::builds()
        .into_iter()
        .map(|build| build.name)
        .collect();
    assert_eq!(kept.collect::<BTreeSet<_>>(), planned);
}
