//! Deployments whose parts come late, go away, or cannot start: real frontends, mockers and services.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread::{ScopedJoinHandle, scope, sleep, spawn};
use std::time::Duration;

use crate::support::dynamo::{Deployment, IMAGE, engine, until};
use crate::support::engines::{Engine, Owned};
use crate::support::processes::kill;

#[test]
fn prefill_and_decode_may_come_in_any_order() {
    let Some(engine) = engine() else { return };
    let file = "[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n\
                [workers.prefill]\nreplicas = 2\n[workers.decode]\n";
    let pd = Deployment::new(&engine, "order", 8110, file);
    let prefills: &[&str] = &["prefill-0", "prefill-1"];
    for (late, early) in [(&["decode-0"][..], "prefill"), (prefills, "decode")] {
        scope(|scope| {
            let up = scope.spawn(|| pd.dynrun("up -d FILE"));
            for member in late {
                until("a late worker's process", || {
                    pd.docker("pause", member).status.success()
                });
            }
            let there = |role: &str| {
                let types = pd.worker_types(8110);
                types.is_some_and(|types| types.contains(role))
            };
            until("the early workers", || there(early));
            let role = late[0].split('-').next().expect("a role");
            assert!(!there(role), "{role} did not come late");
            for member in late {
                assert!(pd.docker("unpause", member).status.success());
            }
            up.join()
                .expect("up")
                .ended(0)
                .said("answered: prefill-0, prefill-1, decode-0");
        });
        // Two ids: decode does not serve alone.
        let served = pd.serve(8110, "Hello").expect("an answer");
        assert_ne!(served.prefill, served.decode);
        pd.dynrun("down NAME").ended(0);
        assert_eq!(pd.left(), "");
    }
}

#[test]
fn a_kv_router_keeps_prefixes_together_and_outages_restart_nobody() {
    let Some(engine) = engine() else { return };
    let file = "discovery = \"etcd\"\nevent-plane = \"nats\"\n[frontend]\nport = PORT\nreplicas = 2\nrouter = \"kv\"\n\
                [all.args]\nspeedup-ratio = 0\nblock-size = 16\n[workers.agg]\nreplicas = 2\n";
    let kv = Deployment::new(&engine, "away", 8120, file);
    kv.dynrun("up -d FILE").ended(0);

    let prompt = |number: usize| format!("{number} ").repeat(200);
    let served = |number| kv.serve(8120, &prompt(number)).expect("an answer").decode;
    let first = served(1000);
    let same: BTreeSet<u64> = (0..4).map(|_| served(1000)).collect();
    assert_eq!(same, BTreeSet::from([first]));
    let others: BTreeSet<u64> = (0..6).map(|number| served(2000 + number)).collect();
    assert_eq!(others.len(), 2, "six prompts went to one worker");

    let members = ["frontend-0", "frontend-1", "agg-0", "agg-1", "etcd-0"];
    let ids = || members.map(|member| kv.process(member));
    let before = ids();
    for seconds in [2, 5, 12] {
        assert!(kv.docker("pause", "etcd-0").status.success());
        sleep(Duration::from_secs(seconds));
        assert!(kv.ask(8120, 4).contains("[DONE]"), "without etcd");
        assert!(kv.docker("unpause", "etcd-0").status.success());
        assert!(kv.ask(8120, 4).contains("[DONE]"), "with etcd again");
        assert_eq!(ids(), before, "after {seconds} s without etcd");
    }

    let nats = kv.process("nats-0");
    assert!(kv.docker("kill", "nats-0").status.success());
    assert!(kv.ask(8120, 4).contains("[DONE]"), "without NATS");
    until("NATS again", || {
        ![&nats, ""].contains(&&*kv.process("nats-0"))
    });
    assert!(kv.ask(8120, 4).contains("[DONE]"), "with NATS again");
    assert_eq!(ids(), before, "after an outage of NATS");

    let frontend = kv.process("frontend-0");
    assert!(kv.docker("kill", "frontend-0").status.success());
    until("another frontend", || {
        ![&frontend, ""].contains(&&*kv.process("frontend-0"))
    });
    until("its answer", || kv.ask(8120, 4).contains("[DONE]"));
    assert_eq!(ids()[1..], before[1..], "after the end of a frontend");
    kv.dynrun("down NAME").ended(0);
    assert_eq!(kv.left(), "");
}

