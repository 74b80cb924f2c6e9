//! Images, metadata and the streams that tell of them.

use serde_json::Value;

use super::exports::SmallDisk;
use super::sample::{Sample, run};
use crate::support::engines::{self, unique};

#[test]
fn an_image_is_loaded_and_described() {
    for engine in engines::all() {
        let sample = Sample::new("ARG WHO=nobody\nRUN echo hello $WHO {salt}\nCOPY . /context\n");
        let (one, two) = (engine.image("load"), engine.image("load"));
        let mut build = sample.dynbuild(&engine);
        build.args(["-t", one.name(), "-t", two.name(), "--build-arg", "WHO=you"]);
        let end = run(build.args(["--metadata-file", "meta.json"]));
        end.assert_code(0, &engine.name);
        assert!(end.stdout.is_empty(), "{}", end.text());
        assert!(end.stderr.contains("hello you"), "{}", end.stderr);
        assert!(
            !end.stderr.contains('\u{1b}'),
            "escape codes: {:?}",
            end.stderr
        );
        let metadata: Value = serde_json::from_str(&sample.read("meta.json")).unwrap();
        let digest = metadata["containerimage.digest"]
            .as_str()
            .expect("a digest");
        for image in [&one, &two] {
            let inspect = ["image", "inspect", "-f", "{{.Id}}", image.name()];
            assert_eq!(engine.run(engine.docker().args(inspect)), digest);
            assert!(end.stderr.contains(image.name()), "{}", end.stderr);
        }
        assert_eq!(
            metadata["image.name"],
            format!("{},{}", one.name(), two.name())
        );
        assert!(end.stderr.contains(digest), "{}", end.stderr);
    }
}

#[test]
fn a_failure_is_told_although_its_metadata_cannot_be_written() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN echo {salt}; exit 7\n");
        let Some(_disk) = SmallDisk::mount(sample.path("small")) else {
            continue;
        };
        let filled = fs_err::write(sample.path("small/fill"), vec![0; 1 << 20]);
        assert!(filled.is_err(), "the disk is not full");
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args(["--no-load", "--metadata-file", "small/meta.json"]));
        end.assert_code(1, &engine.name);
        assert!(end.stderr.contains("exit 7"), "{}", end.stderr);
        let told = end.stderr.contains("The metadata cannot be written");
        assert!(told, "{}", end.stderr);
        assert!(!end.stderr.contains("itself is done"), "{}", end.stderr);
    }
}

#[test]
fn several_targets_are_built_in_one_call() {
    let fragment = "FROM busybox AS first\nRUN echo shared {salt} > /f\n\
                    FROM first AS second\nRUN echo more > /s\n";
    for engine in engines::all() {
        let sample = Sample::with_stages(fragment);
        let stem = unique("several");
        let tag = format!("{stem}:{{target}}");
        let mut build = sample.dynbuild(&engine);
        build.args(["--target", "first", "--target", "second", "-t", &tag]);
        let end = run(build.args(["--metadata-file", "meta.json"]));
        end.assert_code(0, &engine.name);
        let metadata: Value = serde_json::from_str(&sample.read("meta.json")).unwrap();
        for target in ["first", "second"] {
            let image = format!("{stem}:{target}");
            let id = engine.run(
                engine
                    .docker()
                    .args(["image", "inspect", "-f", "{{.Id}}", &image]),
            );
            let told = &metadata[format!("sample-{target}")]["containerimage.digest"];
            assert_eq!(told, &Value::from(id), "{metadata}");
        }
        let lines = end.stderr.lines();
        let shared = lines.filter(|line| line.starts_with('#') && line.contains("RUN echo shared"));
        assert_eq!(
            shared.count(),
            1,
            "a shared step is told once:\n{}",
            end.stderr
        );
        for target in ["first", "second"] {
            engine.run(
                engine
                    .docker()
                    .args(["image", "rm", &format!("{stem}:{target}")]),
            );
        }
    }
}

