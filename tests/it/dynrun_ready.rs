//! `--wait` and `dynrun wait` on real engines: ready is what a client finds, of this container.

use std::process::{Command, Output, Stdio};

use test_case::test_case;

use crate::support::engines::{self, Engine, Owned};

const IMAGE: &str = "debian:bookworm-slim";

/// An HTTP server for `perl -e SERVER PORT ADDRESS MODELS`, which writes the requests it gets.
const SERVER: &str = r#"
use IO::Socket::INET;
$SIG{TERM} = sub { exit };
my ($port, $address, $models) = @ARGV;
my $s = IO::Socket::INET->new(LocalPort => $port, LocalAddr => $address, Listen => 9, ReuseAddr => 1) or die "bind: $!";
while (my $c = $s->accept) {
    my $request = <$c> or next;
    my $length = 0;
    while (<$c>) {
        last if /^\r?$/;
        $length = $1 if /^content-length: (\d+)/i;
        print STDERR $request . $_ if /^user-agent/i;
    }
    read $c, my $ignored, $length if $length;
    my $body = $request =~ m{/v1/models} ? qq({"data":[$models]}) : '{"choices":[{}]}';
    print $c "HTTP/1.1 200 OK\r\ncontent-length: " . length($body) . "\r\nconnection: close\r\n\r\n$body";
    close $c;
}
"#;

const MODEL: &str = r#"{"id":"tiny"}"#;

fn dynrun(engine: &Engine) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dynrun"));
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .env("DOCKER_HOST", &engine.host)
        .env("DYNBUILD_FRAMEWORK", "dynamo")
        .stdin(Stdio::null());
    command
}

/// What a `dynrun` came to.
struct Ran {
    code: Option<i32>,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    #[track_caller]
    fn ended(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        self
    }

    #[track_caller]
    fn said(&self, text: &str) -> &Self {
        let words: Vec<_> = self.stderr.split_whitespace().collect();
        assert!(
            words.join(" ").contains(text),
            "no {text:?} in {}",
            self.stderr
        );
        self
    }
}

/// Launches in the background and waits.
fn wait(engine: &Engine, container: &Owned, flags: &[&str], command: &[&str]) -> Ran {
    let fixed = ["-d", "--rm=false", "--wait", "--name", container.name()];
    let line = [&fixed[..], flags, &[IMAGE], command].concat();
    dynrun(engine)
        .args(line)
        .output()
        .expect("dynrun starts")
        .into()
}

fn server<'a>(port: &'a str, address: &'a str, models: &'a str) -> [&'a str; 6] {
    ["perl", "-e", SERVER, port, address, models]
}

#[test]
fn another_server_on_the_same_port_is_not_this_container() {
    for engine in engines::all() {
        let (other, ours) = (engine.container("other"), engine.container("ours"));
        let port = ["--network=host", "-e", "DYN_HTTP_PORT=18351"];
        let for_live = [&port[..], &["--for=live", "--timeout=20"]].concat();
        wait(
            &engine,
            &other,
            &for_live,
            &server("18351", "0.0.0.0", MODEL),
        )
        .ended(0);
        let for_live = [&port[..], &["--for=live", "--timeout=3"]].concat();
        wait(&engine, &ours, &for_live, &["sleep", "60"])
            .ended(124)
            .said(&format!(
                "Port 18351 is held by container `{}`",
                other.name()
            ))
            .said("`docker stop");
    }
}

#[test]
fn one_that_finds_its_port_taken_is_explained() {
    for engine in engines::newest() {
        let (other, ours) = (engine.container("holder"), engine.container("late"));
        let flags = ["--network=host", "-e", "DYN_HTTP_PORT=18352", "--for=live"];
        let command = server("18352", "0.0.0.0", MODEL);
        wait(&engine, &other, &flags, &command).ended(0);
        wait(&engine, &ours, &flags, &command)
            .ended(4)
            .said("bind: Address already in use")
            .said("Something else listens on a port that the container needs");
    }
}

/// Where a server listens at one address only, nobody answers at another.
#[test_case("18353", None; "of its machine")]
#[test_case("18354", Some("127.0.0.2"); "another loopback")]
fn a_server_is_asked_where_it_listens(port: &str, address: Option<&str>) {
    for engine in engines::newest() {
        let container = engine.container("own-address");
        let setting = format!("DYN_HTTP_PORT={port}");
        let flags = ["--network=host", "-e", &setting, "--timeout=20"];
        let address = address.unwrap_or(&engine.address);
        let ran = wait(&engine, &container, &flags, &server(port, address, MODEL));
        ran.ended(0);
    }
}

