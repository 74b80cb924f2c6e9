//! The stage `frontend` with an endpoint picker that starts, and with some that cannot.

use test_case::test_case;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine, Owned};

/// Makes an image whose `/epp` is this script.
fn picker(engine: &Engine, sample: &Sample, script: &str) -> Owned {
    let picker = engine.image("picker");
    sample.write("picker/epp", script);
    sample.write(
        "picker/Dockerfile",
        "FROM busybox\nCOPY --chmod=755 epp /epp\n",
    );
    let mut buildx = engine.buildx();
    buildx.args(["build", "--tag", picker.name(), "--load"]);
    engine.run(buildx.arg(sample.path("picker")));
    picker
}

#[test_case("#!/bin/sh\necho picked; exit 2\n", None; "one whose help fails")]
#[test_case("#!/lib64/missing-linker\n", Some("not found"); "one of another C library")]
#[test_case("#!/bin/sh\necho \"/epp: libc.so.6: version \\`GLIBC_2.39' not found\" >&2; exit 1\n", Some("GLIBC_2.39"); "one of a newer C library")]
fn a_picker_that_cannot_start_is_refused(script: &str, reason: Option<&str>) {
    for engine in engines::newest() {
        let sample = Sample::with_stages("FROM busybox:latest AS runtime\n# {salt}\n");
        sample.add_to_profile(
            "[targets.runtime]\nfragment = \"sample\"\n[targets.frontend]\nneeds = [\"runtime\"]\n",
        );
        let picker = picker(&engine, &sample, script);
        let argument = format!("EPP_IMAGE={}", picker.name());
        let mut build = sample.dynbuild(&engine);
        build.args([
            "--target",
            "frontend",
            "--no-load",
            "--build-arg",
            &argument,
        ]);
        let end = run(&mut build);
        match reason {
            None => end.assert_code(0, &engine.name),
            Some(reason) => {
                let said = "the endpoint picker of EPP_IMAGE does not start here";
                assert!(end.stderr.contains(said), "{}", end.stderr);
                assert!(end.stderr.contains(reason), "{}", end.stderr);
                assert!(
                    end.stderr.contains("dockerfiles/frontend.Dockerfile:"),
                    "{}",
                    end.stderr
                );
            }
        }
    }
}