#[test]
fn quiet_prints_the_digest_and_nothing_else() {
    for engine in engines::all() {
        let sample = Sample::new("RUN echo chatty {salt}\n");
        let image = engine.image("quiet");
        let end = run(sample.dynbuild(&engine).args(["-q", "-t", image.name()]));
        end.assert_code(0, &engine.name);
        let inspect = ["image", "inspect", "-f", "{{.Id}}", image.name()];
        assert_eq!(
            end.text().trim_end(),
            engine.run(engine.docker().args(inspect))
        );
        assert!(!end.stderr.contains("chatty"), "{}", end.stderr);
    }
}

#[test]
fn rawjson_is_one_object_per_line() {
    for engine in engines::all() {
        let sample = Sample::new("RUN echo told {salt}\n");
        let end = run(sample
            .dynbuild(&engine)
            .args(["--progress", "rawjson", "--no-load"]));
        end.assert_code(0, &engine.name);
        let lines = end
            .stderr
            .lines()
            .filter(|line| !line.starts_with("note: "));
        let events: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect();
        let vertexes = events
            .iter()
            .filter_map(|event| event["vertexes"].as_array());
        assert!(
            vertexes
                .flatten()
                .any(|vertex| vertex["name"].as_str().unwrap_or("").contains("told"))
        );
    }
}

#[test]
fn a_syntax_line_and_an_unchanged_build_need_nothing() {
    for engine in engines::all() {
        let sample = Sample::with_stages(
            "# syntax=docker/dockerfile:1\nFROM busybox AS first\nRUN echo once {salt}\n",
        );
        run(sample.dynbuild(&engine).arg("--no-load")).assert_code(0, &engine.name);
        // An engine that other builds keep busy has been seen to run a step a second time.
        let cached = (0..3).any(|_| {
            let again = run(sample.dynbuild(&engine).arg("--no-load"));
            again.assert_code(0, &engine.name);
            again.stderr.contains("0 steps run, 1 cached")
        });
        assert!(cached, "the step runs again and again on {}", engine.name);
    }
}

/// What the image below it has is only known to the engine, so no plan can count it.
#[test]
fn an_image_that_has_too_many_layers_is_reported() {
    for engine in engines::newest() {
        let copies: Vec<_> = (0..118).map(|number| format!("COPY . /{number}")).collect();
        let copies = copies.join("\n");
        let sample = Sample::new(&format!("RUN echo {{salt}} > /salt\n{copies}"));
        let image = engine.image("layers");
        let mut plan = sample.dynbuild(&engine);
        let planned = run(plan.args(["--dry-run", "-t", image.name()]));
        planned.assert_code(0, &engine.name);
        let end = run(sample.dynbuild(&engine).args(["-t", image.name()]));
        end.assert_code(0, &engine.name);
        let inspect = [
            "image",
            "inspect",
            "-f",
            "{{len .RootFS.Layers}}",
            image.name(),
        ];
        let layers = engine.run(engine.docker().args(inspect));
        let said = format!("The image has {layers} layers, and engines mount no more than 127");
        assert!(end.stderr.contains(&said), "{}", end.stderr);
        assert!(!planned.stderr.contains("layers"), "{}", planned.stderr);
    }
}

#[test]
fn proxies_of_dockers_configuration_reach_the_steps() {
    let proxies =
        r#"{"httpProxy": "http://me:pass-word@proxy.example:3128", "noProxy": "localhost"}"#;
    for engine in engines::all() {
        let sample = Sample::new("RUN echo {salt} $http_proxy $NO_PROXY\n");
        sample.write(
            "login/config.json",
            &format!(r#"{{"proxies": {{"default": {proxies}}}}}"#),
        );
        let mut build = sample.dynbuild(&engine);
        build.env("DOCKER_CONFIG", sample.path("login"));
        let end = run(build.args(["--no-load", "--build-arg", "NO_PROXY=mine"]));
        end.assert_code(0, &engine.name);
        let told = "http://me:****@proxy.example:3128 mine";
        assert!(end.stderr.contains(told), "{}", end.stderr);
        assert!(!end.stderr.contains("pass-word"), "{}", end.stderr);
    }
}