#[test]
fn scaling_down_lets_streams_end() {
    let Some(engine) = engine() else { return };
    let file =
        "[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0.2\n[workers.agg]\nreplicas = 2\n";
    let slow = Deployment::new(&engine, "narrow", 8130, file);
    slow.dynrun("up -d FILE").ended(0);
    scope(|scope| {
        // Round-robin: one of them is on the worker that goes.
        let streams = [(); 2].map(|()| scope.spawn(|| slow.ask(8130, 400)));
        sleep(Duration::from_secs(3));
        let over = streams.iter().any(ScopedJoinHandle::is_finished);
        assert!(!over, "a stream ended before it could be cut");
        slow.dynrun("scale NAME agg=1").ended(0);
        for stream in streams {
            let text = stream.join().expect("a stream");
            assert!(text.contains("[DONE]") && !text.contains("error"), "{text}");
        }
    });
    until("one worker", || slow.container("agg-1").is_empty());
    assert!(slow.ask(8130, 4).contains("[DONE]"));
    slow.dynrun("down NAME").ended(0);
    assert_eq!(slow.left(), "");
}

#[test]
fn half_of_the_members_that_cannot_start_are_named() {
    let Some(engine) = engine() else { return };
    let file = "[frontend]\nport = PORT\n[ready]\ntimeout = \"20s\"\n[workers.good]\nrole = \"agg\"\n\
                [workers.bad]\nrole = \"agg\"\nargs = { no-such-flag = 1 }\n";
    let half = Deployment::new(&engine, "half", 8140, file);
    half.dynrun("up -d FILE")
        .ended(124)
        .said("bad-0")
        .said("no-such-flag")
        .said("1 of 2 aggregated");
    half.dynrun("down NAME");
    assert_eq!(half.left(), "");
}

/// Starts a model hub that has no model; returns where containers reach it.
fn empty_hub(engine: &Engine) -> String {
    let listener = TcpListener::bind((engine.gateway(), 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut request = [0; 4096];
            // Whoever hangs up wants no answer.
            if client.read(&mut request).is_ok() {
                let answer =
                    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                client.write_all(answer).ok();
            }
        }
    });
    format!("http://{address}")
}

#[test]
fn a_failure_that_would_repeat_ends_the_deployment() {
    let Some(engine) = engine() else { return };
    let head = "[frontend]\nport = PORT\n[workers.agg]\n";
    let flag = "args = { no-such-flag = 1 }\n".to_owned();
    let model = format!(
        "model = \"no-such/model\"\nenv = {{ HF_ENDPOINT = \"{}\" }}\n",
        empty_hub(&engine)
    );
    for (name, port, worker, reason) in [
        ("flag", 8142, flag, "no-such-flag"),
        (
            "hub",
            8143,
            model,
            "The model is neither a directory of the container nor one of Hugging Face",
        ),
    ] {
        let file = format!("{head}{worker}");
        let hopeless = Deployment::new(&engine, name, port, &file);
        let up = hopeless.dynrun("up -d FILE").ended(4).said(reason);
        let up = up.said("`agg-0` failed twice for a reason that stays");
        assert_eq!(
            up.text.matches("`agg-0` ended with").count(),
            2,
            "{}",
            up.text
        );
        assert_eq!(hopeless.left(), "");
    }
}

#[test]
fn what_a_killed_dynrun_left_is_taken_over_or_removed() {
    let Some(engine) = engine() else { return };
    let file =
        "[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n[workers.agg]\nreplicas = 2\n";
    let crashed = Deployment::new(&engine, "crash", 8160, file);
    let points: [(&str, &dyn Fn() -> bool); 4] = [
        ("the network", &|| !crashed.left().is_empty()),
        ("a container", &|| !crashed.container("agg-1").is_empty()),
        ("a process", &|| !crashed.process("frontend-0").is_empty()),
        ("a worker that is registered", &|| {
            crashed
                .worker_types(8160)
                .is_some_and(|types| !types.is_empty())
        }),
    ];
    for (point, is_reached) in points {
        for is_resumed in [false, true] {
            let mut up = crashed.command("up FILE");
            let up = up.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            let mut up = up.expect("dynrun starts");
            until(point, is_reached);
            up.kill().expect("killed");
            up.wait().expect("ended");
            if is_resumed {
                crashed
                    .dynrun("up -d NAME")
                    .ended(0)
                    .said("answered: agg-0, agg-1");
                let containers = crashed.dynrun("ps -q NAME").text;
                assert_eq!(containers.lines().count(), 3, "{point}: {containers}");
            }
            crashed.dynrun("down NAME").ended(0);
            assert_eq!(crashed.left(), "", "{point}");
        }
    }
}

