//! Deployments with real frontends, mockers, etcd and NATS.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use test_case::test_case;

use crate::support::dynamo::{Deployment, IMAGE, Ran, Served, engine, tiny_model, until};

const AGGREGATED: &str = "
[frontend]
port = PORT
[all.args]
speedup-ratio = 0
[workers.agg]
replicas = 2
";

#[test]
fn workers_are_proven_replaced_scaled_and_removed() {
    let Some(engine) = engine() else { return };
    let tiny = Deployment::new(&engine, "agg", 8000, AGGREGATED);
    tiny.dynrun("up -d FILE")
        .ended(0)
        .said("answered: agg-0, agg-1");
    tiny.dynrun("up -d FILE")
        .ended(125)
        .said("is supervised already by process");

    let killed = tiny.container("agg-0");
    let kill = engine.docker().args(["kill", &killed]).status();
    assert!(kill.expect("docker").success());
    // It is out of discovery at once: no request goes to it.
    for _ in 0..4 {
        assert!(tiny.ask(8000, 4).contains("[DONE]"));
    }
    until("another worker", || {
        ![&killed, ""].contains(&&*tiny.container("agg-0"))
    });

    Command::new("kill")
        .args(["-9", &tiny.supervisor().to_string()])
        .status()
        .expect("kill");
    let (frontend, worker) = (tiny.container("frontend-0"), tiny.container("agg-1"));
    tiny.dynrun("up -d NAME")
        .ended(0)
        .said("answered: agg-0, agg-1");
    assert_eq!(
        (frontend, worker),
        (tiny.container("frontend-0"), tiny.container("agg-1"))
    );

    tiny.dynrun("scale NAME agg=3").ended(0);
    tiny.dynrun("ps NAME").ended(0).said("-agg-2");
    tiny.dynrun("scale NAME agg=1").ended(0);
    assert!(tiny.ask(8000, 4).contains("[DONE]"));
    tiny.dynrun("scale NAME agg=none")
        .ended(125)
        .said("WORKER=N");
    tiny.dynrun("logs -n 5 NAME").ended(0).said("frontend-0 |");
    tiny.dynrun("exec NAME true").ended(0);
    tiny.dynrun("down NAME").ended(0);
    assert_eq!(tiny.left(), "");
    tiny.dynrun("down NAME")
        .ended(125)
        .said("There is no deployment");
}

#[test]
fn several_prefill_and_decode_workers_serve() {
    let Some(engine) = engine() else { return };
    let file = "[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n\
                [workers.prefill]\nreplicas = 2\n[workers.decode]\nreplicas = 2\n";
    let pd = Deployment::new(&engine, "pd", 8010, file);
    let up = pd.dynrun("up -d FILE").ended(0);
    up.said("answered: prefill-0, prefill-1, decode-0, decode-1");
    let (prefills, decodes) = who_serves(&pd);

    let one_of_each = ["prefill-0", "decode-0"];
    let killed = one_of_each.map(|member| pd.container(member));
    for member in one_of_each {
        pd.docker("kill", member);
    }
    // They are soon out of discovery. Who is started again has another id.
    let served = first_answer(&pd);
    assert!(prefills.contains(&served.prefill) && decodes.contains(&served.decode));
    until("both again", || {
        let now = one_of_each.map(|member| pd.container(member));
        let mut pairs = now.iter().zip(&killed);
        pairs.all(|(now, killed)| !now.is_empty() && now != killed)
    });
    until("answers of both", || {
        let (new_prefills, new_decodes) = who_serves(&pd);
        new_prefills != prefills && new_decodes != decodes
    });

    for prefill in ["prefill-0", "prefill-1"] {
        pd.docker("kill", prefill);
    }
    until("an answer", || pd.ask(8010, 4).contains("[DONE]"));
    pd.dynrun("down NAME").ended(0);
    assert_eq!(pd.left(), "");
}

