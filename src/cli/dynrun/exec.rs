//! `dynrun exec [-it] NAME COMMAND`.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use clap::Parser;
use serde_json::{Value, json};

use super::connection::{detach_keys, no_container};
use super::loss::reported;
use super::machines::{Placed, Target};
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::docker::Hinted as _;
use crate::docker::env::{EnvError, EnvVar};
use crate::engine::{Engine, ResizeTarget};
use crate::launch::live::Sinks;
use crate::launch::live::session::{Connection, Session, SignalPolicy};
use crate::launch::live::signals::Signals;
use crate::problem::{Problem, ProblemKind, Problems};

/// How often, and after what pauses, the engine is asked for the code of a command that has ended.
const CODE_ATTEMPTS: u32 = 20;
const CODE_INTERVAL: Duration = Duration::from_millis(50);

/// Run a command in a container
#[derive(Debug, Parser)]
pub(super) struct Exec {
    /// Keep the input open
    #[arg(long, short)]
    interactive: bool,
    /// Give the command a terminal
    #[arg(long, short)]
    tty: bool,
    /// Set a variable; without a value it is taken from the environment
    #[arg(long, short, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// User to run as
    #[arg(long, short, value_name = "USER")]
    user: Option<String>,
    /// Working directory
    #[arg(long, short, value_name = "PATH")]
    workdir: Option<String>,
    /// Name or id of the container, NAME/MEMBER of a member, or a deployment's name or file
    name: String,
    /// Command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Verb for Exec {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let tty = self.tty && (!self.interactive || io::stdin().is_terminal());
        let request = json!({
            "AttachStdin": self.interactive,
            "AttachStdout": true,
            "AttachStderr": true,
            "Tty": tty,
            "Env": variables(&self.env, edge)?,
            "DetachKeys": detach_keys(edge)?.map(|keys| keys.to_string()).unwrap_or_default(),
            "User": self.user.as_deref().unwrap_or_default(),
            "WorkingDir": self.workdir.as_deref().unwrap_or_default(),
            "Cmd": self.command,
        });
        block_on(exec(&self, tty, request, edge))
    }
}

/// Returns the container that is meant: of a whole deployment, its first frontend.
fn meant(containers: Vec<Placed>) -> Option<Placed> {
    let is_frontend = |placed: &Placed| {
        let name = placed.member.as_deref();
        name.is_none_or(|name| name.starts_with("frontend"))
    };
    containers.into_iter().find(is_frontend)
}

async fn exec(asked: &Exec, tty: bool, request: Value, edge: &mut Edge) -> Result<Exit, Problems> {
    let connection = Connection {
        tty,
        input: asked.interactive,
        // The engine sends no signals to a command; the terminal does, as keys.
        signals: SignalPolicy::Leave,
        resize: ResizeTarget::Exec,
    };
    let found = Target::find(&asked.name, edge)?.containers().await?;
    let Some(Placed { engine, facts, .. }) = meant(found) else {
        return Err(no_container(&asked.name).into());
    };
    let id = facts.id;
    let id = match engine.create_exec(&id, &request).await {
        Err(error) if error.status() == Some(404) => return Err(no_container(&asked.name).into()),
        created => created?,
    };
    let stream = engine.start_exec(&id, tty).await?;
    let failed = |error: io::Error| Problem::from_error(ProblemKind::Usage, &error);
    let signals = Signals::catch().map_err(failed)?;
    let mut sinks = Sinks::new(tokio::io::stdout(), tokio::io::stderr());
    let session = Session::new(&engine, &id, connection, stream);
    let exit = match session.follow_output(signals, &mut sinks).await {
        Some(caught) => caught.into(),
        None => ended(&engine, &id, tty).await?,
    };
    Ok(reported(&sinks.losses, exit, edge))
}

/// Takes values that are missing from the environment, as docker does.
fn variables(given: &[String], edge: &Edge) -> Result<Vec<String>, Problem> {
    let ours = edge.environment.variables();
    let lookup = |name: &str| ours.get(name).cloned();
    let variable = |text: &str| {
        let variable: EnvVar = text.parse()?;
        Ok(variable.or_from(lookup).to_string())
    };
    let variables: Result<_, EnvError> = given.iter().map(|text| variable(text)).collect();
    variables.map_err(|error| error.problem())
}

/// Returns the code of a command whose output has ended. The engine may hear of the end after that.
async fn ended(engine: &Engine, id: &str, tty: bool) -> Result<Exit, Problem> {
    for _ in 0..CODE_ATTEMPTS {
        if let Some(code) = engine.exec_code(id).await? {
            return Ok(u8::try_from(code).map_or(Exit::Run, Exit::Container));
        }
        tokio::time::sleep(CODE_INTERVAL).await;
    }
    if tty {
        // The user detached.
        return Ok(Exit::Done);
    }
    let message = "The engine ended the output of the command, which is still running";
    Err(Problem::usage(message))
}