/// A container that uses what `down` removes, as one that a killed dynrun had asked for appears late.
#[test]
fn what_appears_late_does_not_keep_a_deployment_from_being_removed() {
    let Some(engine) = engine() else { return };
    let file = "[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n[workers.agg]\n";
    let late = Deployment::new(&engine, "late", 8162, file);
    late.dynrun("up -d FILE").ended(0);
    let other = engine.container("late-other");
    let volume = format!("{}-kv:/kv", late.name);
    let mut run = engine.docker();
    run.args(["run", "-d", "--name", other.name(), "-v", &volume]);
    run.args(["--network", &late.name, IMAGE, "sleep", "120"]);
    assert!(run.output().expect("docker").status.success());
    let mut down = late.command("down NAME").spawn().expect("dynrun starts");
    until("the end of the members", || {
        late.container("agg-0").is_empty() && late.container("frontend-0").is_empty()
    });
    drop(other);
    assert!(down.wait().expect("ended").success());
    assert_eq!(late.left(), "");
}

/// Returns the name of Dynamo's image with another user.
fn image_of(engine: &Engine, user: &str) -> Owned {
    let (container, image) = (engine.container("user"), engine.image("user"));
    let change = format!("USER {user}");
    for words in [
        &["create", "--name", container.name(), IMAGE, "true"][..],
        &[
            "commit",
            "--change",
            &change,
            container.name(),
            image.name(),
        ],
    ] {
        let done = engine.docker().args(words).output().expect("docker");
        assert!(done.status.success(), "{words:?}: {done:?}");
    }
    image
}

#[test]
fn members_of_one_group_find_each_other_in_files_and_others_are_reported() {
    let Some(engine) = engine() else { return };
    let serve = |name: &str, port: u16, users: [&str; 2], timeout: &str| {
        let [frontend, worker] = users.map(|user| image_of(&engine, user));
        let file = format!(
            "[ready]\ntimeout = \"{timeout}\"\n[frontend]\nport = PORT\nimage = \"{}\"\n\
             [workers.agg]\nimage = \"{}\"\nargs = {{ speedup-ratio = 0 }}\n",
            frontend.name(),
            worker.name()
        );
        let served = Deployment::new(&engine, name, port, &file);
        let up = served.dynrun("up -d FILE");
        served.dynrun("down NAME").ended(0);
        assert_eq!(served.left(), "");
        up
    };
    serve("group", 8170, ["1234:0", "1235:0"], "60s").ended(0);
    // After a worker has ended too often, there is nothing to wait for: sooner than that.
    serve("alone", 8171, ["1234:1234", "1235:1235"], "20s")
        .ended(124)
        .said("`agg-0` ended before it was in discovery")
        .said("--set discovery=etcd");
}

#[test]
fn nobody_is_started_again_where_the_file_says_so() {
    let Some(engine) = engine() else { return };
    let file = "[restart]\npolicy = \"never\"\n[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n\
                [workers.agg]\nreplicas = 2\n";
    let never = Deployment::new(&engine, "never", 8150, file);
    never.dynrun("up -d FILE").ended(0);
    assert!(never.docker("kill", "agg-0").status.success());
    until("a report", || {
        never.log().contains("`agg-0` is not started again")
    });
    for _ in 0..4 {
        assert!(never.ask(8150, 4).contains("[DONE]"));
    }
    assert_eq!(never.process("agg-0"), "");
    // It starts again when somebody asks for it.
    kill(never.supervisor());
    never
        .dynrun("up -d NAME")
        .ended(0)
        .said("answered: agg-0, agg-1");
    for worker in ["agg-0", "agg-1"] {
        assert!(never.docker("kill", worker).status.success());
    }
    until("the end of all", || never.left().is_empty());
}
