//! Builds that cannot succeed: what is told, where, and with which exit code.

use std::process::Command;

use super::sample::{FRAGMENT, Sample, run, shown};
use crate::support::engines::{self, Store, Version};

#[test]
fn a_failing_step_is_told_with_its_output_and_its_line() {
    for engine in engines::all() {
        let sample =
            Sample::new("RUN true\n\nRUN echo {salt} && \\\n    echo the last word && exit 9\n");
        let end = run(sample.dynbuild(&engine).arg("--no-load"));
        end.assert_code(1, &engine.name);
        let (_, report) = end.stderr.split_once('✖').expect("a report");
        let last = report
            .find("│ the last word")
            .expect("the output above the error");
        let error = report.find("error: ").expect("an error");
        assert!(last < error, "{report}");
        assert!(report.contains("exit code 9"), "{report}");
        // The old engine does not say where a step came from.
        if engine.version == Version::Newest {
            let place = format!("{}:4-5", shown(&sample.path(FRAGMENT)));
            assert!(report.contains(&place), "{place} in {report}");
        }
    }
}

/// An error carries the whole Dockerfile, in a header.
#[test]
fn a_failing_step_of_a_large_dockerfile_is_told_at_its_line() {
    for engine in engines::all() {
        let remark = format!("# {}\n", "remark ".repeat(20)).repeat(1500);
        let sample = Sample::with_stages(&format!(
            "{remark}FROM busybox AS first\nRUN : {{salt}}; exit 9\n"
        ));
        let end = run(sample.dynbuild(&engine).arg("--no-load"));
        end.assert_code(1, &engine.name);
        assert!(end.stderr.contains("exit code 9"), "{}", end.stderr);
        if engine.version == Version::Newest {
            let place = format!("{}:1502:1", shown(&sample.path(FRAGMENT)));
            assert!(end.stderr.contains(&place), "{place} in {}", end.stderr);
        }
    }
}

#[test]
fn a_warning_points_at_the_line_of_the_fragment() {
    for engine in engines::newest() {
        let sample = Sample::with_stages(
            "# {salt}\nFROM busybox AS first\nFROM busybox as second\nRUN true\n",
        );
        let mut build = sample.dynbuild(&engine);
        let end = run(build.args(["--no-load", "--target", "second"]));
        end.assert_code(0, &engine.name);
        let place = format!("({}:3)", shown(&sample.path(FRAGMENT)));
        assert!(end.stderr.contains("FromAsCasing"), "{}", end.stderr);
        assert!(end.stderr.contains(&place), "{place} in {}", end.stderr);
    }
}

#[test]
fn a_missing_base_image_is_told_with_what_to_do() {
    for engine in engines::all() {
        let sample = Sample::with_stages("FROM registry.invalid/none:1 AS first\nRUN true\n");
        let end = run(sample.dynbuild(&engine).arg("--no-load"));
        end.assert_code(4, &engine.name);
        assert!(
            end.stderr.contains("registry.invalid/none:1"),
            "{}",
            end.stderr
        );
        assert!(end.stderr.contains("hint: "), "{}", end.stderr);
    }
}

#[test]
fn a_file_that_the_context_lacks_is_named() {
    for engine in engines::all() {
        let sample = Sample::new("COPY nowhere.txt /\n");
        let end = run(sample.dynbuild(&engine).arg("--no-load"));
        end.assert_code(1, &engine.name);
        assert!(end.stderr.contains("nowhere.txt"), "{}", end.stderr);
    }
}

#[test]
fn no_engine_at_all_is_told_at_once() {
    for engine in engines::all().into_iter().take(1) {
        let sample = Sample::new("RUN true\n");
        for host in ["tcp://127.0.0.1:1", "unix:///nowhere/docker.sock"] {
            let end = run(sample.dynbuild(&engine).env("DOCKER_HOST", host));
            end.assert_code(3, host);
            assert!(
                end.stderr.contains(host) && end.stderr.contains("hint: "),
                "{}",
                end.stderr
            );
        }
    }
}

#[test]
fn a_socket_without_permission_is_told_with_what_to_do() {
    for engine in engines::all().into_iter().take(1) {
        let sample = Sample::new("RUN true\n");
        let socket = engine.host.strip_prefix("unix://").expect("a unix socket");
        let end = run(&mut as_nobody(&sample.dynbuild(&engine)));
        end.assert_code(3, &engine.name);
        let refused = "No permission to use the engine's socket";
        assert!(end.stderr.contains(refused), "{}", end.stderr);
        assert!(end.stderr.contains(socket), "{}", end.stderr);
        assert!(end.stderr.contains("hint: "), "{}", end.stderr);
    }
}

/// The same command as a user who owns nothing, and who may read everything: the clone and the temporary
/// directory may lie where others cannot look, and what is tried here is writing to a socket.
fn as_nobody(command: &Command) -> Command {
    let mut nobody = Command::new("setpriv");
    nobody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    nobody.args([
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
    ]);
    nobody
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            nobody.env(name, value);
        }
    }
    nobody
        .env("HOME", "/nonexistent")
        .env("PATH", "/usr/bin:/bin");
    nobody
}

