//! `dynrun logs NAME [-f] [-n LINES]`.

use futures_util::TryStreamExt as _;
use http_body_util::BodyDataStream;
use tokio_util::io::StreamReader;

use super::connection::{connect, refused};
use super::loss::told;
use super::stop::no_container;
use super::verb::{Words, usage};
use crate::cli::edge::Edge;
use crate::cli::runtime::block_on;
use crate::docker::run_flags::FlagDef;
use crate::exit::Exit;
use crate::launch::live::{Sinks, Source};
use crate::problem::Problems;

const FLAGS: &[FlagDef] = &[
    FlagDef::switch("follow", "Go on with what comes").short('f'),
    FlagDef::value("tail", "lines", "The last lines only").short('n'),
];

pub(super) fn run(arguments: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let words = Words::parse(arguments, FLAGS)?;
    let name = words.name("logs NAME")?;
    let lines = words.value("tail").map(str::parse).transpose();
    let lines =
        lines.map_err(|_| usage("the number of lines is not a number", "write `-n 100`"))?;
    block_on(async {
        let engine = connect(edge).await?;
        let facts = engine.container(name).await.map_err(refused)?;
        let facts = facts.ok_or_else(|| no_container(name))?;
        let log = engine
            .container_log(name, words.is_on("follow"), lines)
            .await
            .map_err(refused)?;
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
    })
}
