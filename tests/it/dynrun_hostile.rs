//! `dynrun` and engines that do not answer, answer without an end, or say what they should not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use test_case::test_case;

/// An engine that says what a test wants it to.
struct FakeEngine(tempfile::TempDir);

/// What it does with a request.
enum Answer {
    Json(Value),
    /// Nothing, ever.
    Silence,
    /// A list that does not end.
    Endless,
}

impl FakeEngine {
    fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(directory.path().join("s")).expect("a socket");
        let answer = std::sync::Arc::new(answer);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let answer = std::sync::Arc::clone(&answer);
                std::thread::spawn(move || serve(client, &*answer));
            }
        });
        Self(directory)
    }

    /// One that takes connections and is stopped (SIGSTOP).
    fn paused() -> Self {
        Self::start(|_| Answer::Silence)
    }

    /// One that says its version, and is stopped then.
    fn paused_after_ping() -> Self {
        Self::start(|line| ping(line).unwrap_or(Answer::Silence))
    }

    /// One that has these containers.
    fn with_containers(list: Value) -> Self {
        Self::start(move |line| ping(line).unwrap_or_else(|| Answer::Json(list.clone())))
    }

    fn dynrun(&self) -> Command {
        dynrun(&format!("unix://{}/s", self.0.path().display()))
    }

    fn ps(&self, arguments: &[&str]) -> Output {
        self.dynrun()
            .arg("ps")
            .args(arguments)
            .output()
            .expect("dynrun starts")
    }
}

fn dynrun(host: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynrun"));
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .env("DOCKER_HOST", host)
        .stdin(Stdio::null());
    command
}

fn ping(line: &str) -> Option<Answer> {
    line.contains("/_ping").then(|| Answer::Json(json!("OK")))
}

fn serve(mut client: UnixStream, answer: &dyn Fn(&str) -> Answer) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    loop {
        let mut line = String::new();
        reader
            .read_line(&mut line)
            .ok()
            .filter(|count| *count > 0)?;
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader
                .read_line(&mut header)
                .ok()
                .filter(|count| *count > 0)?;
            let header = header.trim().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length: ") {
                length = value.parse().ok()?;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        let head = "HTTP/1.1 200 OK\r\nApi-Version: 1.47\r\nServer: Docker/27.0 (linux)\r\n";
        match answer(&line) {
            Answer::Silence => std::thread::sleep(std::time::Duration::from_secs(600)),
            Answer::Json(value) => {
                let body = value.to_string();
                write!(client, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
            }
            Answer::Endless => {
                write!(client, "{head}Transfer-Encoding: chunked\r\n\r\n").ok()?;
                let item = container(&"0".repeat(64), "x").to_string() + ",";
                let piece = item.repeat(1000);
                write!(client, "1\r\n[\r\n").ok()?;
                loop {
                    write!(client, "{:x}\r\n{piece}\r\n", piece.len()).ok()?;
                }
            }
        }
    }
}

