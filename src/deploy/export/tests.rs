//! Exports: against the schemas of their targets, and as golden files.

use std::path::Path;

use serde_json::Value;

use super::{ExportFormat, Exported};
use crate::deploy::tests::{derive, files};
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

fn all() -> Vec<(String, String)> {
    [files("deployments"), files("tests/fixtures/deployments")].concat()
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
            let text = if text.contains("[export.dgd]") {
                text.replace("[export.dgd]", &format!("[export.dgd]\napi = \"{api}\""))
            } else {
                format!("{text}\n[export.dgd]\napi = \"{api}\"\n")
            };
            for (file, text) in export(&text, false, ExportFormat::Dgd).files {
                check(&schema, &format!("{name}: {file}"), &text);
            }
        }
    }
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