/// Asks until there is an answer; returns who gave it.
#[track_caller]
fn first_answer(pd: &Deployment) -> Served {
    let answer = RefCell::new(None);
    until("an answer", || {
        *answer.borrow_mut() = pd.serve(8010, "Hello");
        answer.borrow().is_some()
    });
    let served = answer.into_inner().expect("an answer");
    assert_ne!(served.prefill, served.decode, "disaggregation is off");
    served
}

/// Asks until two prefill and two decode workers have answered; returns which.
#[track_caller]
fn who_serves(pd: &Deployment) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let seen = RefCell::new((BTreeSet::new(), BTreeSet::new()));
    until("two of each", || {
        let mut seen = seen.borrow_mut();
        let Served { prefill, decode } = first_answer(pd);
        seen.0.insert(prefill);
        seen.1.insert(decode);
        seen.0.len() == 2 && seen.1.len() == 2
    });
    seen.into_inner()
}

#[test]
fn etcd_nats_and_several_frontends_with_a_kv_router() {
    let Some(engine) = engine() else { return };
    let file = "discovery = \"etcd\"\nevent-plane = \"nats\"\n[frontend]\nport = PORT\nreplicas = 2\nrouter = \"kv\"\n\
                [all.args]\nspeedup-ratio = 0\nblock-size = 64\n[workers.agg]\nreplicas = 2\n";
    let kv = Deployment::new(&engine, "kv", 8020, file);
    kv.dynrun("up -d FILE")
        .ended(0)
        .said("answered: agg-0, agg-1");
    kv.dynrun("ps NAME")
        .said("-etcd-0")
        .said("-nats-0")
        .said("-frontend-1");
    let killed = kv.container("agg-1");
    engine
        .docker()
        .args(["kill", &killed])
        .output()
        .expect("docker");
    for _ in 0..4 {
        assert!(kv.ask(8020, 4).contains("[DONE]"));
    }
    // The leases of members outlive an outage of etcd.
    engine
        .docker()
        .args(["kill", &kv.container("etcd-0")])
        .output()
        .expect("docker");
    let frontend = kv.container("frontend-0");
    until("an answer", || kv.ask(8020, 4).contains("[DONE]"));
    assert_eq!(kv.container("frontend-0"), frontend);
    kv.dynrun("down NAME").ended(0);
    assert_eq!(kv.left(), "");
}

#[test]
fn a_stop_lets_a_stream_end() {
    let Some(engine) = engine() else { return };
    let file = "[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0.2\n[workers.agg]\n";
    let slow = Deployment::new(&engine, "slow", 8030, file);
    slow.dynrun("up -d FILE").ended(0);
    let ended = std::thread::scope(|scope| {
        let stream = scope.spawn(|| slow.ask(8030, 200));
        sleep(Duration::from_secs(3));
        slow.dynrun("down NAME").ended(0);
        stream.join().expect("the stream")
    });
    assert!(
        ended.contains("[DONE]") && !ended.contains("error"),
        "{ended}"
    );
    assert_eq!(slow.left(), "");
}

#[test]
fn what_cannot_start_leaves_nothing() {
    let Some(engine) = engine() else { return };
    let file = "[frontend]\nport = PORT\n[workers.agg]\nimage = \"127.0.0.1:1/nothing:here\"\n";
    let broken = Deployment::new(&engine, "broken", 8040, file);
    broken
        .dynrun("up -d FILE")
        .ended(125)
        .said("127.0.0.1:1/nothing:here");
    assert_eq!(broken.left(), "");
}

#[test]
fn a_model_that_is_not_there_is_reported_and_not_made() {
    let Some(engine) = engine() else { return };
    let missing = std::env::temp_dir().join(format!("no-model-{}", std::process::id()));
    let shown = missing.display();
    let file = format!("[frontend]\nport = PORT\n[workers.agg]\nmodel = \"{shown}\"\n");
    let broken = Deployment::new(&engine, "nomodel", 8041, &file);
    broken
        .dynrun("up -d FILE")
        .ended(125)
        .said(&format!("The model `{shown}` does not exist"))
        .said("deployment.toml:8:9");
    assert!(!missing.exists());
    assert_eq!(broken.left(), "");
}