fn container(id: &str, name: &str) -> Value {
    json!({
        "Id": id, "Names": [format!("/{name}")], "Image": "busybox", "Command": "sleep 60",
        "Created": 0, "State": "running", "Status": "Up 2 minutes",
        "Labels": {"io.dynbuild.run": "1"},
        "Ports": [{"IP": "0.0.0.0", "PrivatePort": 8000, "PublicPort": 8000, "Type": "tcp"}],
        "NetworkSettings": {"Networks": {"bridge": {}}}, "Mounts": [],
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test_case(&FakeEngine::paused(), "connect"; "before it is asked")]
#[test_case(&FakeEngine::paused_after_ping(), "list containers"; "while it is asked")]
fn an_engine_that_is_paused_is_waited_for_in_words_and_not_for_ever(
    engine: &FakeEngine,
    asked: &str,
) {
    let mut command = engine.dynrun();
    let output = command
        .env("DYNBUILD_ENGINE_TIMEOUT", "4")
        .arg("ps")
        .output();
    let output = output.expect("dynrun starts");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    assert!(
        stderr.starts_with(&format!("note: Waiting for the engine to {asked}")),
        "{stderr}"
    );
    assert!(
        stderr.contains("error: The engine did not answer within 4s"),
        "{stderr}"
    );
    assert!(
        stderr.contains("`export DYNBUILD_ENGINE_TIMEOUT=5m`"),
        "{stderr}"
    );
}

#[test_case(&["ps"])]
#[test_case(&["logs", "x"])]
#[test_case(&["stop", "x"])]
#[test_case(&["wait", "x"])]
#[test_case(&["exec", "x", "true"])]
#[test_case(&["attach", "x"])]
#[test_case(&["gc"])]
#[test_case(&["--framework", "dynamo"]; "a launch")]
#[test_case(&["--no-defaults", "busybox"]; "a launch without defaults")]
fn every_command_ends_when_the_engine_is_silent(arguments: &[&str]) {
    for engine in [FakeEngine::paused(), FakeEngine::paused_after_ping()] {
        let mut command = engine.dynrun();
        command
            .env("DYNBUILD_ENGINE_TIMEOUT", "300ms")
            .args(arguments);
        let output = command.output().expect("dynrun starts");
        assert_eq!(output.status.code(), Some(125), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("did not answer within"));
    }
}

#[test]
fn an_ssh_that_hangs_is_not_waited_for_for_ever() {
    let programs = tempfile::tempdir().expect("a directory");
    let ssh = programs.path().join("ssh");
    fs_err::write(&ssh, "#!/bin/sh\nexec sleep 600\n").expect("written");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs_err::set_permissions(&ssh, executable).expect("made executable");
    let path = format!("{}:/usr/bin:/bin", programs.path().display());
    let mut command = dynrun("ssh://gpu");
    command
        .env("PATH", path)
        .env("DYNBUILD_ENGINE_TIMEOUT", "4s");
    let output = command.arg("ps").output().expect("dynrun starts");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    assert!(
        stderr.contains("note: Waiting for the engine to connect"),
        "{stderr}"
    );
}

#[test]
fn a_time_that_is_none_is_refused() {
    let mut command = FakeEngine::paused().dynrun();
    let output = command
        .env("DYNBUILD_ENGINE_TIMEOUT", "soon")
        .arg("ps")
        .output();
    let output = output.expect("dynrun starts");
    assert_eq!(output.status.code(), Some(125));
    let expected = "Invalid value `soon` for `DYNBUILD_ENGINE_TIMEOUT`";
    assert!(text(&output.stderr).contains(expected));
}

#[test]
fn a_list_without_an_end_is_cut_off() {
    let engine = FakeEngine::start(|line| ping(line).unwrap_or(Answer::Endless));
    let output = engine.ps(&[]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{stderr}");
    assert!(
        stderr.contains("its answer is longer than 64 MiB"),
        "{stderr}"
    );
}

#[test_case("../../x")]
#[test_case("/x"; "absolute")]
#[test_case("")]
#[test_case("0123456789ab"; "short")]
fn ids_that_are_none_become_no_paths(id: &str) {
    let home = tempfile::tempdir().expect("a directory");
    let state = home.path().join("a/b/state");
    fs_err::create_dir_all(&state).expect("made");
    let list = json!([container(id, "x")]);
    let created = json!({"Id": id, "Warnings": []});
    let answer = move |line: &str| match ping(line) {
        Some(pong) => pong,
        None if line.contains("/create") => Answer::Json(created.clone()),
        None if line.contains("/json?") => Answer::Json(list.clone()),
        None => Answer::Json(json!({"Id": "y", "Config": {}, "HostConfig": {}, "State": {}})),
    };
    let engine = FakeEngine::start(answer);
    let cidfile = home.path().join("cid");
    let cidfile = cidfile.to_str().expect("UTF-8");
    let lines: [&[&str]; 4] = [
        &["gc"],
        &["ps"],
        &["stop", "x"],
        &["--no-defaults", "--cidfile", cidfile, "busybox"],
    ];
    for line in lines {
        let mut command = engine.dynrun();
        let output = command.env("XDG_STATE_HOME", &state).args(line).output();
        let output = output.expect("dynrun starts");
        assert_eq!(output.status.code(), Some(125), "{line:?}");
        assert!(
            text(&output.stderr).contains("is not an id"),
            "{}",
            text(&output.stderr)
        );
    }
    let files = |directory: &Path| fs_err::read_dir(directory).expect("read").count();
    assert_eq!((files(home.path()), files(&state)), (1, 0));
}

#[test]
fn a_list_is_printed_as_docker_does() {
    let id = "0123456789abcdef".repeat(4);
    let engine = FakeEngine::with_containers(json!([container(&id, "front")]));
    let stdout = |arguments: &[&str]| {
        let output = engine.ps(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    insta::assert_snapshot!(stdout(&[]), @r"
    NAME   IMAGE    STATUS        PORTS                   FOLLOWED BY
    front  busybox  Up 2 minutes  0.0.0.0:8000->8000/tcp  -
    ");
    assert_eq!(stdout(&["-q"]), "0123456789ab\n");
    assert_eq!(stdout(&["-aq", "--no-trunc"]), format!("{id}\n"));
    assert_eq!(
        stdout(&["--format", "{{.Names}} {{.Status}}"]),
        "front Up 2 minutes\n"
    );
    insta::assert_snapshot!(stdout(&["--format", "table {{.ID}}\\t{{.Names}}"]), @r"
    CONTAINER ID  NAMES
    0123456789ab  front
    ");
    let json: Value = serde_json::from_str(&stdout(&["--format", "json"])).expect("JSON");
    assert_eq!(json["Names"], "front");
    assert_eq!(json["Ports"], "0.0.0.0:8000->8000/tcp");
}

#[test]
fn what_others_wrote_cannot_control_the_terminal() {
    let mut evil = container(&"0".repeat(64), "a\u{1b}]52;c;eA==\u{7}b");
    evil["Status"] = json!("Up\u{1b}[2J\u{202e}\u{9b}1m");
    evil["Image"] = json!("i\r\nj");
    let engine = FakeEngine::with_containers(json!([evil]));
    for format in [
        "table",
        "json",
        "{{.Names}}",
        "table {{.Image}}\\t{{.Status}}",
        "{{json .}}",
    ] {
        let shown = text(&engine.ps(&["--format", format]).stdout);
        let harmless = |character: char| character == '\n' || !character.is_control();
        assert!(shown.chars().all(harmless), "{shown:?}");
        assert!(!shown.contains('\u{202e}'), "{shown:?}");
    }
}

#[test]
fn filters_reach_the_engine() {
    let engine = FakeEngine::start(|line| {
        let all = ["all=1", "limit=2", "status", "exited", "io.dynbuild.run"];
        ping(line).unwrap_or_else(|| {
            let reached = all.iter().all(|part| line.contains(part));
            Answer::Json(if reached { json!([]) } else { json!("no") })
        })
    });
    let output = engine.ps(&["-a", "-n", "2", "--filter", "status=exited", "-q"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}
