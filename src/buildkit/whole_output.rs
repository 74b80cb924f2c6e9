//! The whole output of steps.
//!
//! Engines pass on 2 MiB of what a step writes, and 200 KiB a second (`util/progress/logs` of
//! BuildKit), and no client gets the rest. Here each step that a shell runs also writes into a file
//! of its own in a cache of the engine. If it fails, one more step takes the file out; if it
//! succeeds, it removes the file itself.
//!
//! The steps of the frontend's answer are changed for that, and with them their keys in the cache:
//! builds that keep the output share no steps with those that do not.

use std::collections::BTreeMap;

use prost::Message as _;

use super::digest::Digest;
use super::graph::{described, digest_of, end_of};
use super::id;
use super::proto::pb::{self, file_action, op};

/// The cache of the engine that has the files.
const CACHE: &str = "dynbuild-output";

/// Where steps see it. `/dev` is not part of an image, so nothing of it stays there.
const PLACE: &str = "/dev/dynbuild-output";

/// The same in what the cache starts as.
const DIRECTORY: &str = "/output";

/// Where the step that takes a file out puts it.
const RESULT: &str = "/dev/dynbuild-result";

/// The name of the file there.
pub(super) const FILE: &str = "output";

/// How many of the last bytes of an output are kept.
pub(super) const LIMIT: i64 = 256 << 20;

/// Runs a step's command (`$@`) with its output in the file `$0` too. A program that the step leaves
/// in the background keeps the pipe open: it is not waited for. Where the image lacks the programs
/// for it, the command runs as ever.
const WRAPPER: &str = r#"dynbuild_file=/dev/dynbuild-output/$0
rm -f "$dynbuild_file" "$dynbuild_file.pipe" 2>/dev/null
command -v tee >/dev/null 2>&1 && mkfifo "$dynbuild_file.pipe" 2>/dev/null || exec "$@"
tee "$dynbuild_file" <"$dynbuild_file.pipe" &
dynbuild_tee=$!
"$@" >"$dynbuild_file.pipe" 2>&1
dynbuild_code=$?
{ sleep 2; kill "$dynbuild_tee"; } >/dev/null 2>&1 &
dynbuild_watch=$!
wait "$dynbuild_tee"
kill "$dynbuild_watch" 2>/dev/null
rm -f "$dynbuild_file.pipe"
[ "$dynbuild_code" != 0 ] || rm -f "$dynbuild_file"
exit "$dynbuild_code""#;

/// Moves the file `$1` out.
const TAKE: &str = r#"mv "/dev/dynbuild-output/$1" /dev/dynbuild-result/output"#;

/// A graph whose steps keep their output.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) graph: pb::Definition,
    /// The steps that do, by digest.
    steps: BTreeMap<String, Step>,
    /// The step that makes what the cache starts as.
    directory: Option<String>,
}

/// A step that keeps its output.
#[derive(Clone, Debug)]
struct Step {
    file: String,
    shell: String,
    environment: Vec<String>,
    root: pb::Input,
    platform: Option<pb::Platform>,
}

/// A step that has something in it which this client does not know, and would lose.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine's steps are newer than this dynbuild")]
pub(super) struct UnknownStep;

/// Changes the steps of a graph so that they keep their output.
pub(super) fn keep(graph: pb::Definition) -> Result<Kept, UnknownStep> {
    let mut kept = Kept::default();
    let mut renamed = BTreeMap::new();
    for bytes in graph.def {
        let old = digest_of(&bytes);
        let mut step = pb::Op::decode(&*bytes).map_err(|_| UnknownStep)?;
        // The order of fields may differ, but what is not known is missing.
        if step.encoded_len() != bytes.len() {
            return Err(UnknownStep);
        }
        let mut is_changed = false;
        for input in &mut step.inputs {
            if let Some(new) = renamed.get(&input.digest) {
                input.digest = String::clone(new);
                is_changed = true;
            }
        }
        let found = if shell_of(&step).is_some() {
            let directory = kept.directory(&step);
            wrap(&mut step, &old, &directory)
        } else {
            None
        };
        is_changed |= found.is_some();
        let bytes = if is_changed { encoded(&step) } else { bytes };
        let new = digest_of(&bytes);
        kept.steps.extend(found.map(|step| (new.clone(), step)));
        if new != old {
            renamed.insert(old, new);
        }
        kept.graph.def.push(bytes);
    }
    let rename = |old: String| renamed.get(&old).cloned().unwrap_or(old);
    for (old, metadata) in graph.metadata {
        // Engines before Docker 27.4 crash on empty messages in maps.
        if metadata != pb::OpMetadata::default() {
            kept.graph.metadata.insert(rename(old), metadata);
        }
    }
    for step in kept.steps.keys() {
        let metadata = kept.graph.metadata.entry(step.clone()).or_default();
        let caps = ["exec.mount.cache", "exec.mount.cache.sharing"];
        metadata.caps.extend(caps.map(|cap| (cap.to_owned(), true)));
    }
    kept.graph.source = graph.source.map(|source| pb::Source {
        locations: source
            .locations
            .into_iter()
            .filter(|(_, places)| *places != pb::Locations::default())
            .map(|(old, places)| (rename(old), places))
            .collect(),
        infos: source.infos,
    });
    Ok(kept)
}

