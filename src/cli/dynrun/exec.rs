//! `dynrun exec [-it] NAME COMMAND`.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use serde_json::json;

use super::connection::{connect, detach_keys, refused};
use super::loss::told;
use super::stop::no_container;
use super::verb::{Words, usage};
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::Hinted as _;
use crate::docker::env::{EnvError, EnvVar};
use crate::docker::run_flags::FlagDef;
use crate::engine::Engine;
use crate::exit::Exit;
use crate::launch::live::Sinks;
use crate::launch::live::session::{Bond, Screen, Session, Wiring};
use crate::launch::live::signals::Signals;
use crate::problem::{Problem, Problems};

/// How often, and after what pauses, the engine is asked for the code of a command that has ended.
const LATE: u32 = 20;
const MOMENT: Duration = Duration::from_millis(50);

const FLAGS: &[FlagDef] = &[
    FlagDef::switch("interactive", "Keep stdin open").short('i'),
    FlagDef::switch("tty", "Give it a terminal").short('t'),
    FlagDef::list("env", "name=value", "Set a variable").short('e'),
    FlagDef::value("user", "user", "User to run as").short('u'),
    FlagDef::value("workdir", "path", "Working directory").short('w'),
];

pub(super) fn run(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let words = Words::parse_command(arguments, FLAGS)?;
    let name = words.name("exec NAME COMMAND")?;
    let command = &words.names()[1..];
    if command.is_empty() {
        return Err(usage(
            "the command is missing",
            "write for example `dynrun exec -it NAME bash`",
        )
        .into());
    }
    let input = words.is_on("interactive");
    let tty = words.is_on("tty") && (!input || io::stdin().is_terminal());
    let request = json!({
        "AttachStdin": input,
        "AttachStdout": true,
        "AttachStderr": true,
        "Tty": tty,
        "Env": variables(&words, edge)?,
        "DetachKeys": detach_keys(edge)?.map(|keys| keys.to_string()).unwrap_or_default(),
        "User": words.value("user").unwrap_or_default(),
        "WorkingDir": words.value("workdir").unwrap_or_default(),
        "Cmd": command,
    });
    let wiring = Wiring {
        tty,
        input,
        // The engine sends no signals to a command; the terminal does, as keys.
        bond: Bond::Apart,
        screen: Screen::Exec,
    };
    block_on(async {
        let engine = connect(edge).await?;
        let id = match engine.create_exec(name, request).await {
            Err(error) if error.status() == Some(404) => return Err(no_container(name).into()),
            created => created.map_err(refused)?,
        };
        let stream = engine.start_exec(&id, tty).await.map_err(refused)?;
        let failed = |error: io::Error| Problem::from_error(Exit::Run, &error);
        let signals = Signals::catch().map_err(failed)?;
        let mut sinks = Sinks::new(tokio::io::stdout(), tokio::io::stderr());
        let session = Session::new(&engine, &id, wiring, stream);
        let exit = match session.follow_output(signals, &mut sinks).await {
            Some(caught) => caught.exit(),
            None => ended(&engine, &id, tty).await?,
        };
        Ok(told(&sinks.losses, exit, edge))
    })
}

/// Takes values that are missing from the environment, as docker does.
fn variables(words: &Words, edge: &Edge) -> Result<Vec<String>, Problem> {
    let ours = edge.environment.variables();
    let lookup = |name: &str| ours.get(name).cloned();
    let variable = |text: &str| {
        let variable: EnvVar = text.parse()?;
        Ok(variable.or_from(lookup).to_string())
    };
    let variables: Result<_, EnvError> = words.values("env").map(variable).collect();
    variables.map_err(|error| usage(error.to_string(), &error.hint().unwrap_or_default()))
}

/// Returns the code of a command whose output has ended. The engine may hear of the end after that.
async fn ended(engine: &Engine, id: &str, tty: bool) -> Result<Exit, Problem> {
    for _ in 0..LATE {
        if let Some(code) = engine.exec_code(id).await.map_err(refused)? {
            return Ok(u8::try_from(code).map_or(Exit::Run, Exit::Container));
        }
        tokio::time::sleep(MOMENT).await;
    }
    if tty {
        // The user detached.
        return Ok(Exit::Done);
    }
    let message = "the engine ended the command's output, but the command goes on";
    Err(Problem::new(Exit::Run, message))
}
