//! Exports of deployments, run by the programs that they are for.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::dynamo::{Deployment, engine, until};
use crate::support::engines::newest;

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

/// Lets podman's generator read a directory of units.
fn generated(mut quadlet: Command, units: &Path) -> (Output, String) {
    let output = quadlet.arg("-dryrun").env("QUADLET_UNIT_DIRS", units);
    let output = output.output().expect("the generator");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

#[test]
fn podmans_generator_takes_the_units_of_every_deployment_that_is_shipped() {
    let Some(engine) = newest().into_iter().next() else {
        return;
    };
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deployments");
    for entry in fs_err::read_dir(shipped).expect("deployments") {
        let file = entry.expect("read").path();
        if file.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let directory = tempfile::tempdir().expect("a directory");
        let export = Command::new(env!("CARGO_BIN_EXE_dynrun"))
            .arg("export")
            .arg(&file)
            .args(["--format", "quadlet", "-o"])
            .arg(directory.path())
            .env_clear()
            .env("HOME", directory.path())
            .output();
        succeeded(&export.expect("dynrun"));
        // One directory per machine, if there are several.
        let entries = fs_err::read_dir(directory.path()).expect("units");
        let machines = entries.map(|entry| entry.expect("read").path());
        let machines = machines.filter(|path| path.is_dir()).collect::<Vec<_>>();
        let machines = if machines.is_empty() {
            vec![directory.path().to_owned()]
        } else {
            machines
        };
        for units in machines {
            let Some(quadlet) = engine.quadlet() else {
                return;
            };
            let (output, said) = generated(quadlet, &units);
            succeeded(&output);
            let known = [
                "Loading source unit file",
                "not a fully qualified image name",
            ];
            let strange = |line: &&str| !known.iter().any(|known| line.contains(known));
            let strange: Vec<_> = said.lines().filter(strange).collect();
            assert!(strange.is_empty(), "{}: {strange:?}", file.display());
            let text = String::from_utf8_lossy(&output.stdout);
            let services = text.lines().filter(|line| line.starts_with("---"));
            let written = fs_err::read_dir(&units).expect("units").count();
            assert_eq!(services.count(), written, "{}", file.display());
        }
    }
    // It does not take everything.
    let Some(quadlet) = engine.quadlet() else {
        return;
    };
    let wrong = tempfile::tempdir().expect("a directory");
    let unit = "[Container]\nImage=docker.io/library/busybox:latest\nExce=true\n";
    fs_err::write(wrong.path().join("x.container"), unit).expect("written");
    let (output, said) = generated(quadlet, wrong.path());
    assert!(!output.status.success() && said.contains("Exce"), "{said}");
}
