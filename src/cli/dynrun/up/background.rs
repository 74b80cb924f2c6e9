//! `-d`: a process of its own supervises; this one waits until it says that all is ready.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::cli::dynrun::deployment::DeploymentArgs;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::launch::live::signals::Signals;
use crate::problem::{Problem, Problems};

/// Starts the supervisor and waits for its word; one of several names its machine.
pub(super) async fn start(
    asked: &DeploymentArgs,
    node: Option<&str>,
    stop: &CancellationToken,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let signals = Signals::catch();
    let mut signals = signals.map_err(|error| failed("catch signals", &error))?;
    let mut child = spawn(asked, node, edge)?;
    let output = child.stdout.take().map(BufReader::new);
    let mut lines = output
        .ok_or_else(|| Problem::usage("The supervisor has no output"))?
        .lines();
    let mut stopped = false;
    loop {
        tokio::select! {
            line = lines.next_line() => match line.ok().flatten() {
                Some(line) => return Ok(word(&line, edge)),
                None => return Ok(end(child).await),
            },
            caught = signals.next() => {
                if caught.asks_to_end() {
                    interrupt(&child);
                }
            }
            () = stop.cancelled(), if !stopped => {
                stopped = true;
                interrupt(&child);
            }
        }
    }
}

fn spawn(asked: &DeploymentArgs, node: Option<&str>, edge: &Edge) -> Result<Child, Problem> {
    let program = std::env::current_exe().map_err(|error| failed("find this program", &error))?;
    let spawned = Command::new(program)
        .arg("up")
        .arg("--supervisor")
        .arg("--detach")
        .args(node.map(|_| "--named"))
        .args(asked.arguments(edge))
        .current_dir(edge.environment.working_directory())
        .envs(
            edge.environment
                .get("DOCKER_HOST")
                .map(|host| ("DOCKER_HOST", host)),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Ctrl-C at the terminal is for this process, which passes it on while it waits.
        .process_group(0)
        .spawn();
    spawned.map_err(|error| failed("start the supervisor", &error))
}

/// Reads what the supervisor writes when it has come so far: an exit code, and a text for people.
fn word(line: &str, edge: &mut Edge) -> Exit {
    let (code, text) = line.split_once(' ').unwrap_or((line, ""));
    if !text.is_empty() {
        edge.ui.print(text);
    }
    match code {
        "0" => Exit::Done,
        "124" => Exit::TimedOut,
        code => Exit::Container(code.parse().unwrap_or(125)),
    }
}

/// It ended without a word: what it has to say it has said itself.
async fn end(mut child: Child) -> Exit {
    let status = child.wait().await.ok();
    let code = status.and_then(|status| status.code());
    Exit::Container(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(125))
}

fn interrupt(child: &Child) {
    let number = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = number.and_then(rustix::process::Pid::from_raw) {
        // One that has ended needs no signal.
        rustix::process::kill_process(pid, rustix::process::Signal::INT).ok();
    }
}

fn failed(what: &str, error: &std::io::Error) -> Problem {
    let mut problem = Problem::usage(format!("Cannot {what}"));
    problem.causes.push(error.to_string());
    problem
}
