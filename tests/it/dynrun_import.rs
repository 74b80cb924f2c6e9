//! `dynrun import` as it is typed.

use crate::support::offline::dynrun;

#[test]
fn an_export_comes_back_as_a_file_that_plans_the_same() {
    let scratch = tempfile::tempdir().expect("a directory");
    let here = scratch.path();
    dynrun(here, "export vllm-two-machines --format compose -o out");
    let files = "out/compose.a.yaml out/compose.b.yaml";
    let (code, output, errors) = dynrun(here, &format!("import {files} -o two.toml"));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(output.ends_with("two.toml\n"), "{output}");
    let plan = |file: &str| dynrun(here, &format!("plan {file}")).1;
    assert_eq!(plan("two.toml"), plan("vllm-two-machines"));
    // What is there is not replaced unasked.
    let (code, _, errors) = dynrun(here, &format!("import {files} -o two.toml"));
    assert_eq!(code, Some(125));
    assert!(errors.contains("`two.toml` is there already") && errors.contains("--force"));
    let (code, ..) = dynrun(here, &format!("import {files} -o two.toml --force"));
    assert_eq!(code, Some(0));
}

#[test]
fn what_cannot_be_imported_is_refused_with_its_line() {
    let scratch = tempfile::tempdir().expect("a directory");
    let here = scratch.path();
    fs_err::write(here.join("x.yaml"), "services:\n  a: [1\n").expect("written");
    let (code, output, errors) = dynrun(here, "import x.yaml");
    assert_eq!((code, output.as_str()), (Some(125), ""));
    assert!(
        errors.contains("`x.yaml` is not valid YAML") && errors.contains("x.yaml:3"),
        "{errors}"
    );
    let (code, _, errors) = dynrun(here, "import none.yaml");
    assert_eq!(code, Some(125));
    assert!(errors.contains("Cannot read `none.yaml`"), "{errors}");
}