impl Kept {
    /// Returns the step that makes what the cache starts as, which is added if it is not there: a
    /// directory that any user may write to.
    fn directory(&mut self, first: &pb::Op) -> String {
        if let Some(directory) = &self.directory {
            return directory.clone();
        }
        let made = pb::FileAction {
            input: -1,
            secondary_input: -1,
            output: -1,
            action: Some(file_action::Action::Mkdir(pb::FileActionMkDir {
                path: DIRECTORY.to_owned(),
                mode: 0o777,
                timestamp: -1,
                ..pb::FileActionMkDir::default()
            })),
        };
        // Engines make directories under a umask, and copy them without.
        let opened = pb::FileAction {
            input: -1,
            secondary_input: 0,
            output: 0,
            action: Some(file_action::Action::Copy(pb::FileActionCopy {
                src: DIRECTORY.to_owned(),
                dest: DIRECTORY.to_owned(),
                mode: 0o777,
                timestamp: -1,
                ..pb::FileActionCopy::default()
            })),
        };
        let step = pb::Op {
            platform: first.platform.clone(),
            constraints: first.constraints.clone(),
            op: Some(op::Op::File(pb::FileOp {
                actions: vec![made, opened],
            })),
            ..pb::Op::default()
        };
        let bytes = encoded(&step);
        let digest = digest_of(&bytes);
        let name = "[internal] prepare for the whole output of steps";
        let metadata = described(name, &["file.base"]);
        self.graph.metadata.insert(digest.clone(), metadata);
        self.graph.def.push(bytes);
        self.directory.insert(digest).clone()
    }

    /// Returns the graph whose result is the file of a step that has failed; `None` if it is not
    /// one that keeps its output.
    pub(super) fn take(&self, failed: &Digest) -> Option<pb::Definition> {
        let step = self.steps.get(failed.as_str())?;
        let directory = pb::Input {
            digest: self.directory.clone()?,
            index: 0,
        };
        let random = id::random();
        let words = [&*step.shell, "-c", TAKE, "dynbuild", &step.file, &random];
        let take = pb::Op {
            inputs: vec![step.root.clone(), directory],
            platform: step.platform.clone(),
            op: Some(op::Op::Exec(pb::ExecOp {
                meta: Some(pb::Meta {
                    args: words.map(str::to_owned).into(),
                    env: step.environment.clone(),
                    cwd: "/".to_owned(),
                    ..pb::Meta::default()
                }),
                mounts: vec![
                    pb::Mount {
                        dest: "/".to_owned(),
                        // Without an output of its own, the containerd store mounts it read-only.
                        output: 0,
                        ..pb::Mount::default()
                    },
                    cache(1),
                    pb::Mount {
                        input: -1,
                        dest: RESULT.to_owned(),
                        output: 1,
                        ..pb::Mount::default()
                    },
                ],
                network: pb::NetMode::None.into(),
                ..pb::ExecOp::default()
            })),
            constraints: None,
        }
        .encode_to_vec();
        let digest = digest_of(&take);
        let mut graph = self.graph.clone();
        // The last entry says which step is the result.
        graph.def.pop();
        graph.def.extend([take, end_of(digest.clone(), 1)]);
        graph.source = None;
        let caps = ["exec.meta.base", "exec.mount.bind", "exec.mount.cache"];
        let name = "[internal] fetch the whole output of the failed step";
        graph.metadata.insert(digest, described(name, &caps));
        Some(graph)
    }
}

/// Returns the shell that runs a step; none if it is something else.
fn shell_of(step: &pb::Op) -> Option<&str> {
    let Some(op::Op::Exec(pb::ExecOp {
        meta: Some(meta), ..
    })) = &step.op
    else {
        return None;
    };
    let program = meta.args.first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    let is_shell = ["sh", "ash", "bash", "dash"].contains(&name);
    (is_shell && meta.args.len() > 2).then_some(program)
}

/// Makes a step keep its output.
fn wrap(step: &mut pb::Op, file: &str, directory: &str) -> Option<Step> {
    let shell = shell_of(step)?.to_owned();
    let file = file.trim_start_matches("sha256:").to_owned();
    let number = i64::try_from(step.inputs.len()).ok()?;
    let Some(op::Op::Exec(exec)) = &mut step.op else {
        return None;
    };
    let root = exec.mounts.iter().find(|mount| mount.dest == "/")?;
    let root = step.inputs.get(usize::try_from(root.input).ok()?)?.clone();
    let meta = exec.meta.as_mut()?;
    let own = std::mem::take(&mut meta.args);
    meta.args = [&*shell, "-c", WRAPPER, &*file].map(str::to_owned).into();
    meta.args.extend(own);
    exec.mounts.push(cache(number));
    let environment = meta.env.clone();
    step.inputs.push(pb::Input {
        digest: directory.to_owned(),
        index: 0,
    });
    Some(Step {
        file,
        shell,
        environment,
        root,
        platform: step.platform.clone(),
    })
}

