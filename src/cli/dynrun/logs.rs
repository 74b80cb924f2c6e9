//! `dynrun logs NAME [-f] [-n LINES]`.

use clap::Parser;
use futures_util::TryStreamExt as _;
use http_body_util::BodyDataStream;
use tokio_util::io::StreamReader;

use super::loss::reported;
use super::machines::{Placed, Target};
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime::block_on;
use crate::engine::{ContainerFacts, Engine, LogRange};
use crate::launch::live::{Sinks, Source};
use crate::operate::follow;
use crate::problem::Problems;
use crate::text::clean_line;

/// Print the log of a container, or of all members of a deployment
#[derive(Debug, Parser)]
pub(super) struct Logs {
    /// Name or id of the container, NAME/MEMBER of a member, or a deployment's name or file
    name: String,
    /// Follow new output
    #[arg(long, short)]
    follow: bool,
    /// Print the last lines only
    #[arg(long, short = 'n', value_name = "LINES")]
    tail: Option<u64>,
}

impl Logs {
    fn range(&self) -> LogRange {
        LogRange {
            follow: self.follow,
            last: self.tail,
            since: None,
        }
    }
}

impl Verb for Logs {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        block_on(print(&self, edge))
    }
}

async fn print(asked: &Logs, edge: &mut Edge) -> Result<Exit, Problems> {
    let found = Target::find(&asked.name, edge)?.containers().await?;
    match &found[..] {
        [one] if one.member.is_none() => print_one(asked, &one.engine, &one.facts, edge).await,
        _ => print_all(asked, found, edge).await,
    }
}

async fn print_one(
    asked: &Logs,
    engine: &Engine,
    facts: &ContainerFacts,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let log = engine.container_log(&facts.id, asked.range()).await?;
    let pieces = BodyDataStream::new(log).map_err(std::io::Error::other);
    let mut sinks = Sinks::new(tokio::io::stdout(), tokio::io::stderr());
    let broken_pipe = sinks.broken_pipe();
    let mut source = Source::new(StreamReader::new(pieces));
    tokio::select! {
        () = sinks.copy(&mut source, facts.config.tty) => {}
        // Whoever read the log has seen enough.
        () = broken_pipe.cancelled() => {}
    }
    Ok(reported(&sinks.losses, Exit::Done, edge))
}

/// Prints each line behind the name of the member that wrote it.
async fn print_all(asked: &Logs, members: Vec<Placed>, edge: &mut Edge) -> Result<Exit, Problems> {
    let (lines, mut written) = tokio::sync::mpsc::unbounded_channel();
    let mut width = 0;
    for placed in members {
        let name = placed.shown_name();
        width = width.max(name.len());
        let (id, lines) = (placed.facts.id, lines.clone());
        tokio::spawn(follow(placed.engine, id, name, asked.range(), lines));
    }
    drop(lines);
    while let Some((name, text)) = written.recv().await {
        edge.ui
            .print(&format!("{name:width$} | {}", clean_line(&text)));
    }
    Ok(Exit::Done)
}
