//! The Docker Engines that `ci/test` brought up, as listed in the file that `DYNBUILD_TEST_ENGINES` names.
//!
//! ```ignore
//! for engine in engines::all() {
//!     let image = engine.image("hello");
//!     engine.run(engine.buildx().args(["build", "-t", image.name(), "."]));
//! }
//! ```
//!
//! Without the variable there are none: the loop runs no times and one line on stderr says so.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::{Command, Stdio, id};
use std::sync::atomic::{AtomicU32, Ordering};

use serde::Deserialize;

/// A running engine of which tests may use everything that carries their own names.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Engine {
    /// Short name for messages, such as `overlay2`.
    pub(crate) name: String,
    /// Value for `DOCKER_HOST`.
    pub(crate) host: String,
    /// Where it keeps images.
    pub(crate) store: Store,
    /// Which of Debian's engines it is.
    pub(crate) version: Version,
    /// The client program.
    docker_cli: PathBuf,
    /// The build plugin, which is a program of its own.
    buildx: PathBuf,
    /// Where its published ports are reached from this machine.
    pub(crate) address: String,
    /// Socket, log, CDI specs and the records of the GPU hook are here.
    pub(crate) run_dir: PathBuf,
    /// `address:port` of a registry without a login, the same for host, engine and build steps.
    pub(crate) registry: String,
    /// A registry that wants a login and has a certificate that the engine checks.
    pub(crate) registry_with_login: Login,
    /// The process of the engine.
    pub(crate) pid: i32,
    /// What `ci/cache-servers` printed, if this machine can have them.
    pub(crate) cache_servers: Option<PathBuf>,
}

/// A registry and the login that it takes.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Login {
    /// `address:port`.
    pub(crate) address: String,
    /// The one user.
    pub(crate) user: String,
    /// The password; it protects nothing.
    pub(crate) password: String,
}

/// How an engine keeps images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Store {
    /// The classic store.
    Overlay2,
    /// The containerd image store.
    Containerd,
}

/// Which of Debian's engines this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Version {
    /// That of the unstable suite: 28.5 in November 2026.
    Newest,
    /// That of the machine's own suite: 20.10 on Debian 12.
    Stable,
}

/// All engines, the old one included.
pub(crate) fn all() -> Vec<Engine> {
    listed(|_| true)
}

/// The newest engines, one per image store.
pub(crate) fn newest() -> Vec<Engine> {
    listed(|engine| engine.version == Version::Newest)
}

fn listed(wanted: impl Fn(&Engine) -> bool) -> Vec<Engine> {
    let mut engines = read_list();
    engines.retain(wanted);
    if engines.is_empty() {
        notice("skipped: no engine to test on; `ci/test` brings them up");
    }
    engines
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' own edge: the one variable they read"
)]
fn read_list() -> Vec<Engine> {
    let Some(path) = std::env::var_os("DYNBUILD_TEST_ENGINES") else {
        return Vec::new();
    };
    let file =
        File::open(&path).unwrap_or_else(|error| panic!("opening {}: {error}", path.display()));
    serde_json::from_reader(file)
        .unwrap_or_else(|error| panic!("reading {}: {error}", path.display()))
}

/// The newest engine with the classic store and the directory of `ci/cache-servers`: one engine is
/// enough for what differs by the stages and not by the engine.
pub(crate) fn with_cache_servers() -> Option<(Engine, PathBuf)> {
    let engine = newest()
        .into_iter()
        .find(|engine| engine.store == Store::Overlay2)?;
    let servers = engine.cache_servers.clone();
    if servers.is_none() {
        notice("skipped: no servers for compiler caches; `ci/cache-servers` says why");
    }
    Some((engine, servers?))
}

/// One line on the real stderr, past the capture of the test harness, so that `ci/test` can count it.
pub(crate) fn notice(line: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    writeln!(io::stderr(), "{test}: {line}").expect("stderr takes a line");
}

impl Engine {
    /// The generator of podman's units, if this machine can have it.
    pub(crate) fn quadlet(&self) -> Option<Command> {
        let quadlet = self.run_dir.join("bin/quadlet");
        if !quadlet.exists() {
            notice("skipped: no generator of podman; `ci/engine up` says why");
            return None;
        }
        Some(Command::new(quadlet))
    }

    /// `docker`, talking to this engine.
    pub(crate) fn docker(&self) -> Command {
        self.client(&self.docker_cli)
    }

    /// `docker buildx`, talking to this engine: add `build`, `du`, ...
    pub(crate) fn buildx(&self) -> Command {
        self.client(&self.buildx)
    }

    /// The address of this machine as the engine and its build steps see it.
    pub(crate) fn gateway(&self) -> IpAddr {
        let own: Ipv4Addr = self.address.parse().expect("an address");
        let [a, b, c, _] = own.octets();
        // `ci/lib/network.sh`: the first of the two addresses is the host's.
        IpAddr::from([a, b, c, 1])
    }

    fn client(&self, program: &PathBuf) -> Command {
        let mut command = Command::new(program);
        command.env("DOCKER_HOST", &self.host).stdin(Stdio::null());
        command
    }

    /// Runs `command` to its end and returns its stdout without the last newline; anything but success fails the test.
    pub(crate) fn run(&self, command: &mut Command) -> String {
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("starting {command:?}: {error}"));
        assert!(
            output.status.success(),
            "on {}: {command:?} ended with {}\n{}",
            self.name,
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }

    /// A new image name, `dynbuild-test-STEM-N:latest`; an image of that name goes away with the value.
    pub(crate) fn image(&self, stem: &str) -> Owned {
        self.owned(
            format!("{}:latest", unique(stem)),
            &["image", "rm", "--force"],
        )
    }

    /// A new container name; a container of that name goes away with the value.
    pub(crate) fn container(&self, stem: &str) -> Owned {
        self.owned(unique(stem), &["rm", "--force", "--volumes"])
    }

    fn owned(&self, name: String, removal: &'static [&'static str]) -> Owned {
        Owned {
            engine: self.clone(),
            name,
            removal,
        }
    }
}

/// A name that no other test uses, also not one of another run next to this.
pub(crate) fn unique(stem: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "dynbuild-test-{stem}-{}-{}",
        id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// The name of a thing in an engine which is removed with this value, whatever happened to the test.
#[derive(Debug)]
pub(crate) struct Owned {
    engine: Engine,
    name: String,
    removal: &'static [&'static str],
}

impl Owned {
    /// The name to give the thing.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // It may never have been made, or be gone already: both are fine.
        let mut docker = self.engine.docker();
        docker
            .args(self.removal)
            .arg(&self.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        drop(docker.status());
    }
}
