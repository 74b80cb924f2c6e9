//! Smoke tests of a profile, and several targets that are exported together or not at all.

use serde_json::Value;

use super::sample::{Running, Sample, run};
use crate::support::engines::{self, Engine, unique};
use crate::support::processes::{command_lines, eventually};

/// The names that the engine knows below a repository.
fn images(engine: &Engine, repository: &str) -> String {
    let list = ["image", "ls", "--format", "{{.Tag}}", repository];
    let mut tags: Vec<_> = engine
        .run(engine.docker().args(list))
        .lines()
        .map(str::to_owned)
        .collect();
    tags.sort();
    tags.join(" ")
}

fn remove(engine: &Engine, repository: &str) {
    for tag in images(engine, repository).split_whitespace() {
        let name = format!("{repository}:{tag}");
        engine.run(engine.docker().args(["image", "rm", &name]));
    }
}

#[test]
fn an_image_that_fails_a_smoke_test_gets_no_name() {
    for engine in engines::all() {
        let sample = Sample::new("RUN echo {salt} > /made\nENV WORD=right\n");
        sample.add_to_profile(
            "[[smoke]]\nrun = [\"grep\", \"-q\", \".\", \"/made\"]\n\
             [[smoke]]\nrun = [\"sh\", \"-c\", \"echo the word is $WORD; test $WORD = wrong\"]\n",
        );
        let repository = unique("smoke");
        let tag = format!("{repository}:1");
        let end = run(sample.dynbuild(&engine).args(["-t", &tag]));
        end.assert_code(1, &engine.name);
        for told in [
            "error: A smoke test of target `sample-first` failed",
            "ended with exit code 1",
            "sample.toml:",
            "the word is right",
            "--no-smoke",
        ] {
            assert!(end.stderr.contains(told), "{told}:\n{}", end.stderr);
        }
        assert_eq!(images(&engine, &repository), "", "{}", engine.name);

        let end = run(sample.dynbuild(&engine).args(["-t", &tag, "--no-smoke"]));
        end.assert_code(0, &engine.name);
        assert_eq!(images(&engine, &repository), "1", "{}", engine.name);
        remove(&engine, &repository);
    }
}

#[test]
fn a_smoke_test_that_passed_is_not_run_again() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN echo {salt} > /made\n");
        sample.add_to_profile("[[smoke]]\nrun = [\"grep\", \"-q\", \".\", \"/made\"]\n");
        for cached in [false, true] {
            let end = run(sample.dynbuild(&engine).arg("--no-load"));
            end.assert_code(0, &engine.name);
            let lines: Vec<_> = end.stderr.lines().collect();
            let smoke = lines
                .iter()
                .position(|line| line.contains("smoke 1/1] grep"));
            let smoke = smoke.unwrap_or_else(|| panic!("{}", end.stderr));
            let number = lines[smoke].split_whitespace().next().unwrap();
            let told = lines.contains(&format!("{number} CACHED").as_str());
            assert_eq!(told, cached, "{}", end.stderr);
        }
    }
}

#[test]
fn a_smoke_test_that_hangs_is_stopped() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN echo {salt} > /made\n");
        sample.add_to_profile(
            "[[smoke]]\nrun = [\"sh\", \"-c\", \"while :; do sleep 600; done\"]\ntimeout = \"1s\"\n",
        );
        let end = run(sample.dynbuild(&engine).arg("--no-load"));
        end.assert_code(1, &engine.name);
        let told = "did not end within 1.0s and was stopped";
        assert!(end.stderr.contains(told), "{}", end.stderr);
    }
}

/// A number of seconds to sleep that no other test has, by which its process is found.
fn nap() -> String {
    let digits = unique("").replace(|c: char| !c.is_ascii_digit(), "");
    format!("9{digits}")
}

fn sleeps(seconds: &str) -> bool {
    let wanted = format!("sleep\0{seconds}\0");
    command_lines().any(|line| line.ends_with(wanted.as_bytes()))
}

#[test]
fn what_a_smoke_test_has_started_ends_with_it() {
    for engine in engines::newest() {
        for (script, timeout, code) in [
            ("sleep {nap} & sleep {nap} & sleep 1", "1m", 0),
            ("(sleep {nap} &); trap '' TERM; sleep {nap}", "2s", 1),
            (
                "while :; do echo a line of an endless output; done & sleep {nap}",
                "2s",
                1,
            ),
        ] {
            let nap = nap();
            let script = script.replace("{nap}", &nap);
            let sample = Sample::new("RUN echo {salt} > /made\n");
            sample.add_to_profile(&format!(
                "[[smoke]]\nrun = [\"sh\", \"-c\", \"{script}\"]\ntimeout = \"{timeout}\"\n"
            ));
            let mut build = sample.dynbuild(&engine);
            let started = Running::start(build.args(["--no-load", "--progress=plain"]));
            eventually("the smoke test", || sleeps(&nap));
            let end = started.end();
            // The engine clips what is printed for ever.
            assert!(end.stderr.len() < 8 << 20, "{} bytes", end.stderr.len());
            end.assert_code(code, &script);
            eventually("the end of all processes", || !sleeps(&nap));
            let stopped = end
                .stderr
                .contains("did not end within 2.0s and was stopped");
            assert_eq!(stopped, code == 1, "{}", end.stderr);
        }
    }
}

#[test]
fn no_target_gets_its_name_when_another_one_fails() {
    let fragment = "FROM busybox AS first\nRUN echo {salt} > /f\n\
                    FROM busybox AS second\nRUN sleep 1; echo {salt}; exit 9\n";
    for engine in engines::all() {
        let sample = Sample::with_stages(fragment);
        let repository = unique("whole");
        let tag = format!("{repository}:{{target}}");
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args(["--target", "first", "--target", "second", "-t", &tag]));
        end.assert_code(1, &engine.name);
        assert!(end.stderr.contains("exit code 9"), "{}", end.stderr);
        assert_eq!(images(&engine, &repository), "", "{}", engine.name);
    }
}

#[test]
fn targets_that_write_files_are_exported_together() {
    let fragment = "FROM busybox AS first\nRUN echo {salt} > /f\n\
                    FROM busybox AS second\nRUN echo {salt} > /s\n";
    for engine in engines::newest() {
        let sample = Sample::with_stages(fragment);
        let mut build = sample.dynbuild(&engine);
        build.args(["--target", "first", "--target", "second"]);
        let end = run(build.args(["-o", "type=tar,dest={target}.tar", "--metadata-file", "m"]));
        end.assert_code(0, &engine.name);
        let metadata: Value = serde_json::from_str(&sample.read("m")).unwrap();
        assert!(metadata["sample-first"].is_object(), "{metadata}");
        for file in ["first.tar", "second.tar"] {
            assert!(sample.path(file).is_file(), "{file}\n{}", end.stderr);
        }
    }
}
