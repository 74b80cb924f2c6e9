//! Builds that are stopped: by signals, by the client's death, by the engine's.

use rustix::process::{Pid, Signal, kill_process};

use std::path::Path;
use std::process::{Command, Stdio};

use super::sample::{Running, SHELL, SMALL, Sample};
use crate::support::engines::{self, Engine, unique};
use crate::support::processes::{eventually, runs};

/// A build that sleeps in a process of that name.
fn sleeping(engine: &Engine, marker: &str) -> (Sample, Running) {
    let sample = Sample::with_stages(&format!(
        "FROM {SHELL} AS first\nRUN echo asleep; exec bash -c 'exec -a {marker} sleep 600'\n"
    ));
    let mut running = Running::start(sample.dynbuild(engine).arg("--no-load"));
    running.until_said(" asleep\n");
    eventually("the sleeping step", || runs(marker));
    (sample, running)
}

#[test]
fn a_signal_cancels_the_build_and_its_steps() {
    for engine in engines::all() {
        for signal in [Signal::INT, Signal::TERM] {
            let marker = unique("sleeper");
            let (_sample, running) = sleeping(&engine, &marker);
            running.signal(signal);
            let end = running.end();
            end.assert_code(130, &engine.name);
            assert!(end.stderr.contains("cancelled"), "{}", end.stderr);
            eventually("the step's end", || !runs(&marker));
        }
    }
}

#[test]
fn a_second_signal_ends_at_once_and_leaves_nothing() {
    for engine in engines::all() {
        let marker = unique("sleeper");
        let (_sample, running) = sleeping(&engine, &marker);
        running.signal(Signal::INT);
        running.signal(Signal::TERM);
        running.end().assert_code(130, &engine.name);
        eventually("the step's end", || !runs(&marker));
    }
}

#[test]
fn a_client_that_is_killed_leaves_nothing_running() {
    for engine in engines::all() {
        let marker = unique("sleeper");
        let (_sample, running) = sleeping(&engine, &marker);
        running.signal(Signal::KILL);
        assert_eq!(running.end().code, None);
        eventually("the step's end", || !runs(&marker));
    }
}

/// An engine that a test may kill.
struct Victim {
    engine: Engine,
}

impl Victim {
    /// Brings one up with the small base image of `model`.
    fn up(model: &Engine) -> Self {
        let name = unique("victim");
        let run_dir = Path::new("/run").join(format!("dynbuild-{name}"));
        let mut engine = model.clone();
        engine.host = format!("unix://{}/docker.sock", run_dir.display());
        engine.name = name;
        engine.run_dir = run_dir;
        let victim = Self { engine };
        victim.script("up");
        let mut save = model.docker();
        save.args(["save", SMALL]).stdout(Stdio::piped());
        let mut save = save.spawn().expect("docker runs");
        let image = save.stdout.take().expect("a pipe");
        let mut load = victim.engine.docker();
        victim.engine.run(load.arg("load").stdin(image));
        assert!(save.wait().expect("docker runs").success());
        victim
    }

    fn script(&self, verb: &str) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/ci/engine");
        let mut command = Command::new(script);
        command.args([verb, "--name", &self.engine.name]);
        if verb == "down" {
            command.arg("--purge");
        }
        let output = command.output().expect("ci/engine runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "ci/engine {verb}: {told}");
    }

    /// Sends a signal to all processes of the engine at once, through its first one.
    fn signal(&self, signal: Signal) {
        let pid = fs_err::read_to_string(self.engine.run_dir.join("pid")).expect("a pid");
        let pid = Pid::from_raw(pid.trim().parse().expect("a number"));
        kill_process(pid.expect("a pid"), signal).expect("a signal");
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.script("down");
    }
}

#[test]
fn an_engine_that_is_killed_is_told_as_such() {
    for engine in engines::newest() {
        let victim = Victim::up(&engine);
        let sample = Sample::new("RUN echo asleep; sleep 600\n");
        let mut running = Running::start(sample.dynbuild(&victim.engine).arg("--no-load"));
        running.until_said(" asleep\n");
        victim.signal(Signal::KILL);
        let end = running.end();
        end.assert_code(3, &engine.name);
        assert!(
            end.stderr.contains("connection to the engine was lost"),
            "{}",
            end.stderr
        );
        assert!(
            !end.stderr.contains("hyper::"),
            "a dump of fields: {}",
            end.stderr
        );
    }
}
