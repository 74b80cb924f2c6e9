//! Deployments whose network is cut: between members, and between machines.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread::{scope, sleep};
use std::time::Duration;

use crate::support::dynamo::{Deployment, engine, two_engines, until};
use crate::support::engines::Engine;
use crate::support::processes::eventually;

/// Returns how many workers serve; none if a request was not answered.
fn workers(served: &Deployment, port: u16) -> usize {
    let asked: Option<Vec<_>> = (0..4).map(|_| served.serve(port, "Hello")).collect();
    let ids = asked.into_iter().flatten().map(|served| served.decode);
    ids.collect::<BTreeSet<_>>().len()
}

#[test]
fn members_that_are_taken_off_their_network_are_replaced() {
    let Some(engine) = engine() else { return };
    let file = "discovery = \"etcd\"\n[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n\
                [workers.agg]\nreplicas = 2\n";
    let served = Deployment::new(&engine, "cut", 8330, file);
    served.dynrun("up -d FILE").ended(0);
    let members = ["agg-0", "frontend-0", "etcd-0"];
    let before = members.map(|member| served.process(member));
    for member in members {
        let name = format!("{}-{member}", served.name);
        let mut docker = served.engine.docker();
        docker.args(["network", "disconnect", &served.name, &name]);
        assert!(docker.status().expect("docker").success());
    }
    for (member, before) in members.iter().zip(&before) {
        eventually("another process", || {
            !["", before].contains(&&*served.process(member))
        });
    }
    eventually("two workers", || workers(&served, 8330) == 2);
    served.dynrun("down NAME").ended(0);
    assert_eq!(served.left(), "");
}

/// Packets between machines that are lost on their way, without a word to who sent them.
struct Cut<'a> {
    from: &'a Engine,
    to: &'a Engine,
}

impl<'a> Cut<'a> {
    fn new(from: &'a Engine, to: &'a Engine) -> Self {
        let cut = Self { from, to };
        cut.rule("add");
        cut
    }

    /// Both are connected by this machine.
    fn rule(&self, verb: &str) {
        let rule = [
            "rule",
            verb,
            "from",
            &self.from.address,
            "to",
            &self.to.address,
        ];
        let done = Command::new("ip").args(rule).arg("blackhole").status();
        assert!(done.expect("ip").success());
    }
}

impl Drop for Cut<'_> {
    fn drop(&mut self) {
        self.rule("del");
    }
}

#[test]
fn machines_that_lost_each_other_find_each_other_again() {
    let Some((first, second)) = two_engines() else {
        return;
    };
    let file = format!(
        "ports = 24000\n[services.etcd]\nport = 2479\n[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n\
         [workers.near]\nrole = \"agg\"\non = [\"a\"]\n[workers.far]\nrole = \"agg\"\non = [\"b\"]\n\
         [nodes.a]\naddress = \"{}\"\n[nodes.b]\naddress = \"{}\"\n",
        first.address, second.address
    );
    let here = Deployment::new(&first, "lost", 8340, &file);
    let (a, b) = (here.at(&first), here.at(&second));
    scope(|scope| {
        let far = scope.spawn(|| b.dynrun("up -d FILE --node b"));
        a.dynrun("up -d FILE --node a").ended(0);
        far.join().expect("up").ended(0);
    });
    // Shorter and longer than a lease.
    for seconds in [15, 75] {
        let cuts = [Cut::new(&first, &second), Cut::new(&second, &first)];
        until("a report", || {
            a.log().contains("`far-0` on machine `b` cannot be reached")
        });
        until("one worker", || workers(&a, 8340) == 1);
        sleep(Duration::from_secs(seconds));
        assert!(a.ask(8340, 4).contains("[DONE]"), "{}", a.log());
        drop(cuts);
        eventually("two workers", || workers(&a, 8340) == 2);
    }
    b.dynrun("down NAME").ended(0);
    a.dynrun("down NAME").ended(0);
    assert_eq!(a.left() + &b.left(), "");
}
