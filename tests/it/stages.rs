//! The shipped profiles with the shipped stages: planned, linted, and checked by a real engine.

mod added;
mod engine;
mod fake_root;
mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use dynbuild::internals::plan::PlannedTarget;
use dynbuild::internals::plan::{Composition, Fragments, Joined};
use dynbuild::internals::plan::{Subject, lint};
use dynbuild::internals::profile::Store as Profiles;

use crate::support::engines::{self, Store};
use crate::support::shipped;

/// Every image that the shipped profiles can make, for all its platforms at once, with and without
/// a checkout's source.
fn planned() -> impl Iterator<Item = PlannedTarget> {
    let builds = shipped::builds().into_iter();
    builds.flat_map(|build| build.plan.targets)
}

fn compose(target: &PlannedTarget) -> Composition {
    Fragments::embedded()
        .compose(&target.dockerfile.fragments)
        .expect("fragments that go together")
}

#[test]
fn every_shipped_build_lints_clean() {
    let mut told = Vec::new();
    for target in planned() {
        let composition = compose(&target);
        let stage = &target.dockerfile.stage;
        let subject = Subject::new(&composition, target.inputs(), stage);
        told.extend(lint(&subject).into_iter().map(|finding| {
            let (line, column) = finding.excerpt.line_column();
            format!(
                "{}: {}:{line}:{column} {}",
                target.name, finding.excerpt.name, finding.message
            )
        }));
    }
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn buildkit_has_nothing_to_say_about_the_joined_files() {
    for engine in engines::newest() {
        let mut seen = BTreeSet::new();
        for target in planned() {
            let Joined { text, .. } = compose(&target).join();
            let args = with_local_images(&target.build_args);
            let stage = target.dockerfile.stage.clone();
            // Many builds differ in nothing but their images.
            if !seen.insert((text.clone(), stage.clone(), args.clone())) {
                continue;
            }
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("Dockerfile");
            fs_err::write(file, &text).unwrap();
            let ask = |call: &str| {
                let mut ask = engine.buildx();
                ask.args(["build", call, "--target", &stage]);
                add_args(&mut ask, &args);
                engine.run(ask.arg(folder.path()))
            };
            ask("--call=check");
            // What a stage takes is the same for every store.
            if engine.store == Store::Overlay2 {
                let outline = ask("--call=outline");
                assert!(outline.contains("BUILD ARG"), "{}: {outline}", target.name);
            }
        }
    }
}

/// What the scripts' fragment begins with.
const SCRIPTS: &str = r#"# Generated from the files in dockerfiles/bin/: edit those, and let the test write this one,
#
#   INSTA_UPDATE=always cargo test --test it scripts
#
# A Dockerfile that comes from standard input has no files to copy, and Docker 20.10 no here-documents.
ARG BASE_IMAGE
ARG BASE_IMAGE_TAG

FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG} AS helpers
ENV PATH=/opt/build/bin:${PATH}
RUN mkdir -p /opt/build/bin && cd /opt/build/bin \
 && printf '%s\n' 'Acquire::https::CAInfo "/run/secrets/ca";' 'APT::Sandbox::User "root";' > /opt/build/apt.conf \
"#;

/// The scripts reach the stages as one step that writes them, line by line.
#[test]
#[expect(clippy::disallowed_methods, reason = "tests are no commands of ours")]
fn the_delivered_scripts_are_those_of_the_folder() {
    let stages = Path::new(env!("CARGO_MANIFEST_DIR")).join("dockerfiles");
    let scripts: String = files_of(&stages.join("bin"))
        .iter()
        .map(|path| delivered(path))
        .collect();
    let expected = format!("{SCRIPTS}{scripts} && chmod 0755 *\n");
    let file = stages.join("scripts.Dockerfile");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always") {
        fs_err::write(&file, &expected).unwrap();
    }
    let found = fs_err::read_to_string(file).unwrap();
    assert!(found == expected, "see the first lines of the file");
}

/// Here-documents would be read as such by BuildKit's frontend, wherever they stand in a step.
#[test]
fn scripts_are_what_every_engine_can_be_given() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("dockerfiles/bin");
    for path in files_of(&scripts) {
        let text = fs_err::read_to_string(&path).unwrap();
        let shown = path.display();
        assert!(
            text.starts_with("#!/") || text.starts_with("\"\"\""),
            "{shown}"
        );
        assert!(!text.contains("<<"), "{shown} has a here-document");
    }
}

