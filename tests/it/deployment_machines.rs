//! Deployments on two machines: two engines, each in a network of its own.

use std::collections::BTreeSet;
use std::thread::{scope, sleep};
use std::time::Duration;

use test_case::test_case;

use crate::support::dynamo::{Deployment, engine, two_engines, until};
use crate::support::processes::kill;

/// A worker on each machine, everything else on the first. Tests run at the same time on the network
/// of the same machines, so that each has ports of its own.
fn two(name: &str, port: u16, head: &str) -> Option<(Deployment, Deployment)> {
    let (first, second) = two_engines()?;
    let own = port - 8200;
    let (ports, etcd, nats) = (21000 + 20 * own, 2379 + own, 4222 + own);
    let file = format!(
        "ports = {ports}\n{head}[services.etcd]\nport = {etcd}\n[services.nats]\nport = {nats}\n[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n\
         [workers.near]\nrole = \"agg\"\non = [\"a\"]\n[workers.far]\nrole = \"agg\"\non = [\"b\"]\n\
         [nodes.a]\naddress = \"{}\"\n[nodes.b]\naddress = \"{}\"\n",
        first.address, second.address
    );
    let one = Deployment::new(&first, name, port, &file);
    Some((one.at(&first), one.at(&second)))
}

/// On the network of a machine, each server listens at one address only. What is asked at another
/// would be found silent, and started again for it.
#[test_case("own", 8290, None; "of its own")]
#[test_case("six", 8295, Some("::1"); "of ipv6")]
fn members_of_a_machine_are_asked_where_they_listen(name: &str, port: u16, address: Option<&str>) {
    let Some(engine) = engine() else { return };
    let address = address.unwrap_or(&engine.address);
    let (ports, etcd) = (26000 + 100 * (port - 8290), port - 5800);
    let file = format!(
        "ports = {ports}\n[services.etcd]\nport = {etcd}\n[frontend]\nport = PORT\nbind = \"{address}\"\n\
         [all.args]\nspeedup-ratio = 0\n[workers.agg]\nreplicas = 2\n[nodes.a]\naddress = \"{address}\"\n"
    );
    let own = Deployment::new(&engine, name, port, &file).at(&engine);
    let ready = own.dynrun("up -d FILE --node a").ended(0);
    ready
        .said(&format!(":{port}/v1"))
        .said("answered: agg-0, agg-1");
    let members = || ["frontend-0", "agg-0", "agg-1"].map(|member| own.process(member));
    let before = members();
    // A member that is silent is noticed after 60 s, and given up 20 s later.
    sleep(Duration::from_secs(90));
    assert_eq!(members(), before, "{}", own.log());

    // Its entry in discovery is found by the address.
    assert!(own.docker("kill", "agg-1").status.success());
    until("another worker", || {
        ![&*before[2], ""].contains(&&*own.process("agg-1"))
    });
    // Nobody is busy: that is seen at once, and not when the time to drain is over.
    own.dynrun("scale NAME agg=1").ended(0);
    until("its proof", || {
        own.log().contains("(1 agg; answered: agg-0)")
    });
    assert!(!own.log().contains("does not have"), "{}", own.log());
    own.dynrun("down NAME").ended(0);
    assert_eq!(own.left(), "");
}