#[test]
fn what_an_engine_cannot_do_is_told_before_the_build() {
    for engine in engines::all() {
        if engine.store != Store::Overlay2 {
            continue;
        }
        let sample = Sample::new("RUN echo never {salt}\n");
        for flags in [
            ["--output", "type=oci,dest=image.tar"],
            ["--cache-to", "type=registry,ref=registry.invalid/cache"],
            ["--cache-to", "type=local,dest=cache"],
        ] {
            let end = run(sample.dynbuild(&engine).arg("--no-load").args(flags));
            end.assert_code(3, flags[1]);
            assert!(end.stderr.contains("The engine cannot"), "{}", end.stderr);
            assert!(end.stderr.contains("hint: "), "{}", end.stderr);
            assert!(!end.stderr.contains("RUN echo never"), "{}", end.stderr);
        }
    }
}

#[test]
fn metadata_that_cannot_be_written_is_an_error() {
    for engine in engines::all().into_iter().take(1) {
        let sample = Sample::new("RUN true\n");
        for place in [
            "/dev/full",
            "/proc/meta.json",
            "no/such/directory/meta.json",
        ] {
            let mut build = sample.dynbuild(&engine);
            let end = run(build.args(["--no-load", "--metadata-file", place]));
            end.assert_code(2, place);
            let place = place.strip_suffix("/meta.json").unwrap_or(place);
            assert!(end.stderr.contains(place), "{}", end.stderr);
        }
    }
}

#[test]
fn a_context_that_is_not_there_is_a_usage_error() {
    for engine in engines::all().into_iter().take(1) {
        let sample = Sample::new("COPY . /c\n");
        fs_err::remove_dir_all(sample.path("context")).unwrap();
        let end = run(sample.dynbuild(&engine).arg("--no-load"));
        end.assert_code(2, "no context");
        assert!(end.stderr.contains("context"), "{}", end.stderr);
    }
}

#[test]
fn the_whole_output_of_a_failed_step_is_written_without_its_secrets() {
    let step = "RUN --mount=type=secret,id=hf-token,env=TOKEN echo {salt}; \
        i=0; while [ $i -lt 60000 ]; do echo \"line $i of a flood\"; i=$((i+1)); done; \
        echo \"token $TOKEN\" >&2; exit 7\n";
    for engine in engines::newest() {
        let sample = Sample::new(&format!("USER 1234:0\n{step}"));
        sample.write("token", "hf_a_canary_of_the_flood");
        let mut build = sample.dynbuild(&engine);
        let secret = format!("id=hf-token,src={}", sample.path("token").display());
        let end = run(build.args(["--secret", &secret, "--complete-logs", "--log-dir", "logs"]));
        end.assert_code(1, &engine.name);
        assert!(end.stderr.contains("exit code 7"), "{}", end.stderr);
        assert!(
            end.stderr.contains("/logs/sample-first.log"),
            "{}",
            end.stderr
        );
        assert!(end.stderr.contains("sample.Dockerfile:3"), "{}", end.stderr);
        let log = sample.read("logs/sample-first.log");
        let lines: Vec<_> = log
            .lines()
            .filter(|line| line.starts_with("line "))
            .collect();
        assert_eq!(lines.len(), 60_000, "{}", engine.name);
        assert_eq!(lines[59_999], "line 59999 of a flood");
        assert!(log.ends_with("token ****\n") && !log.contains("canary"));
    }
}

#[test]
fn a_build_that_keeps_its_output_makes_the_same_image() {
    let steps = "WORKDIR /w\nCOPY a.txt .\nRUN echo {salt} > made; sleep 60 & true\n\
        RUN [\"/bin/cat\", \"made\"]\nUSER 1234:0\nRUN id -u > /tmp/user; cat made /tmp/user\n";
    for engine in engines::all() {
        let sample = Sample::new(steps);
        sample.add_to_profile("[logs]\ncomplete = true\n");
        let tree = |flag: &str| {
            let file = format!("type=tar,dest=made{flag}.tar");
            let end = run(sample.dynbuild(&engine).args(["-o", &file, flag]));
            end.assert_code(0, &engine.name);
            let list = Command::new("tar")
                .args(["--list", "--verbose", "--file"])
                .arg(sample.path(&format!("made{flag}.tar")))
                .output();
            // The time of day is that of the step.
            let listed = String::from_utf8(list.expect("tar").stdout).expect("text");
            let lines = listed.lines().map(|line| {
                let words: Vec<_> = line.split_whitespace().collect();
                [&words[..3], &words[5..]].concat().join(" ")
            });
            lines.collect::<Vec<_>>()
        };
        assert_eq!(tree("--complete-logs"), tree("--complete-logs=false"));
    }
}
