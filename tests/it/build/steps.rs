//! What `docker buildx build` has flags for, on steps that show it.

use super::sample::{Sample, run};
use crate::support::engines;

#[test]
fn steps_have_the_hosts_limits_and_memory_that_were_asked_for() {
    for engine in engines::newest() {
        let sample = Sample::new(
            "RUN grep -q '^10.1.2.3[[:space:]]*answer' /etc/hosts\n\
             RUN grep -q '[[:space:]]gateway$' /etc/hosts\n\
             RUN df -k /dev/shm | grep -q ' 131072 '\n\
             RUN [ \"$(ulimit -n)\" = 123 ] && : {salt}\n",
        );
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args([
            "--no-load",
            "--add-host",
            "answer:10.1.2.3",
            "--add-host=gateway=host-gateway",
            "--shm-size",
            "128m",
            "--ulimit",
            "nofile=123:456",
        ]));
        end.assert_code(0, &engine.name);
    }
}

#[test]
fn steps_have_the_network_that_was_asked_for() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN ls /sys/class/net > /nets; : {salt}\n");
        for (network, expected) in [("none", "lo\n"), ("default", "eth0\nlo\n")] {
            let mut build = sample.dynbuild(&engine);
            let end = run(build.args(["--network", network, "-o", network]));
            end.assert_code(0, network);
            assert_eq!(
                sample.read(&format!("{network}/nets")),
                expected,
                "{}",
                engine.name
            );
        }
    }
}

#[test]
fn a_last_stage_without_a_name_is_built_as_docker_builds_it() {
    for engine in engines::newest() {
        let sample = Sample::with_stages(
            "FROM busybox:latest\nRUN echo {salt} > /zero\n\
             FROM busybox:latest\nCOPY --from=0 /zero /\n",
        );
        sample.add_to_profile("[targets.sample]\n");
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args(["--target", "sample", "-o", "out"]));
        end.assert_code(0, &engine.name);
        assert_eq!(sample.read("out/zero").trim(), sample.salt);
    }
}

#[test]
fn a_stage_is_built_again_and_the_others_are_not() {
    for engine in engines::newest() {
        let sample = Sample::with_stages(
            "FROM busybox:latest AS zero\nRUN echo zero {salt} > /zero\n\
             FROM busybox:latest AS first\nCOPY --from=zero /zero /\nRUN echo first {salt}\n",
        );
        run(sample.dynbuild(&engine).arg("--no-load")).assert_code(0, "a build");
        let mut again = sample.dynbuild(&engine);
        let end = run(again.args(["--no-load", "--no-cache-filter", "first"]));
        end.assert_code(0, "a build of one stage");
        assert!(end.stderr.contains(", 1 cached"), "{}", end.stderr);
        let mut wrong = sample.dynbuild(&engine);
        let end = run(wrong.args(["--no-load", "--no-cache-filter", "frist"]));
        end.assert_code(2, "no such stage");
        assert!(
            end.stderr.contains("Did you mean `first`?"),
            "{}",
            end.stderr
        );
    }
}

#[test]
fn the_frontend_is_asked_instead_of_building() {
    for engine in engines::newest() {
        let sample = Sample::with_stages(
            "FROM busybox:latest as first\nARG GREETING=hello\nRUN exit 3; echo {salt}\n",
        );
        let end = run(sample.dynbuild(&engine).arg("--check"));
        end.assert_code(2, "a doubtful line");
        assert!(end.stderr.contains("FromAsCasing"), "{}", end.stderr);
        let outline = run(sample.dynbuild(&engine).args(["--call", "outline"]));
        outline.assert_code(0, "an outline");
        assert!(outline.text().contains("GREETING"), "{}", outline.text());
        let targets = run(sample.dynbuild(&engine).arg("--call=targets,format=json"));
        targets.assert_code(0, "targets");
        let targets: serde_json::Value = serde_json::from_str(&targets.text()).expect("JSON");
        assert_eq!(targets["targets"][0]["name"], "first");
    }
}

#[test]
fn the_id_of_the_image_is_written_for_scripts() {
    for engine in engines::all() {
        let sample = Sample::new("RUN echo {salt}\n");
        let image = engine.image("iid");
        let mut build = sample.dynbuild(&engine);
        run(build.args(["-t", image.name(), "--iidfile", "id"])).assert_code(0, &engine.name);
        let id = sample.read("id");
        let mut inspect = engine.docker();
        inspect.args(["image", "inspect", "-f", "{{.Id}}", image.name()]);
        let known = engine.run(&mut inspect);
        let metadata_id = known.trim();
        // With the containerd store, docker calls the manifest the id; buildx writes the configuration's.
        assert!(
            id == metadata_id || id.starts_with("sha256:"),
            "{id} {known}"
        );
        let mut two = sample.dynbuild(&engine);
        two.args(["--target", "first", "--target", "second", "--iidfile", "id"]);
        run(&mut two).assert_code(2, "two images");
    }
}

#[test]
fn annotations_are_in_the_manifest() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN echo {salt}\n");
        let mut build = sample.dynbuild(&engine);
        build.args([
            "--annotation",
            "sample.note=a note",
            "-o",
            "type=oci,dest=x.tar",
        ]);
        let end = run(&mut build);
        if engine.store == engines::Store::Containerd {
            end.assert_code(0, &engine.name);
            let archive = fs_err::read(sample.path("x.tar")).expect("an archive");
            assert!(super::sample::contains(
                &archive,
                r#""sample.note": "a note""#
            ));
        } else {
            end.assert_code(3, &engine.name);
        }
    }
}

#[test]
fn the_lint_shows_buildkits_checks_next_to_its_own() {
    for engine in engines::newest() {
        let sample =
            Sample::with_stages("FROM busybox:latest as first\nARG NOT_USED=1\nCMD [\"true\"]\n");
        sample.write(
            "profiles/sample.toml",
            &sample
                .read("profiles/sample.toml")
                .replace("[targets.second]", "[targets.second]\nstage = \"first\""),
        );
        let mut lint = sample.program(&engine.host);
        lint.args(["lint", "sample", "--engine", "--profile-dir"]);
        let end = run(lint.arg(sample.path("")));
        end.assert_code(2, &engine.name);
        for rule in ["arg-unused", "FromAsCasing"] {
            let found = end.stderr.matches(rule).count();
            assert!(found > 0, "{rule}: {}", end.stderr);
        }
    }
}
