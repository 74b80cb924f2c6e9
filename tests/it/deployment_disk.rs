//! Deployments on full disks: that of dynrun's own files, and that of the engine.

use std::process::Stdio;

use crate::support::dynamo::{Deployment, IMAGE, Ran, engine, until};
use crate::support::own_engine::OwnEngine;
use crate::support::small_disk::SmallDisk;

const FILE: &str =
    "[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n[workers.agg]\nreplicas = 2\n";

fn kill(served: &Deployment, member: &str) {
    assert!(served.docker("kill", member).status.success());
}

/// Waits until a member runs in another process than before.
#[track_caller]
fn runs_again(served: &Deployment, member: &str, before: &str) {
    until("another process", || {
        ![before, ""].contains(&&*served.process(member))
    });
}

#[test]
fn a_full_disk_under_what_is_remembered_hinders_nothing_that_runs() {
    let Some(engine) = engine() else { return };
    let served = Deployment::new(&engine, "full", 8310, FILE);
    let mut disk = SmallDisk::at(&served.state(), "256k");
    disk.fill();
    served
        .dynrun("up -d FILE")
        .ended(125)
        .said("No space left on device");
    assert_eq!(served.left(), "");
    disk.free();
    served.dynrun("up -d FILE").ended(0);

    disk.fill();
    let before = served.process("agg-0");
    kill(&served, "agg-0");
    runs_again(&served, "agg-0", &before);
    served
        .dynrun("scale NAME agg=3")
        .ended(125)
        .said("No space left on device");
    assert!(served.container("agg-2").is_empty());
    served.dynrun("down NAME").ended(0);
    assert_eq!(served.left(), "");

    disk.free();
    served.dynrun("up -d FILE").ended(0);
    let supervisor = served.supervisor().to_string();
    disk.fill();
    let killed = std::process::Command::new("kill")
        .args(["-9", &supervisor])
        .status();
    assert!(killed.expect("kill").success());
    served.dynrun("down NAME").ended(0);
    assert_eq!(served.left(), "");
}

#[test]
fn a_full_disk_of_the_engine_is_reported_and_leaves_nothing() {
    let Some(model) = engine() else { return };
    let (own, mut disk) = OwnEngine::with_disk(&model, &[IMAGE], "1600m");
    let served = Deployment::new(&own.engine, "nospace", 8320, FILE);
    disk.fill();
    served
        .dynrun("up -d FILE")
        .ended(125)
        .said("no space left on device");
    assert_eq!(served.left(), "");

    disk.free();
    served.dynrun("up -d FILE").ended(0);
    let serving = || ["frontend-0", "agg-1"].map(|member| served.process(member));
    let before = serving();
    disk.keep_full();
    kill(&served, "agg-0");
    until("the end of the attempts", || {
        served.log().contains("`agg-0` failed 5 times")
    });
    // The other one still serves, also while more of them cannot start.
    assert_eq!(served.process("agg-0"), "");
    let mut scale = served.command("scale NAME agg=3");
    let scale = scale.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    until("an attempt", || {
        served.log().contains("`agg-2` is started again")
    });
    assert_eq!(serving(), before);
    // When there is space again, all do.
    disk.free();
    let scaled = scale.expect("dynrun starts").wait_with_output();
    Ran::from(scaled.expect("dynrun ends"))
        .ended(0)
        .said("no space left on device");
    assert_eq!(serving(), before);
    until("an answer", || served.ask(8320, 4).contains("[DONE]"));
    for member in ["agg-0", "agg-1", "agg-2"] {
        assert!(!served.process(member).is_empty(), "{member}");
    }
    disk.fill();
    served.dynrun("down NAME").ended(0);
    assert_eq!(served.left(), "");
}
