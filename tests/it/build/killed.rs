//! Builds that are killed at any moment: every file and every tag is the old one or the whole new
//! one, and the next run completes.

use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;

use super::sample::{Running, Sample, run};
use super::sets::Set;
use crate::support::engines::{self, Engine, Store, unique};
use crate::support::tree::Tree;

const OLD: &str = "old";

/// What a build writes, next to an image and a cache.
const FILES: [&str; 3] = ["out.tar", "id", "meta.json"];

/// Asks for everything that a build of this engine can write.
fn everything(sample: &Sample, engine: &Engine, image: &str) -> Command {
    let mut command = sample.dynbuild(engine);
    command.args([
        "-t",
        image,
        "-o",
        "type=docker",
        "-o",
        "type=tar,dest=out.tar",
    ]);
    command.args(["--iidfile", "id", "--metadata-file", "meta.json"]);
    // BuildKit writes no cache out of the classic store.
    if engine.store == Store::Containerd {
        command.args(["--cache-from", "type=local,src=cache"]);
        command.args(["--cache-to", "type=local,dest=cache"]);
    }
    command.arg("--progress=plain");
    command
}

/// Returns the files that are still the old ones; the others are whole.
fn old_files(sample: &Sample) -> Vec<&'static str> {
    let mut old = FILES.to_vec();
    // As docker does it, the id of an old image is gone as soon as a build starts.
    let is_old = |name: &str| {
        let text = fs_err::read(sample.path(name));
        text.map_or(name == "id", |text| text == OLD.as_bytes())
    };
    old.retain(|name| is_old(name));
    if !old.contains(&"out.tar") {
        let archive = fs_err::File::open(sample.path("out.tar")).expect("an archive");
        assert_eq!(Tree::from_tar(archive).get("big").size, 9_000_000);
    }
    if !old.contains(&"id") {
        let id = sample.read("id");
        assert!(id.starts_with("sha256:") && id.trim().len() == 71, "{id}");
    }
    if !old.contains(&"meta.json") {
        let metadata: Value = serde_json::from_str(&sample.read("meta.json")).expect("JSON");
        assert!(metadata["containerimage.digest"].is_string(), "{metadata}");
    }
    let left = fs_err::read_dir(sample.path("")).expect("a directory");
    let left = left.map(|entry| entry.expect("an entry").file_name());
    let unfinished = left.filter(|name| name.to_string_lossy().starts_with(".dynbuild-"));
    assert_eq!(unfinished.count(), 0, "something unfinished is left");
    old
}

#[test]
fn files_of_a_killed_build_are_the_old_or_the_whole_new_ones() {
    for engine in engines::newest() {
        let image = engine.image("killed");
        // A few lines later each time, until the build is faster.
        for lines in (2..).step_by(6) {
            let sample =
                Sample::new("RUN echo {salt} > /made && head -c 9000000 /dev/urandom > /big\n");
            for name in FILES {
                sample.write(name, OLD);
            }
            let mut killed = Running::start(&mut everything(&sample, &engine, image.name()));
            let is_killed = killed.says_lines(lines);
            if is_killed {
                killed.signal(Signal::KILL);
            }
            killed.end();
            let old = old_files(&sample);
            let end = run(&mut everything(&sample, &engine, image.name()));
            end.assert_code(0, &format!("after {lines} lines and with {old:?}"));
            assert_eq!(old_files(&sample), [""; 0]);
            let mut made = engine.docker();
            let made = engine.run(made.args(["run", "--rm", image.name(), "cat", "/made"]));
            assert_eq!(made, sample.salt);
            if !is_killed {
                break;
            }
        }
    }
}

#[test]
fn tags_of_a_killed_set_stand_for_whole_images() {
    for engine in engines::newest() {
        let set = Set::new("local");
        let name = unique("killed-set");
        let tag = format!("{name}:{{framework}}-{{target}}");
        let build = || {
            let mut build = set.build(&engine, "none");
            build.args([
                "-t",
                &tag,
                "--metadata-file",
                "meta.json",
                "--progress=plain",
            ]);
            build
        };
        let metadata = set.sample.path("context/meta.json");
        fs_err::write(&metadata, OLD).expect("written");
        for step in ["echo", "exporting", "naming", "other-first in the engine"] {
            set.renew();
            let before = tagged(&engine, &name);
            let mut killed = Running::start(&mut build());
            killed.until_said(step);
            killed.signal(Signal::KILL);
            killed.end();
            let after = tagged(&engine, &name);
            if ["echo", "exporting"].contains(&step) {
                assert_eq!(after, before, "{step}");
            }
            let text = fs_err::read_to_string(&metadata).expect("a file");
            let whole = |text: &str| {
                let value: Value = serde_json::from_str(text).unwrap_or_default();
                value.as_object().is_some_and(|targets| targets.len() == 6)
            };
            assert!(text == OLD || whole(&text), "{step}: {text}");
            run(&mut build()).assert_code(0, step);
            let complete = tagged(&engine, &name);
            assert_eq!(complete.len(), 6, "{step}");
            assert!(
                complete.iter().all(|image| !before.contains(image)),
                "{step}"
            );
            assert!(whole(&fs_err::read_to_string(&metadata).expect("a file")));
        }
        for image in tagged(&engine, &name) {
            let (tag, _) = image.split_once(' ').expect("a tag");
            let image = format!("{name}:{tag}");
            let shared = engine.run(
                engine
                    .docker()
                    .args(["run", "--rm", &image, "cat", "/shared"]),
            );
            assert!(shared.contains(&set.sample.salt), "{shared}");
            engine.run(engine.docker().args(["image", "rm", "--force", &image]));
        }
    }
}

/// Returns tags and ids of the images that have a name.
fn tagged(engine: &Engine, name: &str) -> Vec<String> {
    let mut list = engine.docker();
    list.args(["images", "--no-trunc", "--format", "{{.Tag}} {{.ID}}", name]);
    let listed = engine.run(&mut list);
    let mut listed: Vec<_> = listed.lines().map(str::to_owned).collect();
    listed.sort();
    listed
}