#[test]
fn a_model_in_the_home_of_root_is_served() {
    let Some(engine) = engine() else { return };
    let home = tempfile::tempdir_in("/root").expect("a directory");
    tiny_model(home.path());
    let hidden = Deployment::new(&engine, "hidden", 8042, AGGREGATED);
    let mut up = hidden.command("up -d --set=model=~/model FILE");
    Ran::from(up.env("HOME", home.path()).output().expect("dynrun starts")).ended(0);
    assert!(hidden.ask(8042, 4).contains("[DONE]"));
    let process = hidden.docker("top", "agg-0");
    let process = String::from_utf8_lossy(&process.stdout).into_owned();
    assert!(process.contains("/run/dynamo/models/model "), "{process}");
    assert!(!process.contains("/root/"), "{process}");
}

#[test]
fn an_image_that_the_engine_lacks_is_pulled_once_before_members_are_launched() {
    let Some(engine) = engine() else { return };
    let image = format!("{}/deployed:1", engine.registry);
    let docker = |words: &[&str]| {
        let done = engine.docker().args(words).output().expect("docker");
        assert!(done.status.success(), "{words:?}: {done:?}");
    };
    docker(&["tag", IMAGE, &image]);
    docker(&["push", "--quiet", &image]);
    docker(&["rmi", &image]);
    let file = format!(
        "[frontend]\nport = PORT\nimage = \"{image}\"\n[all.args]\nspeedup-ratio = 0\n[workers.agg]\nimage = \"{image}\"\n"
    );
    let pulled = Deployment::new(&engine, "pulled", 8070, &file);
    let up = pulled.dynrun("up -d FILE").ended(0).said("Digest: sha256:");
    assert_eq!(up.text.matches("Digest:").count(), 1, "{}", up.text);
    pulled.dynrun("down NAME").ended(0);
    assert_eq!(pulled.left(), "");
    docker(&["rmi", &image]);
}

#[test]
fn the_foreground_prints_logs_and_ends_at_a_signal() {
    let Some(engine) = engine() else { return };
    let front = Deployment::new(&engine, "front", 8060, AGGREGATED);
    let text = std::thread::scope(|scope| {
        let up = scope.spawn(|| front.dynrun("up FILE").ended(0));
        until("ready", || {
            !front.container("agg-1").is_empty() && front.ask(8060, 4).contains("[DONE]")
        });
        Command::new("kill")
            .args(["-INT", &front.supervisor().to_string()])
            .status()
            .expect("kill");
        up.join().expect("the foreground").text
    });
    assert!(
        text.contains("frontend-0 | ") && text.contains("agg-1      | "),
        "{text}"
    );
    assert_eq!(front.left(), "");
}

#[test_case("vllm", 8133)]
#[test_case("sglang", 8134)]
#[test_case("trtllm", 8135)]
fn a_rehearsal_of_an_engine_hands_caches_over(framework: &str, port: u16) {
    let Some(engine) = engine() else { return };
    let file = "[frontend]\nport = PORT\n[mock.args]\nspeedup-ratio = 0\n[workers.prefill]\n[workers.decode]\n";
    let rehearsed = Deployment::new(&engine, framework, port, file);
    let line = format!("up -d FILE --mock --set framework={framework} --set image={IMAGE}");
    rehearsed
        .dynrun(&line)
        .ended(0)
        .said("answered: prefill-0, decode-0");
    rehearsed.dynrun("down NAME").ended(0);
}

#[test]
fn requests_that_fail_are_why_a_deployment_is_not_ready() {
    let Some(engine) = engine() else { return };
    // As TensorRT-LLM, the mocker hands no cache over.
    let file = "[ready]\ntimeout = \"20s\"\n[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n\
                engine-type = \"trtllm\"\n[workers.prefill]\n[workers.decode]\n";
    let failing = Deployment::new(&engine, "failing", 8136, file);
    failing
        .dynrun("up -d FILE")
        .ended(124)
        .said("requests fail: /v1/chat/completions: 500");
    failing.dynrun("down NAME").ended(0);
}
