//! A secret that a step prints is in nothing that the build leaves or says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sample::{Running, Sample, contains, run};
use crate::support::engines::{self, Engine, unique};
use crate::support::processes::command_lines;

/// Reads two secrets in every way that a step may, with the shell's own commands for what would
/// show up in the engine's process list.
const STEP: &str = "RUN --mount=type=secret,id=token --mount=type=secret,id=file \
     : {salt}; cat /run/secrets/token /run/secrets/file; base64 -w0 /run/secrets/token; echo; \
     base64 -w0 /run/secrets/file; echo; sleep 1; echo read\n";

struct Canary {
    sample: Sample,
    values: [String; 2],
}

impl Canary {
    fn new() -> Self {
        let values = [unique("canary-token"), unique("canary-file")];
        let sample = Sample::new(STEP);
        sample.write("home/token.txt", &values[1]);
        Self { sample, values }
    }

    /// The flags that name the secrets; the values are not in them.
    fn flags(&self) -> [String; 4] {
        let file = self.sample.path("home/token.txt");
        [
            "--secret".to_owned(),
            "id=token,env=CANARY_TOKEN".to_owned(),
            "--secret".to_owned(),
            format!("id=file,src={}", file.display()),
        ]
    }

    /// Fails if any form of a value is there.
    fn assert_absent(&self, bytes: &[u8], place: &str) {
        for value in &self.values {
            for form in [value.clone(), STANDARD.encode(value)] {
                assert!(!contains(bytes, &form), "`{form}` is in {place}");
            }
        }
    }
}

