//! Deployments whose engine goes away and comes back.

use std::fs::File;
use std::process::Command;

use rustix::process::Signal;

use crate::support::dynamo::{Deployment, IMAGE, engine, until};
use crate::support::own_engine::OwnEngine;

const FILE: &str =
    "[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n[workers.agg]\nreplicas = 2\n";

const MEMBERS: [&str; 3] = ["frontend-0", "agg-0", "agg-1"];

fn own_engine() -> Option<OwnEngine> {
    Some(OwnEngine::up(&engine()?, &[IMAGE]))
}

/// Waits until every member runs in another process than before, and answers come.
#[track_caller]
fn comes_back(served: &Deployment, before: &[String; 3]) {
    until("other processes", || {
        let now = MEMBERS.map(|member| served.process(member));
        now.iter()
            .zip(before)
            .all(|(now, before)| !now.is_empty() && now != before)
    });
    until("an answer", || served.ask(8300, 4).contains("[DONE]"));
}

fn processes(served: &Deployment) -> [String; 3] {
    MEMBERS.map(|member| served.process(member))
}

/// A name, and what happens.
type Outage<'a> = (&'static str, Box<dyn Fn() + 'a>);

/// What happens to the engine. Its containers end in each case.
fn outages(own: &OwnEngine) -> [Outage<'_>; 3] {
    [
        (
            "a restart",
            Box::new(|| own.script(&["restart", "--away", "20"])),
        ),
        (
            "a crash",
            Box::new(|| own.script(&["restart", "--kill", "--away", "20"])),
        ),
        (
            "a crash with all containers",
            Box::new(|| {
                own.signal(Signal::KILL);
                own.script(&["up"]);
            }),
        ),
    ]
}

#[test]
fn members_come_back_with_their_engine() {
    let Some(own) = own_engine() else { return };
    let served = Deployment::new(&own.engine, "back", 8300, FILE);
    served.dynrun("up -d FILE").ended(0);
    let supervisor = served.supervisor();
    for (what, happens) in outages(&own) {
        let before = processes(&served);
        happens();
        comes_back(&served, &before);
        let containers = served.dynrun("ps -q NAME").text;
        assert_eq!(containers.lines().count(), 3, "{what}: {containers}");
        assert_eq!(served.supervisor(), supervisor, "{what}");
    }
    assert!(
        !served.log().contains("not started again"),
        "{}",
        served.log()
    );
    served.dynrun("down NAME").ended(0);
    assert_eq!(served.left(), "");
}

#[test]
fn members_in_the_foreground_come_back_with_their_engine() {
    let Some(own) = own_engine() else { return };
    let served = Deployment::new(&own.engine, "fore", 8300, FILE);
    let directory = tempfile::tempdir().expect("a directory");
    let written = directory.path().join("written");
    let output = File::create(&written).expect("a file");
    let mut up = served.command("up FILE");
    up.stderr(output.try_clone().expect("a file"));
    let mut up = up.stdout(output).spawn().expect("dynrun starts");
    until("an answer", || served.ask(8300, 4).contains("[DONE]"));
    for (_, happens) in outages(&own) {
        let before = processes(&served);
        happens();
        comes_back(&served, &before);
    }
    let written = fs_err::read_to_string(&written).expect("read");
    assert!(written.contains("The engine is back after"), "{written}");
    let interrupt = Command::new("kill")
        .args(["-INT", &up.id().to_string()])
        .status();
    assert!(interrupt.expect("kill").success());
    assert!(up.wait().expect("ended").success());
    assert_eq!(served.left(), "");
}

/// The engine's machine went down, and dynrun with it.
#[test]
fn what_ended_with_engine_and_dynrun_is_started_again_or_removed() {
    let Some(own) = own_engine() else { return };
    let served = Deployment::new(&own.engine, "both", 8300, FILE);
    let verbs = [&["up -d NAME", "down NAME"][..], &["down NAME"], &["gc"]];
    for ((what, happens), verbs) in outages(&own).into_iter().zip(verbs) {
        served.dynrun("up -d FILE").ended(0);
        let supervisor = served.supervisor().to_string();
        let kill = Command::new("kill").args(["-9", &supervisor]).status();
        assert!(kill.expect("kill").success());
        happens();
        for verb in verbs {
            served.dynrun(verb).ended(0);
        }
        assert_eq!(served.left(), "", "{verbs:?} after {what}");
    }
}
