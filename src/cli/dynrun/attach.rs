//! `dynrun attach NAME`.

use clap::Parser;

use super::connection::{connect, container, detach_keys};
use super::leases::leases;
use super::loss::reported;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::{AttachTo, ResizeTarget, WaitFor};
use crate::launch::live::Sinks;
use crate::launch::live::session::{Connection, Session, SignalPolicy};
use crate::launch::live::signals::Signals;
use crate::problem::{Problem, ProblemKind, Problems};

/// Connect to a container that runs
#[derive(Debug, Parser)]
pub(super) struct Attach {
    /// Name or id of the container
    name: String,
    /// Keys that leave the container running
    #[arg(long, value_name = "KEYS")]
    detach_keys: Option<String>,
    /// Do not connect the input
    #[arg(long)]
    no_stdin: bool,
}

impl Verb for Attach {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let keys = match self.detach_keys.clone() {
            Some(keys) => Some(keys),
            None => detach_keys(edge)?.map(|keys| keys.to_string()),
        };
        block_on(attach(&self, keys.as_deref(), edge))
    }
}

async fn attach(asked: &Attach, keys: Option<&str>, edge: &mut Edge) -> Result<Exit, Problems> {
    let name = &asked.name;
    let engine = connect(edge).await?;
    let facts = container(&engine, name).await?;
    if !facts.state.running {
        let problem = Problem::usage(format!("Container `{name}` is not running"));
        return Err(problem
            .hint(format!("Read its log: `dynrun logs {name}`"))
            .into());
    }
    // Whose dynrun was killed is no orphan any more.
    if let Some(leases) = leases(edge) {
        leases.end(&facts.id);
    }
    let input = facts.config.open_stdin && !asked.no_stdin;
    let connection = Connection {
        tty: facts.config.tty,
        input,
        signals: SignalPolicy::ForwardUntilUnread,
        resize: ResizeTarget::Container,
    };
    let to = AttachTo {
        stdin: input,
        stdout: true,
        stderr: true,
        detach_keys: keys,
    };
    // An end between these two calls is reported as well.
    let wait = engine
        .wait_container(&facts.id, WaitFor::NotRunning)
        .await?;
    let session = Session::attach(&engine, &facts.id, connection, to).await?;
    let signals =
        Signals::catch().map_err(|error| Problem::from_error(ProblemKind::Usage, &error))?;
    let mut sinks = Sinks::new(tokio::io::stdout(), tokio::io::stderr());
    let end = Box::pin(session.follow(wait, signals, &mut sinks)).await;
    Ok(reported(&sinks.losses, end?.into(), edge))
}