#[test]
fn no_stream_and_no_command_line_shows_a_secret() {
    for engine in engines::all() {
        for mode in ["plain", "rawjson", "tty", "quiet"] {
            let canary = Canary::new();
            let mut build = canary.sample.dynbuild(&engine);
            build
                .args(canary.flags())
                .env("CANARY_TOKEN", &canary.values[0]);
            build.args([
                "--progress",
                mode,
                "--no-load",
                "--metadata-file",
                "meta.json",
            ]);
            let mut running = Running::start(&mut build);
            while running.status().is_none() {
                command_lines().for_each(|line| canary.assert_absent(&line, "a command line"));
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            let end = running.end();
            end.assert_code(0, mode);
            canary.assert_absent(&end.said(), mode);
            canary.assert_absent(canary.sample.read("meta.json").as_bytes(), "the metadata");
            if mode == "plain" {
                assert!(end.stderr.contains(" read\n"), "{}", end.stderr);
            }
        }
    }
}

#[test]
fn a_failing_step_shows_no_secret_in_its_last_lines() {
    for engine in engines::newest() {
        let canary = Canary::new();
        let step = "RUN --mount=type=secret,id=token cat /run/secrets/token; exit 5\n";
        canary.sample.write(
            "dockerfiles/sample.Dockerfile",
            &format!("FROM busybox AS first\n{step}"),
        );
        let mut build = canary.sample.dynbuild(&engine);
        build
            .args(&canary.flags()[..2])
            .env("CANARY_TOKEN", &canary.values[0]);
        let end = run(build.arg("--no-load"));
        end.assert_code(1, &engine.name);
        canary.assert_absent(&end.said(), "the error");
    }
}

#[test]
fn no_plan_shows_a_secret() {
    for engine in engines::all().into_iter().take(1) {
        let canary = Canary::new();
        for (verb, extra) in [
            ("plan", "--format=json"),
            ("plan", "--format=text"),
            ("explain", "--format=text"),
        ] {
            let mut plan = canary.sample.command(&engine, verb);
            plan.args(canary.flags())
                .env("CANARY_TOKEN", &canary.values[0]);
            let end = run(plan.arg(extra));
            end.assert_code(0, verb);
            canary.assert_absent(&end.said(), verb);
        }
        let mut dry = canary.sample.dynbuild(&engine);
        dry.args(canary.flags())
            .env("CANARY_TOKEN", &canary.values[0]);
        let end = run(dry.arg("--dry-run"));
        end.assert_code(0, "--dry-run");
        assert!(end.text().contains("--secret"), "{}", end.text());
        canary.assert_absent(&end.said(), "--dry-run");
    }
}

#[test]
fn no_image_has_a_secret() {
    for engine in engines::all() {
        let canary = Canary::new();
        let image = engine.image("canary");
        let mut build = canary.sample.dynbuild(&engine);
        build
            .args(canary.flags())
            .env("CANARY_TOKEN", &canary.values[0]);
        run(build.args(["-q", "-t", image.name()])).assert_code(0, &engine.name);
        for arguments in [
            vec!["history", "--no-trunc", image.name()],
            vec!["image", "inspect", image.name()],
            vec!["save", image.name()],
        ] {
            let place = format!("docker {}", arguments.join(" "));
            canary.assert_absent(&output(&engine, &arguments), &place);
        }
        let container = engine.container("canary");
        output(
            &engine,
            &["create", "--name", container.name(), image.name()],
        );
        canary.assert_absent(&output(&engine, &["export", container.name()]), "the files");
    }
}

fn output(engine: &Engine, arguments: &[&str]) -> Vec<u8> {
    let output = engine
        .docker()
        .args(arguments)
        .output()
        .expect("docker runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// git takes its configuration from variables, so a token is on no command line and in no file.
#[test]
fn tokens_of_git_hosts_reach_the_steps_that_clone() {
    let step = "RUN --mount=type=secret,id=github-token --mount=type=secret,id=gitlab-token \
                echo {salt}; online sh -c 'set -e; \
                pair() { eval \"echo \\$GIT_CONFIG_VALUE_$1\" | sed \"s/^Authorization: Basic //\" | base64 -d; }; \
                [ \"$(pair 0)\" = \"x-access-token:$(cat /run/secrets/github-token)\" ]; \
                [ \"$(pair 1)\" = \"oauth2:$(cat /run/secrets/gitlab-token)\" ]; \
                echo \"$GIT_CONFIG_COUNT $GIT_CONFIG_KEY_0 $GIT_CONFIG_KEY_1\"'\n";
    let profile = "framework = \"sample\"\ninherits = [\"common\"]\ndefault-device = \"cpu\"\n\
                   default-target = \"first\"\ndefault-source = \"wheel\"\nsources = [\"wheel\"]\n\
                   [devices.cpu]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\n\
                   base-image = \"busybox:latest\"\nruntime-image = \"busybox:latest\"\n\
                   [targets.base]\n[targets.first]\nfragment = \"sample\"\nneeds = [\"base\"]\n";
    for engine in engines::all() {
        let sample = Sample::with_stages(&format!("FROM helpers AS first\n{step}"));
        sample.write("profiles/sample.toml", profile);
        let mut build = sample.dynbuild(&engine);
        build
            .env("GITHUB_TOKEN", "ghp-canary-token")
            .env("GITLAB_TOKEN", "glpat-canary-token");
        let end = run(build.arg("--no-load"));
        end.assert_code(0, &engine.name);
        let told = "2 http.https://github.com/.extraHeader http.https://gitlab.com/.extraHeader";
        assert!(end.stderr.contains(told), "{}", end.stderr);
        assert!(!end.stderr.contains("canary"), "{}", end.stderr);
    }
}

#[test]
fn steps_learn_how_many_jobs_fit_into_the_engine_and_stay_cached() {
    for engine in engines::newest() {
        let sample = Sample::new(
            "ARG MAX_JOBS=\nRUN --mount=type=secret,id=MAX_JOBS echo {salt}; \\\n  \
             echo \"$MAX_JOBS,$(cat /run/secrets/MAX_JOBS)\" > /jobs\n",
        );
        let profile = sample.read("profiles/sample.toml");
        let jobs = |size: &str, arguments: &[&str]| {
            let table = format!("{profile}\n[memory-per-job]\nMAX_JOBS = \"{size}\"\n");
            sample.write("profiles/sample.toml", &table);
            let mut build = sample.dynbuild(&engine);
            let end = run(build.args(["-o", "out"]).args(arguments));
            end.assert_code(0, &engine.name);
            sample.read("out/jobs").trim().to_owned()
        };
        let facts = ["info", "--format", "{{.NCPU}} {{.MemTotal}}"];
        let facts = engine.run(engine.docker().args(facts));
        let (cores, memory) = facts.split_once(' ').expect("two numbers");
        let (cores, memory): (u64, u64) = (
            cores.parse().expect("a number"),
            memory.parse().expect("a number"),
        );
        // A third of the memory for each: two, or as many as there are cores.
        let size = (memory / 3 + 1).to_string();
        let fitting = format!(",{}", cores.min(2));
        assert_eq!(jobs(&size, &[]), fitting, "{}", engine.name);
        assert_eq!(jobs("1t", &[]), fitting, "the step is cached");
        assert_eq!(jobs("1t", &["--no-cache"]), ",1", "more than there is");
        assert_eq!(jobs(&size, &["--build-arg", "MAX_JOBS=7"]), "7,");
    }
}
