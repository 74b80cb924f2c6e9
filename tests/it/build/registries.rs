//! Registries: pushes with and without a login, and caches.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::sample::{Sample, run};
use crate::support::engines::{self, Engine, Store, unique};

/// The engine that can push by itself.
fn containerd() -> impl Iterator<Item = Engine> {
    let engines = engines::newest().into_iter();
    engines.filter(|engine| engine.store == Store::Containerd)
}

#[test]
fn a_login_decides_about_a_push() {
    for engine in containerd() {
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
