//! Builds that are stopped: by signals, by the client's death, by the engine's.

use rustix::process::Signal;

use super::sample::{Running, SHELL, SMALL, Sample};
use crate::support::engines::{self, Engine, unique};
use crate::support::own_engine::OwnEngine;
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

#[test]
fn an_engine_that_is_killed_is_told_as_such() {
    for engine in engines::newest() {
        let victim = OwnEngine::up(&engine, &[SMALL]);
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