#[test]
fn two_machines_serve_one_model() {
    let head = "event-plane = \"nats\"\n";
    let Some((a, b)) = two("two", 8210, head) else {
        return;
    };
    a.dynrun("up -d FILE")
        .ended(125)
        .said("dynrun up")
        .said("--node a");
    scope(|scope| {
        let far = scope.spawn(|| b.dynrun("up -d FILE --node b"));
        let near = scope.spawn(|| {
            until("the other machine", || b.has_supervisor());
            a.dynrun("up -d FILE --node a")
        });
        let near = near.join().expect("up");
        near.ended(0).said("answered: near-0, far-0");
        let far = far.join().expect("up").ended(0);
        far.said("Waiting for `etcd-0` on machine `a`")
            .said("far-0 in discovery");
    });
    assert!(a.container("far-0").is_empty() && b.container("near-0").is_empty());
    // None if a request was not answered: then a worker that is gone is still in discovery.
    let workers = || -> BTreeSet<u64> {
        let served: Option<Vec<_>> = (0..4).map(|_| a.serve(8210, "Hello")).collect();
        let served = served.unwrap_or_default().into_iter();
        served.map(|served| served.decode).collect()
    };
    assert_eq!(workers().len(), 2);

    // A worker that dies leaves discovery at once, by the supervisor of its own machine.
    let before = b.process("far-0");
    assert!(b.docker("kill", "far-0").status.success());
    for _ in 0..4 {
        assert!(a.ask(8210, 4).contains("[DONE]"));
    }
    until("another worker", || {
        ![&*before, ""].contains(&&*b.process("far-0"))
    });
    until("two workers", || workers().len() == 2);

    // Neither machine's members mind a short absence of etcd.
    let processes = || (a.process("near-0"), b.process("far-0"));
    let before = processes();
    assert!(a.docker("kill", "etcd-0").status.success());
    until("an answer", || a.ask(8210, 4).contains("[DONE]"));
    assert_eq!(processes(), before);

    // Nobody is left on the other machine to take it out: the first does, and says so.
    kill(b.supervisor());
    assert!(b.docker("kill", "far-0").status.success());
    until("a report", || {
        a.log().contains("`far-0` on machine `b` cannot be reached")
    });
    until("one worker", || workers().len() == 1);
    for _ in 0..4 {
        assert!(a.ask(8210, 4).contains("[DONE]"));
    }
    // The name is enough where it ran before.
    b.dynrun("up -d NAME").ended(0).said("far-0 in discovery");
    until("a report", || {
        a.log().contains("`far-0` on machine `b` is back")
    });
    until("two workers", || workers().len() == 2);

    b.dynrun("down NAME").ended(0);
    assert!(a.ask(8210, 4).contains("[DONE]"));
    a.dynrun("down NAME").ended(0);
    assert_eq!(a.left() + &b.left(), "");
}

#[test]
fn what_another_machine_lacks_is_said() {
    let head = "[ready]\ntimeout = \"40s\"\n";
    let Some((a, b)) = two("lack", 8220, head) else {
        return;
    };
    let alone = b
        .dynrun("up -d FILE --node b --set ready.timeout=3s")
        .ended(124);
    alone
        .said("Waiting for `etcd-0` on machine `a`")
        .said("deployment.toml --node a")
        .said("let this machine reach TCP 2399, 2400 of")
        .said("was not ready before the timeout: `etcd-0` of another machine does not answer");
    assert!(b.container("far-0").is_empty());
    b.dynrun("down NAME").ended(0);

    // The same file, but not the same plan: the worker is there, and it is not the one of the plan.
    scope(|scope| {
        let far = scope.spawn(|| b.dynrun("up -d FILE --node b --set ports=22000"));
        let near = a.dynrun("up -d FILE --node a").ended(124);
        near.said("Waiting for `far-0` on machine `b`")
            .said("Workers are in discovery that the file here does not have")
            .said(&format!("{}:22065", b.engine.address));
        far.join().expect("up").ended(0);
    });
    b.dynrun("down NAME").ended(0);
    a.dynrun("down NAME").ended(0);
    assert_eq!(a.left() + &b.left(), "");
}

#[test]
fn requests_through_nats_reach_the_other_machine() {
    let head = "request-plane = \"nats\"\n";
    let Some((a, b)) = two("plane", 8230, head) else {
        return;
    };
    scope(|scope| {
        let far = scope.spawn(|| b.dynrun("up -d FILE --node b"));
        let near = a.dynrun("up -d FILE --node a").ended(0);
        near.said("answered: near-0, far-0");
        far.join().expect("up").ended(0).said("far-0 in discovery");
    });
    let before = b.process("far-0");
    assert!(b.docker("kill", "far-0").status.success());
    until("another worker", || {
        ![&*before, ""].contains(&&*b.process("far-0"))
    });
    until("an answer", || a.ask(8230, 4).contains("[DONE]"));
    b.dynrun("down NAME").ended(0);
    a.dynrun("down NAME").ended(0);
    assert_eq!(a.left() + &b.left(), "");
}
