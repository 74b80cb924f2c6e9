//! Deployments on two machines whose engines one dynrun drives.

use std::fs::File;
use std::process::Command;

use crate::support::dynamo::{Deployment, Ran, two_engines, until};
use crate::support::engines::Engine;
use crate::support::processes::kill;
use crate::support::relay::relay;
use crate::support::sshd::Sshd;

/// A deployment whose file says where the engines are.
struct Driven {
    /// As it is seen from elsewhere, and on each of its machines.
    here: Deployment,
    a: Deployment,
    b: Deployment,
    /// Where programs are.
    path: String,
}

/// A worker on each machine, everything else on the first.
fn driven(name: &str, port: u16, engine: [&dyn Fn(&Engine) -> String; 2]) -> Option<Driven> {
    let (first, second) = two_engines()?;
    let own = port - 8200;
    let (ports, etcd) = (21000 + 20 * own, 2379 + own);
    let file = format!(
        "ports = {ports}\n[services.etcd]\nport = {etcd}\n[frontend]\nport = PORT\n[all.args]\nspeedup-ratio = 0\n\
         [workers.near]\nrole = \"agg\"\non = [\"a\"]\n[workers.far]\nrole = \"agg\"\non = [\"b\"]\n\
         [nodes.a]\naddress = \"{}\"\nengine = \"{}\"\n[nodes.b]\naddress = \"{}\"\nengine = \"{}\"\n",
        first.address,
        engine[0](&first),
        second.address,
        engine[1](&second),
    );
    let here = Deployment::new(&first, name, port, &file);
    let (a, b) = (here.at(&first), here.at(&second));
    let path = "/usr/bin:/bin".to_owned();
    Some(Driven { here, a, b, path })
}

fn socket(engine: &Engine) -> String {
    engine.host.clone()
}

fn elsewhere(engine: &Engine) -> String {
    format!("tcp://{}", relay(engine))
}

impl Driven {
    /// Nothing but the file says where engines are.
    fn command(&self, line: &str) -> Command {
        let mut command = self.here.command(line);
        command.env_remove("DOCKER_HOST").env("PATH", &self.path);
        command
    }

    fn dynrun(&self, line: &str) -> Ran {
        self.command(line).output().expect("dynrun starts").into()
    }

    fn processes(&self) -> [String; 4] {
        let far = self.b.process("far-0");
        let [etcd, frontend, near] =
            ["etcd-0", "frontend-0", "near-0"].map(|it| self.a.process(it));
        [etcd, frontend, near, far]
    }

    /// Returns how many workers serve.
    fn serving(&self, port: u16) -> usize {
        let asked = (0..6).filter_map(|_| self.a.serve(port, "Hello"));
        let ids = asked.map(|served| served.decode);
        ids.collect::<std::collections::BTreeSet<_>>().len()
    }

    #[track_caller]
    fn is_gone(&self) {
        assert_eq!(self.a.left() + &self.b.left(), "");
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        self.dynrun("down -t 1 NAME");
    }
}

#[test]
fn parts_of_all_machines_are_started_adopted_scaled_and_ended() {
    let sshd = two_engines().and_then(|(_, second)| Sshd::start(&second));
    // The second engine's address is not on this machine, as far as dynrun can know.
    let far = |engine: &Engine| match &sshd {
        Some(sshd) => sshd.address(engine),
        None => elsewhere(engine),
    };
    let Some(mut all) = driven("all", 8240, [&socket, &far]) else {
        return;
    };
    all.path = sshd.as_ref().map_or(all.path.clone(), Sshd::path);
    let first = all.here.engine.host.clone();
    all.dynrun("plan FILE")
        .ended(0)
        .said(&format!("engines: a {first}, b {}", far(&all.b.engine)));
    all.dynrun("up -d FILE")
        .ended(0)
        .said("answered: near-0, far-0")
        .said("far-0 in discovery");
    assert_eq!(all.serving(8240), 2);

    // Nobody starts it twice, from here or there.
    all.dynrun("up -d FILE")
        .ended(125)
        .said("Machine `a`: Deployment")
        .said("Machine `b`: Deployment")
        .said("is supervised already");
    all.here
        .dynrun("up -d FILE --node a")
        .ended(125)
        .said("is supervised already");

    let listed = all.dynrun("ps FILE").ended(0);
    listed.said("-near-0").said("-far-0");
    assert_eq!(all.dynrun("ps -q NAME").text.lines().count(), 4);
    all.dynrun("logs -n 3 NAME")
        .ended(0)
        .said("a/near-0 |")
        .said("b/far-0 |");
    all.dynrun("logs -n 3 NAME/far-0").ended(0);
    all.dynrun("exec NAME true").ended(0);
    all.dynrun("exec NAME/far-0 true").ended(0);

    // One supervisor ends, and then both.
    let before = all.processes();
    let supervisors = all.here.supervisors();
    assert_eq!(supervisors.len(), 2);
    kill(supervisors[0]);
    all.dynrun("up -d NAME").ended(0);
    for supervisor in all.here.supervisors() {
        kill(supervisor);
    }
    all.dynrun("up -d NAME").ended(0);
    assert_eq!(all.processes(), before);

    all.dynrun("scale NAME far=2").ended(0);
    all.dynrun("ps NAME").ended(0).said("-far-1");
    until("three workers", || all.serving(8240) == 3);
    all.dynrun("scale NAME far=1").ended(0);
    all.dynrun("stop NAME/far-0").ended(0);
    all.dynrun("down FILE").ended(0);
    all.is_gone();
    all.here
        .dynrun("down NAME")
        .ended(125)
        .said("There is no deployment");
}

