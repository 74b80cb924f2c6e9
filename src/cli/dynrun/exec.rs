//! `dynrun exec [-it] NAME COMMAND`.

use std::io::{self, IsTerminal as _};

use serde_json::json;

use super::connection::{connect, refused};
use super::stop::no_container;
use super::verb::{Words, usage};
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::exit::Exit;
use crate::problem::{Problem, Problems};
use crate::run::live::Sinks;
use crate::run::live::session::{Screen, Session, Wiring};
use crate::run::live::signals::Signals;

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
        "Env": words.values("env").collect::<Vec<_>>(),
        "User": words.value("user").unwrap_or_default(),
        "WorkingDir": words.value("workdir").unwrap_or_default(),
        "Cmd": command,
    });
    let wiring = Wiring {
        tty,
        input,
        // The engine sends no signals to a command; the terminal does, as keys.
        forward_signals: false,
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
        session
            .follow_output(signals, &mut sinks)
            .await
            .map_err(failed)?;
        let code = engine
            .exec_code(&id)
            .await
            .map_err(refused)?
            .unwrap_or_default();
        Ok(u8::try_from(code).map_or(Exit::Run, Exit::Container))
    })
}
