//! Why a container ended that nobody followed: from what it left in its log.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use http_body_util::BodyDataStream;
use tokio_util::io::StreamReader;

use super::multiplex::Sinks;
use super::source::Source;
use crate::diagnosis::{Diagnosis, Evidence, Setting, diagnose};
use crate::engine::{Engine, LogRange};

/// How many lines of the log are read.
const LINES: u64 = 200;

/// How long the engine may be in hearing of a kill for want of memory, which another process tells
/// it than the end.
const LAG: Duration = Duration::from_millis(200);

/// The exit code of what SIGKILL ended.
const KILLED: i64 = 137;

/// What is known of the end of a container.
#[derive(Clone, Debug, Default)]
pub struct Autopsy {
    /// Why it ended, if that is known.
    pub diagnosis: Option<Diagnosis>,
    /// The last lines of its log.
    pub last_lines: Vec<String>,
}

/// Looks the end of a container up in the table; of one that was removed, only the engine's events
/// are left to tell. The id must be whole.
///
/// What the engine cannot tell is no evidence: there may be no log, or the container may just be
/// going.
pub async fn autopsy(engine: &Engine, id: &str, code: Option<i64>) -> Autopsy {
    let facts = engine.container(id).await.ok().flatten();
    let limited = facts.as_ref().is_some_and(|it| it.host_config.memory > 0);
    let mut evidence = Evidence {
        code,
        out_of_memory: ran_out_of_memory(engine, id, code, limited).await,
        ..Evidence::new(Setting::Container, "")
    };
    if let Some(facts) = facts {
        evidence.log = last_lines(engine, id, facts.config.tty).await;
        evidence.image = facts.config.image;
    }
    Autopsy {
        diagnosis: diagnose(&evidence),
        last_lines: evidence.log,
    }
}

/// Looks up what keeps a container waiting that runs.
pub async fn hindrance(engine: &Engine, id: &str) -> Option<Diagnosis> {
    let facts = engine.container(id).await.ok()??;
    let evidence = Evidence {
        log: last_lines(engine, id, facts.config.tty).await,
        image: facts.config.image,
        ..Evidence::new(Setting::Waiting, "")
    };
    diagnose(&evidence)
}

/// Returns the last lines of a container; none if its log cannot be read.
async fn last_lines(engine: &Engine, id: &str, tty: bool) -> Vec<String> {
    let Ok(log) = engine.container_log(id, LogRange::last(LINES)).await else {
        return Vec::new();
    };
    let pieces = BodyDataStream::new(log).map_err(std::io::Error::other);
    let mut sinks = Sinks::new(tokio::io::sink(), tokio::io::sink());
    // What was read before the log broke off is evidence as well.
    let source = &mut Source::new(StreamReader::new(pieces));
    sinks.copy(source, tty).await;
    sinks.tail.lines()
}

/// Tells whether a container that ended with `code` reached its limit of memory; `None` if the
/// engine cannot say.
///
/// An engine on cgroup v1 hears of the kill by a notification that is lost when the cgroup goes
/// first. So of a container that has a limit, having seen nothing says nothing.
pub(super) async fn ran_out_of_memory(
    engine: &Engine,
    id: &str,
    code: Option<i64>,
    limited: bool,
) -> Option<bool> {
    let seen = async || engine.ran_out_of_memory(id).await.ok().flatten();
    let first = seen().await;
    if first == Some(true) || code != Some(KILLED) {
        return first;
    }
    tokio::time::sleep(LAG).await;
    seen().await.filter(|reached| *reached || !limited)
}
