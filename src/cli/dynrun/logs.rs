//! `dynrun logs NAME [-f] [-n LINES]`.

use clap::Parser;
use futures_util::TryStreamExt as _;
use http_body_util::BodyDataStream;
use tokio_util::io::StreamReader;

use super::connection::{connect, container, refused};
use super::loss::told;
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::exit::Exit;
use crate::launch::live::{Sinks, Source};
use crate::problem::Problems;

/// Print a container's log
#[derive(Debug, Parser)]
pub(super) struct Logs {
    /// Name or id of the container
    name: String,
    /// Follow new output
    #[arg(long, short)]
    follow: bool,
    /// Print the last lines only
    #[arg(long, short = 'n', value_name = "LINES")]
    tail: Option<u64>,
}

impl Verb for Logs {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        block_on(print(&self, edge))
    }
}

async fn print(asked: &Logs, edge: &mut Edge) -> Result<Exit, Problems> {
    let engine = connect(edge).await?;
    let facts = container(&engine, &asked.name).await?;
    let log = engine.container_log(&facts.id, asked.follow, asked.tail);
    let log = log.await.map_err(refused)?;
    let pieces = BodyDataStream::new(log).map_err(std::io::Error::other);
    let mut sinks = Sinks::new(tokio::io::stdout(), tokio::io::stderr());
    let broken_pipe = sinks.broken_pipe();
    let mut source = Source::new(StreamReader::new(pieces));
    tokio::select! {
        () = sinks.copy(&mut source, facts.config.tty) => {}
        // Whoever read the log has seen enough.
        () = broken_pipe.cancelled() => {}
    }
    Ok(told(&sinks.losses, Exit::Done, edge))
}
