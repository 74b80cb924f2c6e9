//! Engines behind a server of OpenSSH: what costs a login there, and what its refusals mean.

use std::process::{Command, Output};

use test_case::test_case;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine, unique};
use crate::support::sshd::Sshd;

fn dynrun(sshd: &Sshd, engine: &Engine, path: &str, line: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynrun"));
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", "/nonexistent")
        .env("DOCKER_HOST", sshd.address(engine))
        .env("DYNBUILD_FRAMEWORK", "dynamo");
    command.args(line).output().expect("dynrun starts")
}

#[test]
fn many_targets_are_built_over_few_logins() {
    for engine in engines::newest() {
        let Some(sshd) = Sshd::start(&engine) else {
            return;
        };
        let targets = ["one", "two", "three", "four", "five", "six"];
        let stages = targets.map(|name| {
            format!(
                "FROM busybox:latest AS {name}\nCOPY a.txt /\nRUN echo {name} {{salt}} > /made\n"
            )
        });
        let sample = Sample::with_stages(&stages.concat());
        sample.add_to_profile(
            &targets
                .map(|name| format!("[targets.{name}]\nfragment = \"sample\"\n"))
                .concat(),
        );
        let name = unique("behind-ssh");
        let mut build = sample.dynbuild(&engine);
        build
            .env("DOCKER_HOST", sshd.address(&engine))
            .env("PATH", sshd.path());
        build.args(targets.iter().flat_map(|name| ["--target", name]));
        run(build.args(["--tag", &format!("{name}:{{target}}")])).assert_code(0, &engine.name);
        assert!(
            sshd.logins() < 2 * targets.len(),
            "{} logins",
            sshd.logins()
        );
        for target in targets {
            let image = format!("{name}:{target}");
            let shown = engine.run(
                engine
                    .docker()
                    .args(["run", "--rm", &image, "cat", "/made"]),
            );
            assert_eq!(shown, format!("{target} {}", sample.salt));
            engine.run(engine.docker().args(["image", "rm", "--force", &image]));
        }
    }
}

#[test]
fn a_container_is_launched_and_listed_over_few_logins() {
    let Some(engine) = engines::newest().into_iter().next() else {
        return;
    };
    let Some(sshd) = Sshd::start(&engine) else {
        return;
    };
    let listed = dynrun(&sshd, &engine, &sshd.path(), &["ps"]);
    assert!(listed.status.success(), "{listed:?}");
    // One, as `docker ps` has; on a busy machine the second request may come too early.
    assert!(sshd.logins() < 3, "{} logins", sshd.logins());
    let line = [
        "--image",
        "busybox:latest",
        "--",
        "sh",
        "-c",
        "echo here; exit 7",
    ];
    let ended = dynrun(&sshd, &engine, &sshd.path(), &line);
    assert_eq!(ended.status.code(), Some(7), "{ended:?}");
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "here\n");
    assert!(sshd.logins() < 9, "{} logins", sshd.logins());
}

#[test_case(Sshd::path_of_a_stranger, "Permission denied (publickey)", "`ssh-copy-id -p "; "a key that is not known there")]
#[test_case(Sshd::path_of_a_newcomer, "Host key verification failed", "Connect once by hand"; "a machine that is not known here")]
fn a_refusal_has_its_reason_and_a_fix(client: fn(&Sshd) -> String, reason: &str, fix: &str) {
    let Some(engine) = engines::newest().into_iter().next() else {
        return;
    };
    let Some(sshd) = Sshd::start(&engine) else {
        return;
    };
    let refused = dynrun(&sshd, &engine, &client(&sshd), &["ps"]);
    assert_eq!(refused.status.code(), Some(125));
    let text = String::from_utf8_lossy(&refused.stderr);
    assert!(text.contains(reason) && text.contains(fix), "{text}");
    let sample = Sample::new("");
    let mut build = sample.dynbuild(&engine);
    build
        .env("DOCKER_HOST", sshd.address(&engine))
        .env("PATH", client(&sshd));
    let end = run(&mut build);
    assert!(
        end.stderr.contains(reason) && end.stderr.contains(fix),
        "{}",
        end.stderr
    );
}
