//! Registries: pushes with and without a login, with and without trust, and caches.

use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine, Store, unique};
use crate::support::processes::eventually;

/// The engine that can push by itself.
fn containerd() -> impl Iterator<Item = Engine> {
    let engines = engines::newest().into_iter();
    engines.filter(|engine| engine.store == Store::Containerd)
}

#[test]
fn a_login_decides_about_a_push() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN echo {salt}\n");
        let registry = &engine.registry_with_login;
        let name = format!("{}/e2e/{}:latest", registry.address, unique("push"));
        let mut push = sample.dynbuild(&engine);
        push.args(["--push", "-t", &name])
            .env("DOCKER_CONFIG", sample.path("login"));
        for (password, code) in [
            (None, 4),
            (Some("wrong"), 4),
            (Some(registry.password.as_str()), 0),
        ] {
            let auths = password.map(|password| {
                let login = STANDARD.encode(format!("{}:{password}", registry.user));
                format!(r#""{}": {{"auth": "{login}"}}"#, registry.address)
            });
            let config = format!(r#"{{"auths": {{{}}}}}"#, auths.unwrap_or_default());
            sample.write("login/config.json", &config);
            let end = run(&mut push);
            end.assert_code(code, "a push");
            if code == 4 {
                assert!(end.stderr.contains("docker login"), "{}", end.stderr);
                assert!(end.stderr.contains(&registry.address), "{}", end.stderr);
            }
        }
        engine.run(
            engine
                .docker()
                .args(["pull", "--quiet", &name])
                .env("DOCKER_CONFIG", sample.path("login")),
        );
        engine.run(engine.docker().args(["image", "rm", "--force", &name]));
    }
}

#[test]
fn an_image_that_is_pushed_and_loaded_is_told_once() {
    for engine in engines::newest() {
        let sample = Sample::new("RUN echo {salt}\n");
        let name = format!("{}/e2e/{}:1", engine.registry, unique("both"));
        let mut build = sample.dynbuild(&engine);
        build.args(["--push", "--load", "-t", &name]);
        let end = run(build.args(["--metadata-file", "meta.json"]));
        end.assert_code(0, "pushed and loaded");
        let metadata: serde_json::Value = serde_json::from_str(&sample.read("meta.json")).unwrap();
        assert_eq!(metadata["image.name"], name.as_str());
        engine.run(engine.docker().args(["image", "rm", "--force", &name]));
        engine.run(engine.docker().args(["pull", "--quiet", &name]));
        engine.run(engine.docker().args(["image", "rm", "--force", &name]));
    }
}

#[test]
fn a_registry_cache_is_written_and_read() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo costly {salt} > /made\n");
        let cache = format!(
            "type=registry,ref={}/e2e/{}",
            engine.registry,
            unique("cache")
        );
        let mut first = sample.dynbuild(&engine);
        first.args(["--no-load", "--cache-to", &cache, "--cache-from", &cache]);
        let end = run(&mut first);
        end.assert_code(0, "the first build, whose cache does not exist yet");
        assert!(!end.stderr.contains("✖"), "{}", end.stderr);
        assert!(end.stderr.contains("1 step run"), "{}", end.stderr);

        // With nothing kept in the engine under that name, only the registry can know the step.
        let mut again = sample.dynbuild(&engine);
        again.args(["--no-load", "--cache-from", &cache]);
        let end = run(&mut again);
        end.assert_code(0, "the second build");
        assert!(
            end.stderr.contains("importing cache manifest"),
            "{}",
            end.stderr
        );
        assert!(
            end.stderr.contains("0 steps run, 1 cached"),
            "{}",
            end.stderr
        );
    }
}

#[test]
fn a_registry_that_nobody_vouches_for_is_reported_with_the_fix() {
    for engine in containerd() {
        let sample = Sample::new("RUN echo {salt}\n");
        let Some(registry) = Impostor::start(&sample) else {
            continue;
        };
        let mut push = sample.dynbuild(&engine);
        let name = format!("{}/e2e/sample:1", registry.address);
        let end = run(push.args(["--push", "-t", &name]));
        end.assert_code(4, "a registry with a certificate of its own making");
        assert!(end.stderr.contains("x509"), "{}", end.stderr);
        let place = format!("/etc/docker/certs.d/{}/ca.crt", registry.address);
        assert!(end.stderr.contains(&place), "{}", end.stderr);
    }
}

/// A TLS server on an address of this machine that engines do not take for a safe one. Its
/// certificate is signed by nobody.
struct Impostor {
    address: String,
    server: Child,
}

impl Impostor {
    fn start(sample: &Sample) -> Option<Self> {
        let ip = outer_address()?;
        let (key, certificate) = (sample.path("key.pem"), sample.path("certificate.pem"));
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt"]);
        openssl.args([
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=nobody",
        ]);
        openssl.args(["-addext", &format!("subjectAltName=IP:{ip}")]);
        openssl
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate);
        run(&mut openssl).assert_code(0, "a certificate");
        // Free a moment ago, and nobody else's in this range.
        let port = TcpListener::bind((ip, 0)).ok()?.local_addr().ok()?.port();
        let address = format!("{ip}:{port}");
        let mut server = Command::new("openssl");
        server.args(["s_server", "-quiet", "-www", "-accept", &address, "-key"]);
        server.arg(&key).arg("-cert").arg(&certificate);
        server
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let server = server.spawn().expect("started");
        eventually("the server", || TcpStream::connect(&address).is_ok());
        Some(Self { address, server })
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// Returns the address from which this machine goes out; nothing is sent for it.
fn outer_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("198.51.100.1:9").ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then_some(ip)
}