/// The part of a step that writes one script.
fn delivered(path: &Path) -> String {
    let name = path.file_name().expect("a name").to_string_lossy();
    let text = fs_err::read_to_string(path).expect("readable");
    let quoted = text.lines().map(|line| line.replace('\'', r#"'"'"'"#));
    let lines: Vec<_> = quoted.map(|line| format!("      '{line}'")).collect();
    format!(
        " && printf '%s\\n' \\\n{} > {name} \\\n",
        lines.join(" \\\n")
    )
}

fn files_of(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs_err::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("a file").path()).collect()
}

/// The steps of a stage and those below it, as one text: of the images that are built, and of all that
/// they take files from.
fn steps_of(target: &PlannedTarget) -> String {
    let Joined { text, .. } = compose(target).join();
    text.replace("\\\n", " ")
}

/// What real builds fail by, and no build of a sample shows: each was a fault once.
#[test]
fn steps_are_what_real_images_and_sources_need() {
    for target in planned() {
        let steps = steps_of(&target);
        let name = format!(
            "{} on {} from {}",
            target.name, target.device, target.source
        );
        for step in steps.lines() {
            // The layers of a stage that is mounted count for some engines as the image's own do.
            assert!(!step.contains("from=base,"), "{name}: {step}");
            // protoc's own definitions are a package that protoc only recommends.
            if step.contains(" protobuf-compiler") {
                assert!(step.contains(" libprotobuf-dev"), "{name}: {step}");
            }
            // NIXL makes a wheel with the uv that it finds, from packages that nothing pins.
            if let Some(compiles) = step.find("meson setup") {
                let hides = step.find("mv /opt/build/bin/uv /tmp/uv");
                assert!(
                    hides.is_some_and(|hides| hides < compiles),
                    "{name}: {step}"
                );
            }
            // Flags and toolchain of a tree are hidden files, and files that not every tree has.
            if step.starts_with("COPY lib lib") {
                for file in ["COPY .carg[o] .cargo/", "rust-toolchain.tom[l]"] {
                    assert!(steps.contains(file), "{name} lacks {file}");
                }
            }
        }
        // Of what is compiled for NIXL nothing is in images that run: they have the engine's own.
        assert!(!steps.contains("from=native,"), "{name}");
    }
}

/// Kubernetes starts images without dynrun, so what dynrun sets is in the image.
#[test]
fn images_have_the_environment_that_dynrun_sets() {
    for build in shipped::builds() {
        for target in &build.plan.targets {
            if target.target != "runtime" || build.device == "cpu" || build.device == "xpu" {
                continue;
            }
            let steps = steps_of(target);
            let environment = target.build_args["RUNTIME_ENVIRONMENT"].as_str();
            let mut wanted = vec![
                "CUDA_DEVICE_ORDER=PCI_BUS_ID",
                "NVIDIA_DRIVER_CAPABILITIES=video,compute,utility",
                "NIXL_PREFIX=/opt/dynamo/nixl",
            ];
            let profile = Profiles::embedded()
                .load(&target.framework)
                .expect("shipped");
            let own: Vec<_> = profile
                .run
                .env
                .iter()
                .map(|(name, value)| format!("{}={}", name.value, value.value.0))
                .collect();
            wanted.extend(own.iter().map(String::as_str));
            if environment == "trtllm" {
                wanted.push("NIXL_PLUGIN_DIR=/opt/dynamo/nixl/plugins");
            }
            let stages = ["cuda", environment].map(|name| {
                let start = format!(" AS environment_{name}\n");
                let at = steps.find(&start).expect("the stage") + start.len();
                steps[at..].split("\nFROM ").next().expect("its steps")
            });
            for variable in wanted {
                assert!(
                    stages.iter().any(|stage| stage.contains(variable)),
                    "{} lacks {variable}",
                    target.name
                );
            }
            assert!(
                steps.contains("UV_CACHE_DIR=/home/dynamo/.cache/uv"),
                "{}",
                target.name
            );
        }
    }
}

/// The KV block manager is compiled against the NIXL that the image has.
#[test]
fn headers_and_libraries_of_nixl_have_one_version() {
    let mut compared = 0;
    for target in planned().filter(|target| target.target == "runtime") {
        let overrides = target
            .build_args
            .get("ENGINE_OVERRIDES")
            .map_or("", String::as_str);
        let nixl = overrides.lines().find_map(|line| {
            let (name, version) = line.split_once("==")?;
            (name.split('[').next() == Some("nixl")).then_some(version)
        });
        if let Some(version) = nixl {
            compared += 1;
            assert_eq!(
                target.build_args["NIXL_REF"],
                format!("v{version}"),
                "{}",
                target.name
            );
        }
    }
    assert!(compared > 8, "{compared} are not all");
}

/// A check asks for the images that stages start from. Not every machine reaches all their
/// registries, and what is checked is the file: an image that is there stands in.
fn with_local_images(args: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let local = |(name, value): (&String, &String)| {
        let value = match name.as_str() {
            "EPP_IMAGE" => "debian:bookworm-slim",
            _ if name.ends_with("_IMAGE") => "debian",
            _ if name.ends_with("_IMAGE_TAG") => "bookworm-slim",
            _ => value,
        };
        (name.clone(), value.to_owned())
    };
    args.iter().map(local).collect()
}

fn add_args(command: &mut Command, args: &BTreeMap<String, String>) {
    for (name, value) in args {
        command.arg("--build-arg").arg(format!("{name}={value}"));
    }
}

#[test]
fn the_number_of_jobs_is_the_argument_else_what_is_mounted_else_the_cores() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("dockerfiles/bin/job-count");
    let count = |value: Option<&str>| {
        // As in a step: by a shell, which has words of its own.
        let mut shell = Command::new("sh");
        shell.env_clear().env("PATH", "/usr/bin:/bin");
        shell.envs(value.map(|value| ("SOME_JOBS", value)));
        let output = shell
            .args(["-c", "\"$0\" SOME_JOBS"])
            .arg(&script)
            .output()
            .expect("a shell");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert_eq!(count(Some("3")), "3");
    let cores = std::thread::available_parallelism().expect("cores");
    assert_eq!(count(Some("")), cores.to_string());
    assert_eq!(count(None), cores.to_string());
}
