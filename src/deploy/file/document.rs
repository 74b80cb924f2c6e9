//! A whole deployment file.

use std::sync::Arc;

use super::export::ExportTable;
use super::frontend::FrontendTable;
use super::mock::MockTable;
use super::node::NodeTable;
use super::policy::{FitTable, ReadyTable, RestartTable, StopTable};
use super::service::ServiceTable;
use super::words::{DiscoveryBackend, EventPlane, RequestPlane};
use super::worker::{AllTable, WorkerTable};
use crate::profile::RunTable;
use crate::toml_file::{FileError, Located, Reader, SourceFile, Table, table};

/// The version of the format that this program reads.
pub const SCHEMA: u32 = 1;

table! {
    /// What one file says about a deployment; after merging, what it inherits too.
    pub struct DeploymentFile {
        /// The deployment's name.
        deployment: Option<Located<String>> = "deployment",
        /// The version of the format: 1.
        #[schemars(extend("const" = SCHEMA))]
        schema: Option<Located<u32>> = "schema",
        /// A file that completes this one, relative to it.
        inherits: Option<Located<String>> = "inherits",
        /// The engine: a framework that dynrun knows.
        framework: Option<Located<String>> = "framework",
        /// The version of Dynamo in the image, which decides how its flags are spelled.
        version: Option<Located<String>> = "version",
        /// The image of all members.
        image: Option<Located<String>> = "image",
        /// The target whose image is used; `runtime` by default.
        target: Option<Located<String>> = "target",
        /// The model: an id of Hugging Face, or a directory.
        model: Option<Located<String>> = "model",
        /// The revision of the model.
        revision: Option<Located<String>> = "revision",
        /// The name that clients use for the model.
        served_name: Option<Located<String>> = "served-name",
        /// Where members find each other.
        discovery: Option<Located<DiscoveryBackend>> = "discovery",
        /// How requests travel; `tcp` by default.
        request_plane: Option<Located<RequestPlane>> = "request-plane",
        /// How events travel; `zmq` by default.
        event_plane: Option<Located<EventPlane>> = "event-plane",
        /// The first port of the workers; 21000 by default.
        ports: Option<Located<u16>> = "ports",
        /// The frontends.
        frontend: FrontendTable = "frontend",
        /// What all workers have.
        all: AllTable = "all",
        /// The workers by name.
        workers: Table<WorkerTable> = "workers",
        /// Services by name.
        services: Table<ServiceTable> = "services",
        /// Machines by name.
        nodes: Table<NodeTable> = "nodes",
        /// Where the values of secrets are found: `env:NAME` or `file:PATH`; `env?:` and `file?:` may be
        /// missing.
        secrets: Table<Located<String>> = "secrets",
        /// Defaults of `dynrun run`, over those of the profile.
        run: RunTable = "run",
        /// When it is ready.
        ready: ReadyTable = "ready",
        /// What happens to members that end.
        restart: RestartTable = "restart",
        /// How members are stopped.
        stop: StopTable = "stop",
        /// What must fit.
        fit: FitTable = "fit",
        /// How it is rehearsed.
        mock: MockTable = "mock",
        /// What exports need.
        export: ExportTable = "export",
    }
}

impl DeploymentFile {
    /// Reads one file, without what it inherits.
    ///
    /// # Errors
    /// Returns everything that is wrong with it.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Vec<FileError>> {
        let (deployment, mut errors) = Reader::read(file, Self::take);
        if let Some(schema) = &deployment.schema
            && schema.value != SCHEMA
        {
            errors.push(FileError::UnknownValue {
                what: "schema",
                value: schema.value.to_string(),
                valid: vec![SCHEMA.to_string()],
                at: schema.at.clone(),
            });
        }
        if errors.is_empty() {
            Ok(deployment)
        } else {
            Err(errors)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toml_file::Merge as _;

    fn parse(text: &str) -> Result<DeploymentFile, Vec<FileError>> {
        DeploymentFile::parse(&SourceFile::new("x.toml", text))
    }

    #[test]
    fn every_mistake_of_a_file_is_reported_at_once() {
        let text = r#"
deploymnt = "x"
schema = 2
discovery = "file system"
[frontend]
router = "round robin"
port = 80000
[workers.decode]
role = "decoder"
replicas = "two"
args = 3
env = { A = 1.5 }
[nodes.a]
adress = "10.0.0.1"
"#;
        let errors = parse(text).unwrap_err();
        let lines: Vec<_> = errors
            .iter()
            .map(|error| format!("{}: {error}", error.location().unwrap()))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
            x.toml:2: Unknown key `deploymnt` in the file
            x.toml:4: Unknown discovery backend `file system`
            x.toml:6: Unknown router mode `round robin`
            x.toml:7: `frontend.port` is an integer, but must be an integer from 0 to 65535
            x.toml:9: Unknown role `decoder`
            x.toml:10: `workers.decode.replicas` is a string, but must be an integer of 0 or more
            x.toml:11: `workers.decode.args` is an integer, but must be a table
            x.toml:12: `workers.decode.env.A` is a number with a fraction, but must be a string: write it in quotes
            x.toml:14: Unknown key `adress` in [nodes.a]
            x.toml:3: Unknown schema `2`
            ");
    }

    #[test]
    fn the_nearer_file_wins_key_by_key() {
        let own = parse("deployment = \"own\"\n[workers.agg]\nreplicas = 2\n").unwrap();
        let parent = parse(
            "deployment = \"parent\"\nframework = \"vllm\"\n[workers.agg]\nreplicas = 1\ngpus = 4\n",
        )
        .unwrap();
        let merged = own.merge(parent);
        let worker = merged.workers.get("agg").unwrap();
        assert_eq!(merged.deployment.unwrap().value, "own");
        assert_eq!(merged.framework.unwrap().value, "vllm");
        assert_eq!(worker.replicas.as_ref().unwrap().value, 2);
        assert_eq!(worker.gpus.as_ref().unwrap().value, 4);
    }
}