#[test]
fn parts_in_the_foreground_end_together() {
    let Some(all) = driven("front", 8250, [&elsewhere, &socket]) else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    let written = directory.path().join("written");
    let start = || {
        let output = File::create(&written).expect("a file");
        let mut up = all.command("up FILE");
        up.stderr(output.try_clone().expect("a file"));
        up.stdout(output).spawn().expect("dynrun starts")
    };
    let mut up = start();
    until("two workers", || all.serving(8250) == 2);
    let before = all.processes();
    up.kill().expect("killed");
    up.wait().expect("ended");
    let text = fs_err::read_to_string(&written).expect("read");
    for part in ["a/near-0", "b/far-0 ", "a/etcd-0"] {
        assert!(text.contains(part), "no {part} in {text}");
    }

    let mut up = start();
    until("a report", || {
        let text = fs_err::read_to_string(&written).expect("read");
        text.contains("answered: near-0, far-0")
    });
    assert_eq!(all.processes(), before);
    let interrupt = Command::new("kill")
        .args(["-INT", &up.id().to_string()])
        .status();
    assert!(interrupt.expect("kill").success());
    assert!(up.wait().expect("ended").success());
    all.is_gone();

    // One machine, as the file has it.
    all.dynrun("up -d FILE --node a --set ready.timeout=3s")
        .ended(124)
        .said("was not ready before the timeout");
    assert!(all.b.container("far-0").is_empty());
    all.dynrun("down NAME").ended(0);
    all.is_gone();
}

#[test]
fn what_one_machine_cannot_do_is_reported_and_nothing_is_left_on_the_others() {
    let nobody = |_: &Engine| "tcp://127.0.0.1:1".to_owned();
    let Some(all) = driven("nobody", 8260, [&socket, &nobody]) else {
        return;
    };
    all.dynrun("up -d FILE")
        .ended(125)
        .said("The engine of machine `b` cannot be used")
        .said("No engine listens at `tcp://127.0.0.1:1`")
        .said("deployment.toml:23:10");
    all.is_gone();
    // One that is reached only from there.
    all.dynrun("up -d FILE --set nodes.b.engine=http://b")
        .ended(125)
        .said("Invalid `nodes.b.engine`");

    let Some(all) = driven("taken", 8270, [&elsewhere, &socket]) else {
        return;
    };
    // The port of the first worker's requests, and of the second's, belong to each one's block.
    let holder = all.b.engine.container("port");
    let port = (21000 + 20 * 70 + 64 + 1).to_string();
    let mut docker = all.b.engine.docker();
    docker.args([
        "run",
        "-d",
        "--rm",
        "--network",
        "host",
        "--name",
        holder.name(),
    ]);
    docker.args(["busybox:latest", "nc", "-l", "-p", &port]);
    assert!(docker.status().expect("docker").success());
    all.dynrun("up -d FILE").ended(125).said(&format!(
        "Machine `b`: Port {port}, which `far-0` is to have, is taken"
    ));
    drop(holder);
    all.is_gone();
}
