//! Deployments whose engine goes away and comes back.

use std::process::{Child, Command};

use rustix::process::Signal;
use tempfile::NamedTempFile;

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

/// A `dynrun up` in the foreground, and what it has written.
struct Foreground {
    up: Child,
    written: NamedTempFile,
}

impl Foreground {
    fn start(served: &Deployment) -> Self {
        let written = NamedTempFile::new().expect("a file");
        let output = written.reopen().expect("a file");
        let mut up = served.command("up FILE");
        up.stderr(output.try_clone().expect("a file"));
        let up = up.stdout(output).spawn();
        Self {
            up: up.expect("dynrun starts"),
            written,
        }
    }

    /// Returns the number of lines with a text.
    fn lines(&self, text: &str) -> usize {
        let written = fs_err::read_to_string(self.written.path()).expect("read");
        written.lines().filter(|line| line.contains(text)).count()
    }

    fn interrupt(mut self) {
        let pid = self.up.id().to_string();
        let interrupt = Command::new("kill").args(["-INT", &pid]).status();
        assert!(interrupt.expect("kill").success());
        assert!(self.up.wait().expect("ended").success());
    }
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
    let up = Foreground::start(&served);
    until("an answer", || served.ask(8300, 4).contains("[DONE]"));
    for (_, happens) in outages(&own) {
        let before = processes(&served);
        happens();
        comes_back(&served, &before);
    }
    assert!(up.lines("The engine is back after") > 0);
    up.interrupt();
    assert_eq!(served.left(), "");
}

/// With `live-restore`, containers live on without the daemon.
#[test]
fn members_that_live_on_without_their_engine_are_left_alone() {
    let Some(model) = engine() else { return };
    let own = OwnEngine::with_live_restore(&model, &[IMAGE]);
    let served = Deployment::new(&own.engine, "live", 8300, FILE);
    let up = Foreground::start(&served);
    until("ready", || up.lines("ready after") == 1);
    let before = processes(&served);
    let restarts = [
        &["restart", "--away", "5"][..],
        &["restart", "--kill", "--away", "5"],
    ];
    for (done, restart) in restarts.into_iter().enumerate() {
        own.script(restart);
        until("the engine", || {
            up.lines("The engine is back after") == done + 1
        });
        // Logs go on as well.
        let logged = up.lines("frontend-0 | ");
        until("an answer", || served.ask(8300, 4).contains("[DONE]"));
        until("a line of the frontend", || {
            up.lines("frontend-0 | ") > logged
        });
        assert_eq!(processes(&served), before, "{restart:?}");
    }
    served.docker("kill", "agg-0");
    until("another worker", || {
        ![&before[1], ""].contains(&&*served.process("agg-0"))
    });
    up.interrupt();
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
