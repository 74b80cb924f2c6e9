//! Builds within a job of GitHub Actions: the page of the job, and annotations next to the code.

use std::process::Command;

use super::sample::{FRAGMENT, Sample, run};
use crate::support::engines::{self, Engine, Version};

fn job(sample: &Sample, engine: &Engine) -> Command {
    let mut build = sample.dynbuild(engine);
    build
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", sample.path(""))
        .env("GITHUB_STEP_SUMMARY", sample.path("summary.md"));
    build
}

#[test]
fn a_build_is_added_to_the_page_of_the_job() {
    for engine in engines::all() {
        let sample = Sample::new("RUN echo {salt}\n");
        sample.write("summary.md", "# Of another step\n");
        let image = engine.image("summary");
        let end = run(job(&sample, &engine).args(["-t", image.name()]));
        end.assert_code(0, &engine.name);
        let page = sample.read("summary.md");
        assert!(
            page.starts_with("# Of another step\n### dynbuild\n"),
            "{page}"
        );
        assert!(page.contains("| `sample-first` | built | "), "{page}");
        assert!(
            page.contains(&format!("`{}`<br>`sha256:", image.name())),
            "{page}"
        );
        assert!(page.contains("1 step run, 0 cached"), "{page}");
        assert!(!end.stderr.contains("::error"), "{}", end.stderr);
    }
}

#[test]
fn a_failing_step_is_annotated_at_its_line() {
    for engine in engines::all() {
        let sample = Sample::new("RUN true\n\nRUN echo {salt} && \\\n    exit 9\n");
        let end = run(job(&sample, &engine).arg("--no-load"));
        end.assert_code(1, &engine.name);
        let place = if engine.version == Version::Newest {
            format!("title=dynbuild,file={FRAGMENT},line=4,endLine=5")
        } else {
            "title=dynbuild".to_owned()
        };
        let annotation =
            format!("\n::error {place}::A step of target `sample-first` ended with exit code 9");
        assert!(end.stderr.contains(&annotation), "{}", end.stderr);
        assert!(sample.read("summary.md").contains("**failed**"));
    }
}

#[test]
fn a_warning_of_the_engine_is_annotated_at_its_line() {
    for engine in engines::newest() {
        let sample = Sample::with_stages("# {salt}\nFROM busybox as first\nRUN true\n");
        let end = run(job(&sample, &engine).arg("--no-load"));
        end.assert_code(0, &engine.name);
        let annotation =
            format!("\n::warning title=dynbuild,file={FRAGMENT},line=2,endLine=2::FromAsCasing");
        assert!(end.stderr.contains(&annotation), "{}", end.stderr);
    }
}

#[test]
fn no_secret_gets_onto_the_page_or_into_an_annotation() {
    const CANARY: &str = "canary,100%:of a secret";
    for engine in engines::newest() {
        let sample = Sample::new(&format!(
            "RUN --mount=type=secret,id=canary echo {{salt}} '{CANARY}' && exit 3\n"
        ));
        let mut build = job(&sample, &engine);
        build.env("CANARY", CANARY);
        let end = run(build.args(["--no-load", "--secret", "id=canary,env=CANARY"]));
        end.assert_code(1, &engine.name);
        let told = sample.read("summary.md") + &end.stderr;
        for part in ["canary,100", "canary%2C", "100%25"] {
            assert!(!told.contains(part), "{told}");
        }
    }
}

#[test]
fn a_page_that_cannot_be_written_does_not_fail_the_build() {
    for engine in engines::all().into_iter().take(1) {
        let sample = Sample::new("RUN echo {salt}\n");
        let mut build = job(&sample, &engine);
        build.env("GITHUB_STEP_SUMMARY", sample.path("nowhere/summary.md"));
        let end = run(build.arg("--no-load"));
        end.assert_code(0, &engine.name);
        assert!(
            end.stderr
                .contains("warning: The summary of the job is missing"),
            "{}",
            end.stderr
        );
    }
}