/// The mount of the cache; `input` is the number of what it starts as.
fn cache(input: i64) -> pb::Mount {
    pb::Mount {
        input,
        selector: DIRECTORY.to_owned(),
        dest: PLACE.to_owned(),
        output: -1,
        mount_type: pb::MountType::Cache.into(),
        cache_opt: Some(pb::CacheOpt {
            id: CACHE.to_owned(),
            sharing: pb::CacheSharingOpt::Shared.into(),
        }),
        ..pb::Mount::default()
    }
}

/// Encodes a step as Go does, which puts the one of several fields last: engines call a step by the
/// digest of that form.
fn encoded(step: &pb::Op) -> Vec<u8> {
    let mut rest = step.clone();
    let only = pb::Op {
        op: rest.op.take(),
        ..pb::Op::default()
    };
    [rest.encode_to_vec(), only.encode_to_vec()].concat()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn graph(arguments: &[&str]) -> pb::Definition {
        let source = pb::Op {
            op: Some(op::Op::Source(pb::SourceOp {
                identifier: "docker-image://busybox".to_owned(),
                ..pb::SourceOp::default()
            })),
            ..pb::Op::default()
        }
        .encode_to_vec();
        let input = |step: &[u8]| pb::Input {
            digest: digest_of(step),
            index: 0,
        };
        let run = pb::Op {
            inputs: vec![input(&source)],
            op: Some(op::Op::Exec(pb::ExecOp {
                meta: Some(pb::Meta {
                    args: arguments.iter().map(|&word| word.to_owned()).collect(),
                    ..pb::Meta::default()
                }),
                mounts: vec![pb::Mount {
                    dest: "/".to_owned(),
                    ..pb::Mount::default()
                }],
                ..pb::ExecOp::default()
            })),
            ..pb::Op::default()
        }
        .encode_to_vec();
        let place = pb::Locations {
            locations: vec![pb::Location::default()],
        };
        pb::Definition {
            metadata: [(digest_of(&run), described("RUN x", &[]))].into(),
            source: Some(pb::Source {
                locations: [
                    (digest_of(&run), place),
                    (digest_of(&source), pb::Locations::default()),
                ]
                .into(),
                infos: Vec::new(),
            }),
            def: vec![source, run.clone(), end_of(digest_of(&run), 0)],
        }
    }

    #[test]
    fn names_and_places_of_a_changed_step_go_with_it() {
        let kept = keep(graph(&["/bin/sh", "-c", "make"])).unwrap();
        let (digest, step) = kept.steps.first_key_value().unwrap();
        assert!(
            kept.graph
                .def
                .iter()
                .any(|bytes| digest_of(bytes) == *digest)
        );
        let name = &kept.graph.metadata[digest].description["llb.customname"];
        assert_eq!(name, "RUN x");
        let places = &kept.graph.source.as_ref().unwrap().locations;
        assert_eq!(places.keys().collect::<Vec<_>>(), [digest]);
        assert_eq!(step.shell, "/bin/sh");
        let end = pb::Op::decode(&**kept.graph.def.last().unwrap()).unwrap();
        assert_eq!(end.inputs[0].digest, *digest);
        assert!(kept.take(&digest.as_str().into()).is_some());
        assert!(kept.take(&"sha256:other".into()).is_none());
    }

    #[test]
    fn a_step_without_a_shell_stays_as_it_is() {
        let before = graph(&["/usr/bin/make", "-c", "x"]);
        let kept = keep(before.clone()).unwrap();
        assert_eq!(kept.graph.def, before.def);
        assert!(kept.steps.is_empty());
    }

    #[test]
    fn what_this_client_does_not_know_is_not_lost() {
        let mut graph = graph(&["/bin/sh", "-c", "make"]);
        // A field of number 999.
        graph.def[0].extend([0xba, 0x3e, 0x01, b'x']);
        assert_eq!(keep(graph).unwrap_err(), UnknownStep);
    }

    #[test]
    fn the_wrapper_keeps_output_and_code_and_waits_for_no_background() {
        let place = tempfile::tempdir().unwrap();
        let script = WRAPPER.replace(PLACE, &place.path().display().to_string());
        let run = |command: &str| {
            let words = ["-c", &script, "file", "sh", "-c", command];
            Command::new("sh").args(words).output().unwrap()
        };
        let file = place.path().join("file");
        let end = run("echo out; echo err >&2; sleep 60 & exit 7");
        assert_eq!(end.status.code(), Some(7));
        assert_eq!(end.stdout, b"out\nerr\n");
        assert_eq!(fs_err::read(&file).unwrap(), b"out\nerr\n");
        assert!(run("echo fine").status.success());
        assert!(!file.exists());
    }
}
