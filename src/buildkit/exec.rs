//! One more step on what a build made.
//!
//! The result of a frontend is a graph of steps. A process in it is a further step on top of that
//! graph, so that the engine runs, shows, cancels and caches it like any other: what passed once on
//! the same result is not run again.

use prost::Message as _;
use serde::Deserialize;

use super::graph::{described, digest_of, end_of};
use super::proto::pb::{self, op};

/// A process to run on a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// The step's name, for people.
    pub name: String,
    /// Program and arguments; no shell reads them.
    pub arguments: Vec<String>,
    /// Variables over those of the image, as `NAME=VALUE`.
    pub environment: Vec<String>,
    /// The user, if not that of the image.
    pub user: Option<String>,
    /// Whether it reaches the network.
    pub network: bool,
}

/// The part of an image's configuration that a process in it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct ProcessDefaults {
    pub(super) env: Vec<String>,
    pub(super) user: String,
    pub(super) working_dir: String,
}

/// Returns the graph with the process as its last step; `None` if the graph is empty, as that of
/// `FROM scratch` is.
pub(super) fn on_top(
    mut graph: pb::Definition,
    process: &Process,
    defaults: &ProcessDefaults,
) -> Option<pb::Definition> {
    let end = pb::Op::decode(&*graph.def.pop()?).ok()?;
    let result = end.inputs.into_iter().next()?;
    let platform = graph.def.iter().find_map(|step| {
        let is_result = digest_of(step) == result.digest;
        is_result.then(|| pb::Op::decode(&**step).ok()?.platform)?
    });
    let step = pb::Op {
        inputs: vec![result],
        platform,
        op: Some(op::Op::Exec(exec(process, defaults))),
        constraints: None,
    }
    .encode_to_vec();
    let digest = digest_of(&step);
    graph.def.extend([step, end_of(digest.clone(), 0)]);
    // Engines before Docker 27.4 crash on empty messages in maps; see `request_proto::message`.
    graph.source = None;
    graph
        .metadata
        .retain(|_, metadata| *metadata != pb::OpMetadata::default());
    let caps = ["exec.meta.base", "exec.mount.bind", "exec.meta.network"];
    graph
        .metadata
        .insert(digest, described(&process.name, &caps));
    Some(graph)
}

fn exec(process: &Process, defaults: &ProcessDefaults) -> pb::ExecOp {
    let Process {
        name: _,
        arguments,
        environment,
        user,
        network,
    } = process;
    let directory = Some(&defaults.working_dir).filter(|directory| !directory.is_empty());
    let network = if *network {
        pb::NetMode::Unset
    } else {
        pb::NetMode::None
    };
    pb::ExecOp {
        meta: Some(pb::Meta {
            args: arguments.clone(),
            env: defaults.env.iter().chain(environment).cloned().collect(),
            user: user.clone().unwrap_or_else(|| defaults.user.clone()),
            cwd: directory.cloned().unwrap_or_else(|| "/".to_owned()),
            ..pb::Meta::default()
        }),
        mounts: vec![pb::Mount {
            dest: "/".to_owned(),
            ..pb::Mount::default()
        }],
        network: network.into(),
        ..pb::ExecOp::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process() -> Process {
        Process {
            name: "[smoke 1/1] true".to_owned(),
            arguments: vec!["true".to_owned()],
            environment: Vec::new(),
            user: None,
            network: false,
        }
    }

    #[test]
    fn the_last_step_stands_on_the_result_and_keeps_its_platform() {
        let platform = pb::Platform {
            architecture: "arm64".to_owned(),
            os: "linux".to_owned(),
            ..pb::Platform::default()
        };
        let source = pb::Op {
            platform: Some(platform.clone()),
            ..pb::Op::default()
        }
        .encode_to_vec();
        let input = pb::Input {
            digest: digest_of(&source),
            index: 2,
        };
        let end = pb::Op {
            inputs: vec![input.clone()],
            ..pb::Op::default()
        };
        let graph = pb::Definition {
            def: vec![source, end.encode_to_vec()],
            metadata: [("sha256:empty".to_owned(), pb::OpMetadata::default())].into(),
            source: Some(pb::Source::default()),
        };
        let graph = on_top(graph, &process(), &ProcessDefaults::default()).unwrap();
        let [_, step, end] = &graph.def[..] else {
            panic!("{} steps", graph.def.len());
        };
        let decoded = pb::Op::decode(&**step).unwrap();
        assert_eq!(decoded.inputs, [input]);
        assert_eq!(decoded.platform, Some(platform));
        let end = pb::Op::decode(&**end).unwrap();
        assert_eq!(end.inputs[0].digest, digest_of(step));
        assert!(graph.source.is_none() && !graph.metadata.contains_key("sha256:empty"));
    }

    #[test]
    fn an_empty_result_has_nothing_to_run_in() {
        let empty = pb::Definition::default();
        assert_eq!(on_top(empty, &process(), &ProcessDefaults::default()), None);
    }
}
