//! The JSON schema of deployment files, for editors.

use serde_json::Value;

use super::file::DeploymentFile;
use crate::profile::schema_of;

/// Returns the schema; `deployments/schema.json` is a copy of it.
pub(crate) fn schema() -> Value {
    schema_of::<DeploymentFile>("deployment")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jsonschema::Validator;
    use test_case::test_case;

    use super::*;
    use crate::deploy::tests::files;
    use crate::toml_file::{FileError, SourceFile};

    fn validator() -> Validator {
        jsonschema::validator_for(&schema()).unwrap()
    }

    fn json(text: &str) -> Value {
        let table: toml::Table = text.parse().unwrap();
        serde_json::to_value(table).unwrap()
    }

    #[test]
    fn the_copy_in_the_repository_is_fresh() {
        let copy = include_str!("../../deployments/schema.json");
        let copy: Value = serde_json::from_str(copy).unwrap();
        assert!(
            copy == schema(),
            "stale: run `dynrun schema > deployments/schema.json`"
        );
    }

    #[test]
    fn every_deployment_that_is_shipped_is_valid() {
        let validator = validator();
        let files = files("deployments");
        assert!(files.len() > 10, "{} deployments", files.len());
        for (name, text) in files {
            let json = json(&text);
            let errors = validator.iter_errors(&json);
            let errors = errors.map(|error| format!("{}: {error}", error.instance_path()));
            let errors: Vec<_> = errors.collect();
            assert!(errors.is_empty(), "{name}: {}", errors.join("\n"));
        }
    }

    /// Returns the keys that the reader knows in a table, as it lists them for an unknown one.
    fn keys_of_the_reader(table: &str) -> BTreeSet<String> {
        let file = SourceFile::new("x.toml", format!("{table}\nno-such-key = 1\n"));
        let errors = DeploymentFile::parse(&file).unwrap_err();
        let known = errors.into_iter().find_map(|error| match error {
            FileError::UnknownKey { known, .. } => Some(known),
            _ => None,
        });
        known.unwrap().into_iter().map(str::to_owned).collect()
    }

    /// Returns the keys of every table of the schema, by its name.
    fn keys_of_the_schema() -> BTreeMap<String, BTreeSet<String>> {
        let schema = schema();
        let definitions = schema["$defs"].as_object().unwrap().iter();
        let tables = definitions.map(|(name, table)| (name.as_str(), table));
        let tables = tables.chain([("", &schema)]);
        let keys = tables.filter_map(|(name, table)| {
            let properties = table.get("properties")?.as_object()?;
            Some((name.to_owned(), properties.keys().cloned().collect()))
        });
        keys.collect()
    }

    #[test]
    fn the_schema_and_the_reader_know_the_same_keys() {
        let mut left = keys_of_the_schema();
        for (table, definition) in [
            ("", ""),
            ("[frontend]", "FrontendTable"),
            ("[all]", "AllTable"),
            ("[workers.x]", "WorkerTable"),
            ("[services.x]", "ServiceTable"),
            ("[nodes.x]", "NodeTable"),
            ("[run]", "RunTable"),
            ("[ready]", "ReadyTable"),
            ("[restart]", "RestartTable"),
            ("[stop]", "StopTable"),
            ("[fit]", "FitTable"),
            ("[mock]", "MockTable"),
            ("[export]", "ExportTable"),
            ("[export.dgd]", "DgdTable"),
        ] {
            let keys = keys_of_the_reader(table);
            assert_eq!(Some(keys), left.remove(definition), "{table}");
        }
        assert!(left.is_empty(), "no table of the reader: {left:?}");
    }

    #[test_case("#:schema ./schema.json\ndeployment = \"x\"\nschema = 1\n", true; "the line that names it")]
    #[test_case("[workers.x]\nrole = \"decode\"\nargs = { a = 1, b = false, c = [1, \"d\"], e = { f = 0.5 } }\n", true; "flags of every kind")]
    #[test_case("[secrets]\nHF_TOKEN = \"env:HF_TOKEN\"\n", true; "a secret")]
    #[test_case("schema = 2\n", false; "another version")]
    #[test_case("deploymnt = \"x\"\n", false; "an unknown key")]
    #[test_case("[workers.x]\nreplica = 2\n", false; "an unknown key of a worker")]
    #[test_case("[workers.x]\nrole = \"decoder\"\n", false; "an unknown word")]
    #[test_case("[workers.x]\nreplicas = \"2\"\n", false; "a text for a number")]
    #[test_case("[workers.x]\nreplicas = -1\n", false; "a number below zero")]
    #[test_case("[frontend]\nport = 65536\n", false; "a port that does not exist")]
    #[test_case("[frontend]\nargs = { x = [[1]] }\n", false; "a flag of lists")]
    fn the_schema_takes_what_the_reader_takes(text: &str, valid: bool) {
        let read = DeploymentFile::parse(&SourceFile::new("x.toml", text));
        assert_eq!(read.is_ok(), valid, "the reader");
        assert_eq!(validator().is_valid(&json(text)), valid, "the schema");
    }
}
