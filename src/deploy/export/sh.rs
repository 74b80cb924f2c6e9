//! A script with the `docker run` lines, one per machine.

use super::container::{self, Container, HOME};
use super::exported::Exported;
use super::machine::Machine;
use crate::deploy::{Discovery, Network};
use crate::launch::flag::Flag;
use crate::launch::implied::SecretFile;
use crate::redact::is_secret;

const NOTE: &str = "a script starts members and goes; `dynrun wait` waits for the model, and nobody \
     restarts members in order";

pub(super) fn export(machine: &Machine<'_>) -> Exported {
    let mut notes = vec![NOTE.to_owned()];
    let mut lines = vec!["#!/bin/sh".to_owned(), "set -eu".to_owned()];
    if let Network::Private(name) = &machine.deployment.network {
        lines.push(format!(
            "docker network inspect {name} >/dev/null 2>&1 || docker network create {name}"
        ));
    }
    if let Discovery::File { volume } = &machine.deployment.discovery {
        let options = Discovery::VOLUME_OPTIONS
            .iter()
            .map(|(key, value)| format!("--opt {key}={value}"));
        let options = options.collect::<Vec<_>>().join(" ");
        lines.push(format!("docker volume create {options} {volume}"));
    }
    for container in &machine.containers {
        lines.push(run(container, machine.restart(), &mut notes));
    }
    let name = match machine.name {
        Some(node) => format!("start.{node}.sh"),
        None => "start.sh".to_owned(),
    };
    Exported {
        files: vec![(name, lines.join("\n") + "\n")],
        notes,
    }
}

fn run(container: &Container<'_>, restart: &str, notes: &mut Vec<String>) -> String {
    let mut words: Vec<String> = ["docker", "run", "-d", "--restart", restart]
        .map(str::to_owned)
        .to_vec();
    let passed: Vec<_> = container.secrets.iter().map(container::source).collect();
    let paths: Vec<_> = container.secrets.iter().map(SecretFile::variable).collect();
    for flag in &container.flags {
        let name = flag.text().split('=').next().unwrap_or_default();
        let is_path = flag.name == "env" && paths.iter().any(|path| path == name);
        if !is_path {
            words.extend(shown(flag, notes));
        }
    }
    for (kind, source) in passed {
        if kind == "environment" {
            words.extend(["-e".to_owned(), source.clone()]);
            notes.push(format!(
                "`{source}` is passed as a variable, which `docker inspect` shows"
            ));
        } else {
            words.extend(["--env-file".to_owned(), source.clone()]);
            notes.push(format!("`{source}` is read as a file of variables"));
        }
    }
    for (name, source) in &container.optional {
        // Without a value, docker passes a variable on if it is set.
        if name == source {
            words.extend(["-e".to_owned(), name.clone()]);
        } else {
            notes.push(format!(
                "the secret `{name}` is left out: set `{name}` and add `-e {name}`"
            ));
        }
    }
    words.push(container.image.clone());
    words.extend(container.command.iter().cloned());
    shell_words::join(words).replace(HOME, "\"$HOME\"")
}

/// A variable that looks like a secret is taken from the environment of the script.
fn shown(flag: &Flag, notes: &mut Vec<String>) -> Vec<String> {
    if let (true, Some((name, value))) = (flag.name == "env", flag.text().split_once('='))
        && is_secret(name, value)
    {
        notes.push(format!(
            "the value of `{name}` is left out: set it in the environment"
        ));
        return vec!["-e".to_owned(), name.to_owned()];
    }
    flag.words()
}