/// The engines of tests have networks of their own, as those of other machines.
#[test]
fn the_address_is_printed_with_every_level() {
    for engine in engines::all() {
        let container = engine.container("address");
        let flags = [
            "--network=host",
            "-e",
            "DYN_HTTP_PORT=18353",
            "--timeout=30",
        ];
        let ran = wait(
            &engine,
            &container,
            &flags,
            &server("18353", "0.0.0.0", MODEL),
        );
        let url = format!("http://{}:18353", engine.address);
        ran.ended(0)
            .said(&format!("at {url}"))
            .said("Completion after")
            .said(&format!("`tiny` at {url}"));
        let live = ran.stderr.lines().find(|line| line.contains("Live after"));
        assert!(
            live.is_some_and(|line| line.ends_with(&url)),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_published_port_is_asked_from_outside() {
    for engine in engines::all() {
        let container = engine.container("outside");
        let flags = ["--network=bridge", "-p", "18354:8000", "--timeout=30"];
        wait(
            &engine,
            &container,
            &flags,
            &server("8000", "0.0.0.0", MODEL),
        )
        .ended(0)
        .said(&format!("`tiny` at http://{}:18354", engine.address));
    }
}

#[test]
fn a_pair_of_ports_that_leads_elsewhere_is_named() {
    for engine in engines::all() {
        let container = engine.container("pair");
        let flags = ["--network=bridge", "-p", "18355:18356", "--for=live"];
        let port = ["-e", "DYN_HTTP_PORT=18355"];
        let flags = [&flags[..], &port].concat();
        wait(
            &engine,
            &container,
            &flags,
            &server("18355", "0.0.0.0", MODEL),
        )
        .ended(5)
        .said("`-p 18355:18356` leads to port 18356 of the container, where nothing listens")
        .said("hint: Publish that port: `-p 18355:18355`");
    }
}

#[test]
fn a_server_on_loopback_is_not_reached_by_a_published_port() {
    for engine in engines::newest() {
        let container = engine.container("loopback");
        let flags = ["--network=bridge", "-p", "18357:8000", "--for=live"];
        wait(
            &engine,
            &container,
            &flags,
            &server("8000", "127.0.0.1", MODEL),
        )
        .ended(5)
        .said("listens on 127.0.0.1 of the container only")
        .said("`--host 0.0.0.0`");
    }
}

/// SGLang's own server listens on 30000, for example.
#[test]
fn a_server_on_another_port_is_named() {
    for engine in engines::newest() {
        let container = engine.container("elsewhere");
        let flags = ["--network=host", "--for=port", "--timeout=3"];
        let command = server("18361", "0.0.0.0", MODEL);
        wait(&engine, &container, &flags, &command)
            .ended(124)
            .said("nothing listens on port 8000 yet, and the container listens on port 18361");
    }
}

#[test]
fn questions_are_few_and_signed() {
    for engine in engines::newest() {
        let container = engine.container("asked");
        let flags = [
            "--network=bridge",
            "-p",
            "18358:8000",
            "--for=model",
            "--timeout=8",
        ];
        wait(&engine, &container, &flags, &server("8000", "0.0.0.0", ""))
            .ended(124)
            .said("no model is listed");
        let log = engine.docker().args(["logs", container.name()]).output();
        let log = String::from_utf8_lossy(&log.expect("docker starts").stderr).into_owned();
        let (asked, signed) = (log.matches("GET ").count(), log.matches("dynrun/").count());
        assert!(asked > 0 && asked == signed, "{log}");
        assert!(asked < 25, "{asked} questions in 8 seconds");
    }
}

#[test_case("OSError: /models/x is not a local folder and is not a valid model identifier", "The model is neither a directory", "-v /models:/models:ro"; "a wrong model path")]
#[test_case("/usr/bin/python3: No module named dynamo.fronted", "The Python module `dynamo.fronted` is not in the image", "Did you mean `python3 -m dynamo.frontend`?"; "a misspelled module")]
#[test_case("ModuleNotFoundError: No module named 'sglang'", "it has another engine than `sglang`", "`dynrun --framework sglang`"; "another engine")]
#[test_case("frontend.py: error: unrecognized arguments: --htp-port", "does not know an option", "--help"; "an unknown option")]
fn what_ends_is_shown_with_its_last_lines_cause_and_fix(line: &str, cause: &str, fix: &str) {
    for engine in engines::newest() {
        let container = engine.container("ends");
        let script = format!("echo first; echo \"{line}\" >&2; exit 1");
        wait(&engine, &container, &[], &["sh", "-c", &script])
            .ended(4)
            .said("ended with 1 before it was ready")
            .said("| first")
            .said(&format!("| {line}"))
            .said(cause)
            .said(fix);
    }
}

#[test]
fn a_worker_is_ready_when_it_is_healthy() {
    for engine in engines::newest() {
        let container = engine.container("worker");
        let command = [
            &server("9090", "0.0.0.0", MODEL)[..],
            &["-m", "dynamo.vllm"],
        ]
        .concat();
        let flags = ["--network=bridge", "-p", "18359:9090", "--timeout=30"];
        wait(&engine, &container, &flags, &command)
            .ended(0)
            .said("the worker is healthy")
            .said(":18359");
    }
}

#[test]
fn a_worker_without_a_port_cannot_be_asked() {
    for engine in engines::newest() {
        let container = engine.container("mute");
        let flags = ["-d", "--name", container.name(), IMAGE];
        let line = [&flags[..], &["sh", "-c", "sleep 60", "-m", "dynamo.vllm"]].concat();
        let started = dynrun(&engine).args(line).output().expect("dynrun starts");
        Ran::from(started).ended(0);
        let waited = dynrun(&engine).args(["wait", container.name()]).output();
        Ran::from(waited.expect("dynrun starts"))
            .ended(5)
            .said("answers through a frontend only")
            .said("DYN_SYSTEM_PORT=9090");
    }
}

#[test]
fn what_a_worker_waits_for_is_named() {
    for engine in engines::newest() {
        let container = engine.container("etcd");
        let said = "echo 'Unable to create lease. Check etcd server status at http://x:2379'";
        let script = format!("{said}; sleep 60");
        let line = ["sh", "-c", &script, "-m", "dynamo.vllm"];
        wait(&engine, &container, &["--timeout=3"], &line)
            .ended(124)
            .said("It waits for etcd")
            .said("http://x:2379")
            .said("DYN_DISCOVERY_BACKEND=file");
    }
}
