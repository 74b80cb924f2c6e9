//! Engines and helpers that say nothing: a word after seconds, and an end.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;

use super::test_env::TestEnv;

/// Sockets that accept connections and say nothing.
fn mute(env: &TestEnv) -> String {
    let path = env.path("mute.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            kept.push(stream);
        }
    });
    format!("unix://{}", path.display())
}

#[test]
fn an_engine_that_accepts_and_says_nothing() {
    let env = TestEnv::new();
    let host = mute(&env);
    let env = env
        .with("DOCKER_HOST", &host)
        .with("DYNBUILD_ENGINE_TIMEOUT", "5s");
    let ran = env.run("").failure();
    assert!(
        ran.starts_with(
            "exit 3
stderr:
note: Waiting for the engine to connect at `unix://[DIR]/mute.sock`"
        ),
        "{ran}"
    );
    assert!(
        ran.contains("error: The engine did not answer within 5s when asked to connect"),
        "{ran}"
    );
    let ran = env.run("--engine-timeout 1s").failure();
    assert!(ran.contains("did not answer within 1s"), "{ran}");
}

#[test]
fn an_ssh_that_hangs() {
    let env = TestEnv::new();
    env.write("bin/ssh", "#!/bin/sh\nexec sleep 1000\n");
    let ssh = env.path("bin/ssh");
    fs_err::set_permissions(ssh, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let path = format!("{}:/usr/bin:/bin", env.path("bin").display());
    let env = env
        .with("PATH", &path)
        .with("DOCKER_HOST", "ssh://me@build")
        .with("DYNBUILD_ENGINE_TIMEOUT", "1s");
    let ran = env.run("").failure();
    assert!(
        ran.starts_with(
            "exit 3
"
        ),
        "{ran}"
    );
    assert!(
        ran.contains(
            "connect at `ssh -o 'ConnectTimeout=30' -T -l me -- build docker system dial-stdio`"
        ),
        "{ran}"
    );
}

#[test]
fn a_time_that_is_none() {
    let env = TestEnv::new().with("DYNBUILD_ENGINE_TIMEOUT", "soon");
    let ran = env.run("").failure();
    assert!(
        ran.starts_with(
            "exit 2
"
        ) && ran.contains("`DYNBUILD_ENGINE_TIMEOUT`"),
        "{ran}"
    );
}
