//! `dynrun` on real engines: exit codes, streams, secrets, names, signals.

use std::io::{BufRead as _, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use test_case::test_case;

use crate::support::engines::{self, Engine};

const IMAGE: &str = "debian:bookworm-slim";

/// `dynrun` talking to an engine, with the profile that needs no GPU and a quiet set of limits.
fn dynrun(engine: &Engine) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynrun"));
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .env("DOCKER_HOST", &engine.host)
        .env("DYNBUILD_FRAMEWORK", "dynamo")
        .env("DYNBUILD_ENGINE_ADDRESS", &engine.address);
    command
}

fn run(engine: &Engine, arguments: &[&str]) -> Output {
    dynrun(engine)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("dynrun starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Asks docker for a field of a container; nothing if the container is gone.
fn inspected(engine: &Engine, name: &str, field: &str) -> Option<String> {
    let format = format!("{{{{{field}}}}}");
    let output = engine
        .docker()
        .args(["inspect", "--type=container", "-f", &format, name])
        .output();
    let output = output.expect("docker starts");
    output
        .status
        .success()
        .then(|| stdout(&output).trim().to_owned())
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    let status = Command::new("kill")
        .args([&format!("-{name}"), &pid])
        .status();
    assert!(status.expect("kill starts").success());
}

#[test_case(&["sh", "-c", "exit 3"], 3; "the command's own")]
#[test_case(&["sh", "-c", "sh -c 'kill -9 $$'; exit $?"], 137; "killed")]
#[test_case(&["nosuch"], 127; "not found")]
#[test_case(&["/etc"], 126; "a directory")]
#[test_case(&["/etc/passwd"], 126; "not executable")]
#[test_case(&["true"], 0; "fine")]
fn exit_codes_are_dockers(command: &[&str], code: i32) {
    for engine in engines::all() {
        for init in [true, false] {
            let flag = format!("--init={init}");
            let output = run(&engine, &[&[flag.as_str(), IMAGE], command].concat());
            assert_eq!(
                output.status.code(),
                Some(code),
                "{} {flag}: {}",
                engine.name,
                stderr(&output)
            );
        }
    }
}

/// Whether the engine still has the container or only its events.
#[test_case("--rm"; "removed")]
#[test_case("--rm=false"; "kept")]
fn a_container_without_memory_is_told_from_one_that_was_killed(keeping: &str) {
    for engine in engines::all() {
        let memory = ["--memory", "20m", IMAGE, "tail", "/dev/zero"];
        let told = why_killed(&engine, keeping, &memory);
        assert!(told.contains("reached its limit of memory"), "{told}");

        let killed = [IMAGE, "sh", "-c", "sh -c 'kill -9 $$'; exit $?"];
        let told = why_killed(&engine, keeping, &killed);
        assert!(told.contains("saw it reach no limit of memory"), "{told}");
    }
}

/// What is reported of a container that SIGKILL ends. An engine that has much else to do misses the
/// kernel's notification or forgets its events within moments, which is reported as well: then once more.
fn why_killed(engine: &Engine, keeping: &str, words: &[&str]) -> String {
    for _ in 0..10 {
        let container = engine.container("killed");
        let named = ["--name", container.name(), keeping];
        let output = run(engine, &[&named[..], words].concat());
        assert_eq!(output.status.code(), Some(137), "{}", engine.name);
        let told = stderr(&output);
        if !told.contains("cannot say whether") {
            return told;
        }
    }
    panic!("{} never knew", engine.name);
}

#[test]
fn what_ends_before_it_is_ready_is_told_with_the_reason() {
    for engine in engines::newest() {
        let container = engine.container("unready");
        let words = "echo 'RuntimeError: CUDA out of memory'; exit 1";
        let flags = ["-d", "--rm=false", "--name", container.name(), "--wait"];
        let output = run(&engine, &[&flags[..], &[IMAGE, "sh", "-c", words]].concat());
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        let told = stderr(&output);
        assert!(told.contains("ended with 1 before it was ready"), "{told}");
        assert!(told.contains("RuntimeError: CUDA out of memory"), "{told}");
        assert!(told.contains("hint: "), "{told}");
    }
}

#[test_case(&["--mout", "x", IMAGE], "Did you mean `--mount`?"; "unknown flag")]
#[test_case(&["--mount", "type=bnd,dst=/x", IMAGE], "bnd"; "bad mount")]
#[test_case(&["-p", "x:80", IMAGE], "x"; "bad port")]
#[test_case(&["Upper"], "Upper"; "image with upper case")]
#[test_case(&["--user", "nosuchuser", IMAGE, "true"], "nosuchuser"; "unknown user")]
#[test_case(&["--gpus", "0", IMAGE], "`--gpus none`"; "ambiguous gpus")]
#[test_case(&["-d", "--timeout", "5m", IMAGE, "true"], "Add `--wait`"; "a timeout for nothing")]
#[test_case(&["--format", "json", IMAGE, "true"], "Add `--dry-run`"; "a format for nothing")]
#[test_case(&["--device", "example.com/gpu=9", IMAGE, "true"], "example.com/gpu=9"; "unknown cdi device")]
fn what_cannot_start_ends_with_125_and_says_why(arguments: &[&str], said: &str) {
    for engine in engines::newest() {
        let output = run(&engine, arguments);
        assert_eq!(output.status.code(), Some(125), "{}", stderr(&output));
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn a_missing_image_of_ours_names_the_build() {
    for engine in engines::newest() {
        let output = run(&engine, &["--framework", "dynamo", "--target", "nosuch"]);
        assert_eq!(output.status.code(), Some(125));
        let told = stderr(&output);
        assert!(
            told.contains("dynbuild --framework dynamo --target nosuch"),
            "{told}"
        );
    }
}

#[test]
fn an_image_of_ours_is_never_pulled() {
    for engine in engines::newest() {
        let words = [
            "--framework",
            "dynamo",
            "--target",
            "nosuch",
            "--pull",
            "always",
        ];
        let output = run(&engine, &words);
        assert_eq!(output.status.code(), Some(125));
        let told = stderr(&output);
        assert!(told.contains("The engine has no image"), "{told}");
    }
}

#[test]
fn output_and_errors_stay_apart_and_whole() {
    for engine in engines::all() {
        let script = "i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i+1)); done; echo oops >&2";
        let output = run(
            &engine,
            &["--ulimit-policy", "clamp", IMAGE, "sh", "-c", script],
        );
        let lines: Vec<String> = (0..5000).map(|number| number.to_string()).collect();
        assert_eq!(stdout(&output).lines().collect::<Vec<_>>(), lines);
        assert!(stderr(&output).ends_with("oops\n"));
    }
}

#[test]
fn piped_input_ends_where_the_pipe_ends() {
    for engine in engines::all() {
        let mut child = dynrun(&engine)
            .args(["-i", IMAGE, "sh", "-c", "wc -c; echo after"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dynrun starts");
        let mut input = child.stdin.take().expect("a pipe");
        input
            .write_all(&vec![b'x'; 300_000])
            .expect("the container reads");
        drop(input);
        let output = child.wait_with_output().expect("dynrun ends");
        assert_eq!(stdout(&output), "300000\nafter\n");
    }
}

#[test]
fn a_secret_is_a_file_that_only_its_user_reads() {
    for engine in engines::newest() {
        let name = engine.container("secret");
        let script = "stat -c '%a %u' /run/secrets/hf-token; cat \"$HF_TOKEN_PATH\"; env; sleep 30";
        let mut child = dynrun(&engine)
            .env("HF_TOKEN", "hf_hidden")
            .args([
                "--name",
                name.name(),
                "--user",
                "1000",
                "--secret",
                "hf-token",
            ])
            .args([IMAGE, "sh", "-c", script])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dynrun starts");
        wait_until("it runs", || {
            inspected(&engine, name.name(), ".State.Running").as_deref() == Some("true")
        });
        let all = engine.run(engine.docker().args(["inspect", name.name()]));
        assert!(!all.contains("hf_hidden"), "{all}");
        signal(&child, "TERM");
        let mut said = String::new();
        child
            .stdout
            .take()
            .expect("a pipe")
            .read_to_string(&mut said)
            .expect("text");
        assert!(said.starts_with("400 1000\nhf_hidden"), "{said}");
        assert!(!said.contains("HF_TOKEN=hf_hidden"), "{said}");
        assert_eq!(child.wait().expect("dynrun ends").code(), Some(143));
        assert_eq!(inspected(&engine, name.name(), ".Id"), None);
    }
}

#[test_case(&["--read-only"]; "read-only")]
#[test_case(&["--tmpfs", "/run"]; "a file system in memory around it")]
#[test_case(&["--read-only", "--tmpfs", "/run"]; "both")]
fn a_secret_reaches_containers_that_take_no_files(flags: &[&str]) {
    for engine in engines::all() {
        let secret = ["--secret", "hf-token", "--user", "1000", IMAGE];
        let output = dynrun(&engine)
            .env("HF_TOKEN", "hf_hidden")
            .args(flags)
            .args(secret)
            .args([
                "sh",
                "-c",
                "stat -c '%a %u' $HF_TOKEN_PATH; cat $HF_TOKEN_PATH",
            ])
            .output()
            .expect("dynrun starts");
        assert_eq!(
            stdout(&output),
            "400 1000\nhf_hidden",
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_name_is_free_again_when_its_container_has_ended() {
    for engine in engines::all() {
        let name = engine.container("again");
        for _ in 0..10 {
            let output = run(&engine, &["--name", name.name(), "--rm", IMAGE, "true"]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
    }
}

#[test]
fn no_exit_status_is_lost_and_no_container_left() {
    for engine in engines::newest() {
        let tag = engine.container("parallel");
        let label = format!("test={}", tag.name());
        let code = |number: usize| i32::try_from(number % 100).expect("small");
        std::thread::scope(|scope| {
            for worker in 0..8 {
                let (engine, label) = (&engine, &label);
                scope.spawn(move || {
                    for number in (worker..200).step_by(8) {
                        let script = format!("exit {}", number % 100);
                        let output = run(
                            engine,
                            &[
                                "--label",
                                label,
                                "--network",
                                "none",
                                IMAGE,
                                "sh",
                                "-c",
                                &script,
                            ],
                        );
                        assert_eq!(
                            output.status.code(),
                            Some(code(number)),
                            "{}",
                            stderr(&output)
                        );
                    }
                });
            }
        });
        let filter = format!("label={label}");
        assert_eq!(
            engine.run(engine.docker().args(["ps", "-aq", "--filter", &filter])),
            ""
        );
    }
}

#[test]
fn a_killed_dynrun_leaves_an_orphan_that_gc_collects() {
    let state = tempfile::tempdir().expect("a directory");
    for engine in engines::newest() {
        let dynrun = |arguments: &[&str]| {
            let mut command = dynrun(&engine);
            command.env("XDG_STATE_HOME", state.path()).args(arguments);
            command
        };
        let said = |arguments: &[&str]| stdout(&dynrun(arguments).output().expect("dynrun starts"));
        let name = engine.container("orphan");
        let mut child = dynrun(&[
            "--name",
            name.name(),
            IMAGE,
            "sh",
            "-c",
            "echo up; sleep 60",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("dynrun starts");
        // What it says is passed on once it is followed.
        let mut up = [0; 3];
        let output = child.stdout.as_mut().expect("a pipe");
        output.read_exact(&mut up).expect("it speaks");
        let followed = said(&["gc", "--dry-run"]);
        assert!(!followed.contains(name.name()), "{followed}");
        child.kill().expect("dynrun is there");
        child.wait().expect("dynrun ends");
        let listed = said(&["ps"]);
        let line = listed
            .lines()
            .find(|line| line.contains(name.name()))
            .expect("listed");
        assert!(line.ends_with("nobody"), "{line}");
        let elsewhere = run(&engine, &["gc", "--dry-run"]);
        assert!(!stdout(&elsewhere).contains(name.name()));
        assert!(stderr(&elsewhere).contains(&format!("dynrun stop {}", name.name())));
        let collected = said(&["gc"]);
        assert!(collected.contains(name.name()), "{collected}");
        assert_eq!(inspected(&engine, name.name(), ".Id"), None);
    }
}

#[test]
fn containers_in_the_background_are_found_read_entered_and_stopped() {
    for engine in engines::all() {
        let name = engine.container("behind");
        let started = run(
            &engine,
            &[
                "-d",
                "--name",
                name.name(),
                IMAGE,
                "sh",
                "-c",
                "echo up; exec sleep 60",
            ],
        );
        assert_eq!(started.status.code(), Some(0), "{}", stderr(&started));
        assert_eq!(
            Some(stdout(&started).trim().to_owned()),
            inspected(&engine, name.name(), ".Id")
        );
        wait_until("it speaks", || {
            stdout(&run(&engine, &["logs", name.name()])) == "up\n"
        });
        let entered = run(
            &engine,
            &["exec", name.name(), "sh", "-c", "echo in; exit 4"],
        );
        assert_eq!(
            (entered.status.code(), stdout(&entered).as_str()),
            (Some(4), "in\n")
        );
        assert!(stdout(&run(&engine, &["ps"])).contains(name.name()));
        let ready = run(&engine, &["wait", name.name(), "--for=running"]);
        assert_eq!(ready.status.code(), Some(0), "{}", stderr(&ready));
        let late = run(
            &engine,
            &["wait", name.name(), "--for", "port", "--timeout", "1"],
        );
        assert_eq!(late.status.code(), Some(124), "{}", stderr(&late));
        let stopped = run(&engine, &["stop", "-t", "1", name.name()]);
        assert_eq!(stopped.status.code(), Some(0), "{}", stderr(&stopped));
        assert_eq!(inspected(&engine, name.name(), ".Id"), None);
    }
}

#[test]
fn an_end_without_a_log_is_told_all_the_same() {
    for engine in engines::all() {
        let name = engine.container("mute");
        let flags = [
            "-d",
            "--wait",
            "--log-driver",
            "none",
            "--name",
            name.name(),
        ];
        let output = run(
            &engine,
            &[&flags[..], &[IMAGE, "sh", "-c", "exit 9"]].concat(),
        );
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("ended with 9"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn a_published_port_without_a_server_is_not_open() {
    for engine in engines::all() {
        let name = engine.container("proxied");
        let flags = [
            "-d",
            "--network",
            "bridge",
            "-p",
            "8000",
            "--name",
            name.name(),
        ];
        let started = run(&engine, &[&flags[..], &[IMAGE, "sleep", "60"]].concat());
        assert_eq!(started.status.code(), Some(0), "{}", stderr(&started));
        let arguments = ["wait", name.name(), "--for=port", "--timeout", "1"];
        let waited = run(&engine, &arguments);
        assert_eq!(waited.status.code(), Some(124), "{}", stderr(&waited));
    }
}

#[test]
fn what_is_not_started_has_not_ended() {
    for engine in engines::newest() {
        let name = engine.container("created");
        let create = ["create", "--name", name.name(), IMAGE, "true"];
        engine.run(engine.docker().args(create));
        let waited = run(&engine, &["wait", name.name(), "--timeout", "1"]);
        assert_eq!(waited.status.code(), Some(124), "{}", stderr(&waited));
        assert!(
            stderr(&waited).contains("not started yet"),
            "{}",
            stderr(&waited)
        );
    }
}

#[test]
fn stop_leaves_alone_what_dynrun_did_not_start() {
    for engine in engines::newest() {
        let name = engine.container("foreign");
        engine.run(
            engine
                .docker()
                .args(["run", "-d", "--name", name.name(), "-v", "/kept"])
                .args([IMAGE, "sleep", "60"]),
        );
        let stopped = run(&engine, &["stop", "-t", "0", name.name()]);
        assert_eq!(stopped.status.code(), Some(125));
        let told = stderr(&stopped);
        assert!(told.contains("docker stop"), "{told}");
        let running = inspected(&engine, name.name(), ".State.Running");
        assert_eq!(running.as_deref(), Some("true"));
    }
}

#[test]
fn a_name_without_a_tag_is_one_image() {
    for engine in engines::all() {
        let name = engine.image("untagged");
        let repository = format!("{}/{}", engine.registry, name.name().replace(":latest", ""));
        let tags = ["latest", "other"].map(|tag| format!("{repository}:{tag}"));
        for tag in &tags {
            engine.run(engine.docker().args(["tag", IMAGE, tag]));
            engine.run(engine.docker().args(["push", tag]));
            engine.run(engine.docker().args(["image", "rm", tag]));
        }
        let output = run(&engine, &[&repository, "true"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let format = ["image", "ls", "--format", "{{.Tag}}", repository.as_str()];
        let pulled = engine.run(engine.docker().args(format));
        engine.run(engine.docker().args(["image", "rm", &tags[0]]));
        assert_eq!(pulled, "latest", "{}", engine.name);
    }
}

#[test]
fn an_image_is_pulled_with_the_login_to_its_registry() {
    for engine in engines::newest() {
        let registry = &engine.registry_with_login;
        let name = format!("{}/{}", registry.address, engine.image("login").name());
        let configuration = tempfile::tempdir().expect("a directory");
        let docker = |arguments: &[&str]| {
            let mut docker = engine.docker();
            docker.env("DOCKER_CONFIG", configuration.path());
            engine.run(docker.args(arguments));
        };
        let account = [
            "--username",
            &registry.user,
            "--password",
            &registry.password,
        ];
        docker(&[&["login"], &account[..], &[&registry.address]].concat());
        docker(&["tag", IMAGE, &name]);
        docker(&["push", &name]);
        docker(&["image", "rm", &name]);
        let pulled = |config: &str| {
            let mut command = dynrun(&engine);
            command.env("DOCKER_CONFIG", config).args([&name, "true"]);
            command.output().expect("dynrun starts").status.code()
        };
        let configured = configuration.path().to_str().expect("UTF-8");
        assert_eq!(pulled("/nonexistent"), Some(125));
        assert_eq!(pulled(configured), Some(0));
        // With the image there, nobody is asked for a login.
        assert_eq!(pulled("/nonexistent"), Some(0));
        docker(&["image", "rm", &name]);
    }
}

#[test]
fn a_container_that_ends_is_told_while_waiting() {
    for engine in engines::newest() {
        let name = engine.container("dies");
        let output = run(
            &engine,
            &[
                "-d",
                "--wait",
                "--name",
                name.name(),
                IMAGE,
                "sh",
                "-c",
                "sleep 1; exit 9",
            ],
        );
        assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("ended with 9"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn gpu_requests_reach_the_hook_and_cdi_devices_the_container() {
    for engine in engines::newest() {
        let name = engine.container("gpu");
        let output = run(
            &engine,
            &[
                "-d",
                "--name",
                name.name(),
                "--gpus",
                "0,1",
                IMAGE,
                "sleep",
                "30",
            ],
        );
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let id = inspected(&engine, name.name(), ".Id").expect("it is there");
        let record = engine
            .run_dir
            .join("hook/records")
            .join(format!("{id}.config"));
        let record = fs_err::read_to_string(record).expect("the hook was asked");
        assert!(record.contains("NVIDIA_VISIBLE_DEVICES=0,1"), "{record}");
        let output = run(&engine, &["--device", "example.com/gpu=0", IMAGE, "env"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
}

#[test]
fn proxies_of_dockers_configuration_reach_the_container() {
    let home = tempfile::tempdir().expect("a directory");
    let config = r#"{"proxies": {"default": {"httpProxy": "http://proxy.example:3128", "noProxy": "localhost"}}}"#;
    fs_err::write(home.path().join("config.json"), config).expect("written");
    for engine in engines::all() {
        let arguments = ["--rm", "-e", "no_proxy=mine", IMAGE, "env"];
        let mut command = dynrun(&engine);
        command.env("DOCKER_CONFIG", home.path());
        let output = command.args(arguments).output().expect("dynrun starts");
        let env = stdout(&output);
        for expected in [
            "HTTP_PROXY=http://proxy.example:3128",
            "http_proxy=http://proxy.example:3128",
            "NO_PROXY=localhost",
            "no_proxy=mine",
        ] {
            assert!(
                env.lines().any(|line| line == expected),
                "{expected}: {env}{}",
                stderr(&output)
            );
        }
    }
}

/// A `dynrun` whose output is read while it runs.
fn spawn(engine: &Engine, arguments: &[&str]) -> Child {
    dynrun(engine)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("dynrun starts")
}

fn first_line(stream: Option<impl std::io::Read>) -> String {
    let mut line = String::new();
    std::io::BufReader::new(stream.expect("a pipe"))
        .read_line(&mut line)
        .expect("a line");
    line
}

#[test_case("INT", 130)]
#[test_case("TERM", 143)]
fn a_signal_ends_the_wait_and_not_the_container_in_the_background(name: &str, code: i32) {
    for engine in engines::newest() {
        let container = engine.container("waited");
        let flags = ["-d", "--name", container.name(), "--wait", "--for=port"];
        let mut child = spawn(&engine, &[&flags[..], &[IMAGE, "sleep", "60"]].concat());
        let mut told = std::io::BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        while !line.contains("Running after") {
            line.clear();
            assert!(told.read_line(&mut line).expect("a line") > 0, "no phase");
        }
        signal(&child, name);
        assert_eq!(child.wait().expect("dynrun ends").code(), Some(code));
        let mut rest = String::new();
        told.read_to_string(&mut rest).expect("text");
        assert!(rest.contains("stop it with `dynrun stop "), "{rest}");
        let running = inspected(&engine, container.name(), ".State.Running");
        assert_eq!(running.as_deref(), Some("true"));
    }
}

#[test]
fn a_signal_that_cannot_go_to_the_container_ends_dynrun() {
    for engine in engines::newest() {
        let container = engine.container("apart");
        let speaking = ["sh", "-c", "echo up; exec sleep 60"];
        let flags = ["--sig-proxy=false", "--name", container.name(), IMAGE];
        let mut launched = spawn(&engine, &[&flags[..], &speaking].concat());
        assert_eq!(first_line(launched.stdout.take()), "up\n");
        let mut entered = spawn(
            &engine,
            &[&["exec", container.name()][..], &speaking].concat(),
        );
        assert_eq!(first_line(entered.stdout.take()), "up\n");
        for child in [&mut entered, &mut launched] {
            signal(child, "TERM");
            assert_eq!(child.wait().expect("dynrun ends").code(), Some(143));
        }
        let running = inspected(&engine, container.name(), ".State.Running");
        assert_eq!(running.as_deref(), Some("true"));
    }
}

#[test]
fn output_waits_for_a_slow_reader() {
    for engine in engines::newest() {
        let container = engine.container("slow");
        let script = "seq 1 80000; exit 3";
        let flags = ["--name", container.name(), IMAGE, "sh", "-c", script];
        let child = spawn(&engine, &flags);
        wait_until("it has ended", || {
            inspected(&engine, container.name(), ".State.Running").is_none()
        });
        // Longer than an engine may be silent.
        std::thread::sleep(Duration::from_secs(7));
        let output = child.wait_with_output().expect("dynrun ends");
        assert_eq!(stdout(&output).lines().count(), 80_000);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    }
}

#[test_case(&["--init"]; "with init")]
#[test_case(&["--init=false", "--stop-timeout", "1"]; "as the first process")]
fn a_container_that_nobody_reads_any_more_is_stopped(flags: &[&str]) {
    for engine in engines::newest() {
        let container = engine.container("unread");
        let command = ["--name", container.name(), IMAGE, "yes"];
        let mut child = spawn(&engine, &[flags, &command[..]].concat());
        assert_eq!(first_line(child.stdout.take()), "y\n");
        assert_eq!(child.wait().expect("dynrun ends").code(), Some(141));
        assert_eq!(inspected(&engine, container.name(), ".Id"), None);
    }
}

#[test]
fn ctrl_c_ends_what_nobody_reads() {
    for engine in engines::newest() {
        let container = engine.container("full");
        // The pipe stays open, and what is in it unread.
        let mut child = spawn(&engine, &["--name", container.name(), IMAGE, "yes"]);
        wait_until("it runs", || {
            inspected(&engine, container.name(), ".State.Running").as_deref() == Some("true")
        });
        std::thread::sleep(Duration::from_secs(1));
        signal(&child, "INT");
        assert_eq!(child.wait().expect("dynrun ends").code(), Some(130));
        assert_eq!(inspected(&engine, container.name(), ".Id"), None);
    }
}

#[test_case("echo lost; echo said >&2", 125; "the container ended well")]
#[test_case("echo lost; echo said >&2; exit 3", 3; "the container failed")]
fn output_that_cannot_be_written_is_told(script: &str, code: i32) {
    for engine in engines::newest() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
        let output = dynrun(&engine)
            .args([IMAGE, "sh", "-c", script])
            .stdin(Stdio::null())
            .stdout(full.expect("opened"))
            .output()
            .expect("dynrun starts");
        let told = stderr(&output);
        assert!(told.contains("No space left on device"), "{told}");
        assert!(told.contains("said"), "{told}");
        assert_eq!(output.status.code(), Some(code), "{told}");
    }
}

#[test]
fn variables_of_a_command_are_taken_from_the_environment() {
    for engine in engines::newest() {
        let container = engine.container("variables");
        let flags = ["-d", "--name", container.name(), "-e", "GONE=here"];
        let started = run(&engine, &[&flags[..], &[IMAGE, "sleep", "60"]].concat());
        assert_eq!(started.status.code(), Some(0), "{}", stderr(&started));
        let output = dynrun(&engine)
            .env("GIVEN", "ours")
            .args(["exec", "-e", "GIVEN", "-e", "GONE", "-e", "SET=a=b"])
            .args([container.name(), "env"])
            .output()
            .expect("dynrun starts");
        let env = stdout(&output);
        let lines: Vec<_> = env.lines().collect();
        assert!(lines.contains(&"GIVEN=ours"), "{env}{}", stderr(&output));
        assert!(lines.contains(&"SET=a=b"), "{env}");
        assert!(!lines.iter().any(|line| line.starts_with("GONE")), "{env}");
    }
}

/// An engine that can be frozen.
struct Freezer {
    directory: tempfile::TempDir,
    frozen: Arc<AtomicBool>,
}

impl Freezer {
    fn before(engine: &Engine) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(directory.path().join("s")).expect("a socket");
        let frozen = Arc::new(AtomicBool::new(false));
        let behind = engine.host.strip_prefix("unix://").expect("a socket");
        let (behind, freezing) = (behind.to_owned(), Arc::clone(&frozen));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, engine) = (client?, UnixStream::connect(&behind)?);
                carry(client.try_clone()?, engine.try_clone()?, &freezing);
                carry(engine, client, &freezing);
            }
            std::io::Result::Ok(())
        });
        Self { directory, frozen }
    }

    fn host(&self) -> String {
        format!("unix://{}", self.directory.path().join("s").display())
    }
}

fn carry(mut from: UnixStream, mut to: UnixStream, frozen: &Arc<AtomicBool>) {
    let frozen = Arc::clone(frozen);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            while frozen.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50));
            }
            if to.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
        to.shutdown(std::net::Shutdown::Write).ok();
    });
}

#[test]
fn the_third_ctrl_c_leaves_an_engine_that_does_not_answer() {
    for engine in engines::newest() {
        let container = engine.container("frozen");
        let freezer = Freezer::before(&engine);
        let script = "trap : INT; echo up; while :; do sleep 1; done";
        let mut child = dynrun(&engine)
            .env("DOCKER_HOST", freezer.host())
            .args(["--name", container.name(), IMAGE, "sh", "-c", script])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dynrun starts");
        assert_eq!(first_line(child.stdout.take()), "up\n");
        freezer.frozen.store(true, Ordering::Relaxed);
        for _ in 0..3 {
            signal(&child, "INT");
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(child.wait().expect("dynrun ends").code(), Some(130));
    }
}

#[test]
fn a_wait_keeps_its_time_while_a_question_is_open() {
    // Connections are taken, and nothing is answered.
    let mute = "use IO::Socket::INET; \
                $s = IO::Socket::INET->new(LocalPort => 18347, Listen => 9) or die; sleep 100";
    for engine in engines::newest() {
        let container = engine.container("mute");
        let flags = ["-d", "--name", container.name(), "--network", "host"];
        let server = ["-e", "DYN_HTTP_PORT=18347", IMAGE, "perl", "-e", mute];
        let started = run(&engine, &[&flags[..], &server].concat());
        assert_eq!(started.status.code(), Some(0), "{}", stderr(&started));
        let start = Instant::now();
        let wish = ["--for=live", "--timeout=10"];
        let late = run(&engine, &[&["wait", container.name()], &wish[..]].concat());
        let told = stderr(&late);
        assert_eq!(late.status.code(), Some(124), "{told}");
        assert!(told.contains("Port after"), "{told}");
        assert!(told.contains("no `live`"), "{told}");
        // Much more than was asked for, much less than a question may take.
        assert!(start.elapsed() < Duration::from_secs(30), "{told}");
    }
}

#[test]
fn an_image_that_cannot_be_asked_from_inside_is_reported() {
    for engine in engines::newest() {
        let container = engine.container("without-bash");
        let flags = ["-d", "--name", container.name(), "--network", "none"];
        let server = ["busybox:latest", "nc", "-l", "-p", "8000"];
        let started = run(&engine, &[&flags[..], &server].concat());
        assert_eq!(started.status.code(), Some(0), "{}", stderr(&started));
        let wish = ["--for=live", "--timeout=12"];
        let late = run(&engine, &[&["wait", container.name()], &wish[..]].concat());
        let reported = stderr(&late);
        assert_eq!(late.status.code(), Some(124), "{reported}");
        let hint = reported.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            hint.contains("neither bash nor python3 in the image"),
            "{reported}"
        );
        assert!(hint.contains("`-p 8000`"), "{reported}");
    }
}

/// What an engine cannot do is said once, not at every launch.
#[test]
fn a_lasting_note_is_shown_once_per_engine_and_when_asked_for() {
    for engine in engines::all() {
        let state = tempfile::tempdir().expect("a directory");
        let noted = |more: &[&str]| {
            let mut command = dynrun(&engine);
            command.env("XDG_STATE_HOME", state.path()).args(more);
            let limit = ["--ulimit", "nofile=99999999", IMAGE, "true"];
            let output = command.args(limit).output().expect("dynrun starts");
            stderr(&output).contains("may not set limits this high")
        };
        // An engine that may set any limit has nothing to say.
        if noted(&[]) {
            assert!(!noted(&[]), "{}", engine.name);
            assert!(noted(&["--verbose"]), "{}", engine.name);
        }
    }
}
