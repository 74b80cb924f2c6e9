//! Exports: against the schemas of their targets, and as golden files.

use std::path::Path;

use serde_json::Value;
use test_case::test_case;

use super::{ExportFormat, Exported};
use crate::deploy::tests::{all, derive, with_api};
use crate::profile::Store;

fn export(text: &str, mock: bool, format: ExportFormat) -> Exported {
    let deployment = derive(text, mock).unwrap();
    Exported::new(&deployment, format, |name| Store::embedded().load(name)).unwrap()
}

/// Returns a schema of the reference data; says so where that is not there.
fn schema(name: &str) -> Option<jsonschema::Validator> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data")
        .join(name);
    let Ok(text) = fs_err::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return None;
    };
    let schema: Value = serde_json::from_str(&text).unwrap();
    Some(jsonschema::draft7::new(&schema).unwrap())
}

fn check(schema: &jsonschema::Validator, name: &str, text: &str) {
    let value: Value = yaml_serde::from_str(text).unwrap();
    let errors = schema.iter_errors(&value);
    let errors: Vec<_> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{text}");
}

#[test]
fn compose_files_fit_their_schema() {
    let Some(schema) = schema("compose-spec.json") else {
        return;
    };
    for (name, text) in all() {
        for (file, text) in export(&text, false, ExportFormat::Compose).files {
            check(&schema, &format!("{name}: {file}"), &text);
        }
    }
}

#[test]
fn graph_deployments_fit_both_schemas() {
    for (api, name) in [
        ("v1beta1", "dgd-v1beta1.schema.json"),
        ("v1alpha1", "dgd-v1alpha1.schema.json"),
    ] {
        let Some(schema) = schema(name) else {
            return;
        };
        for (name, text) in all() {
            for (file, text) in export(&with_api(&text, api), false, ExportFormat::Dgd).files {
                check(&schema, &format!("{name}: {file}"), &text);
            }
        }
    }
}

#[test]
fn claims_of_models_are_in_both_versions_of_the_object() {
    for (api, expected) in [
        ("v1beta1", "claimName: models"),
        ("v1alpha1", "mountPoint: /home/dynamo/.cache/huggingface"),
    ] {
        let text = format!(
            "model = \"a/b\"\n{HEAD}[export.dgd]\napi = \"{api}\"\nmodel-cache = \"models\"\n"
        );
        let exported = export(&text, false, ExportFormat::Dgd);
        let object = &exported.files[0].1;
        assert_eq!(object.matches(expected).count(), 2, "{object}");
    }
}

const HEAD: &str =
    "deployment = \"x\"\nschema = 1\nframework = \"vllm\"\n[workers.agg]\nreplicas = 2\n";

#[test_case("/m/a", "" => true; "a directory of the machine")]
#[test_case("/m/a", "model-cache = \"c\"\n" => true; "one that is not in the claim")]
#[test_case("/home/dynamo/.cache/huggingface/a", "model-cache = \"c\"\n" => false; "one in the claim")]
#[test_case("/home/dynamo/.cache/huggingface/a", "" => true; "no claim")]
#[test_case("a/b", "" => false; "of Hugging Face")]
fn models_that_pods_lack_are_named(model: &str, keys: &str) -> bool {
    let text = format!("model = \"{model}\"\n{HEAD}[export.dgd]\n{keys}");
    let notes = export(&text, false, ExportFormat::Dgd).notes;
    notes.iter().any(|note| note.contains("is a directory"))
}

#[test_case("[secrets]\nHF_TOKEN = \"env:X\"\n" => true; "without a secret")]
#[test_case("[secrets]\nHF_TOKEN = \"env:X\"\n[export.dgd]\nsecret = \"s\"\n" => false; "with one")]
#[test_case("" => false; "none")]
fn secrets_that_pods_lack_are_named(rest: &str) -> bool {
    let notes = export(
        &format!("model = \"a/b\"\n{HEAD}{rest}"),
        false,
        ExportFormat::Dgd,
    )
    .notes;
    notes.iter().any(|note| note.contains("secrets `HF_TOKEN`"))
}

#[test]
fn what_a_run_table_says_of_processes_is_in_the_object() {
    let text = format!(
        "model = \"a/b\"\n{HEAD}[all.run]\nworkdir = \"/w\"\nenv = {{ A = \"run\", B = \"run\" }}\n\
         [all.env]\nB = \"own\"\n"
    );
    let object = &export(&text, false, ExportFormat::Dgd).files[0].1;
    assert!(object.contains("workingDir: /w"), "{object}");
    assert_eq!(object.matches("value: run").count(), 1, "{object}");
    assert_eq!(object.matches("value: own").count(), 1, "{object}");
}

/// A secret in the file of a deployment, and in its environment.
#[test]
fn no_export_holds_the_value_of_a_secret() {
    let text = "deployment = \"x\"\nschema = 1\nframework = \"vllm\"\nmodel = \"a/b\"\n\
        [workers.agg]\nenv = { API_TOKEN = \"s3cr3t-value\" }\n[secrets]\nHF_TOKEN = \"env:HF_TOKEN\"\n";
    for format in [
        ExportFormat::Compose,
        ExportFormat::Dgd,
        ExportFormat::Quadlet,
        ExportFormat::Sh,
    ] {
        let exported = export(text, false, format);
        let found = exported
            .files
            .iter()
            .any(|(_, text)| text.contains("s3cr3t"));
        assert!(!found, "{format}");
        let said = exported.notes.iter().any(|note| note.contains("API_TOKEN"));
        assert!(said, "{format}: {:?}", exported.notes);
    }
}
