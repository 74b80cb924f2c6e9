//! Exports of deployments, run by the programs that they are for.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::dynamo::{Deployment, engine, until};

/// The engine may not set the limits of the profile, and only dynrun lowers them.
const FILE: &str = "[run]\nulimits = []\n[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n[workers.agg]\nreplicas = 2\n";

#[track_caller]
fn succeeded(output: &Output) {
    let text = [output.stdout.clone(), output.stderr.clone()].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&text)
    );
}

#[test]
fn docker_compose_runs_the_compose_file() {
    let Some(engine) = engine() else { return };
    for (number, services) in ["", "discovery = \"etcd\"\nevent-plane = \"nats\"\n"]
        .iter()
        .enumerate()
    {
        let port = 8250 + u16::try_from(number).expect("small");
        let name = format!("compose{number}");
        let file = format!("{services}{FILE}");
        let exported = Deployment::new(&engine, &name, port, &file);
        let directory = tempfile::tempdir().expect("a directory");
        let out = directory.path().display().to_string();
        exported
            .dynrun(&format!("export FILE --format compose -o {out}"))
            .ended(0);
        let compose = |words: &[&str]| {
            let mut docker = engine.docker();
            docker.args(["compose", "-f", &format!("{out}/compose.yaml")]);
            succeeded(&docker.args(words).output().expect("docker"));
        };
        compose(&["config", "-q"]);
        compose(&["up", "-d", "--wait"]);
        until("an answer", || exported.ask(port, 4).contains("[DONE]"));
        compose(&["down", "-v"]);
        assert_eq!(exported.left(), "");
    }
}

#[test]
fn the_script_starts_all_members() {
    let Some(engine) = engine() else { return };
    let exported = Deployment::new(&engine, "script", 8260, FILE);
    let directory = tempfile::tempdir().expect("a directory");
    let out = directory.path().display().to_string();
    exported
        .dynrun(&format!("export FILE --format sh -o {out}"))
        .ended(0);
    // The script calls `docker`, which is this engine's client.
    let client = engine.docker();
    let client = Path::new(client.get_program());
    symlink(client, directory.path().join("docker")).expect("a link");
    let mut script = Command::new("sh");
    script
        .arg(directory.path().join("start.sh"))
        .env("PATH", format!("{out}:/usr/bin:/bin"))
        .env("DOCKER_HOST", &engine.host);
    succeeded(&script.output().expect("sh"));
    until("an answer", || exported.ask(8260, 4).contains("[DONE]"));
    assert_eq!(exported.worker_types(8260).expect("types").len(), 1);
    let name = &exported.name;
    let members = ["frontend-0", "agg-0", "agg-1"].map(|member| format!("{name}-{member}"));
    let docker = |words: &[&str]| {
        succeeded(&engine.docker().args(words).output().expect("docker"));
    };
    let [frontend, first, second] = &members;
    docker(&["rm", "-f", frontend, first, second]);
    docker(&["network", "rm", name]);
    docker(&["volume", "rm", &format!("{name}-kv")]);
    assert_eq!(exported.left(), "");
}
