//! Finding the containers of a deployment again: by labels, without its file.

use crate::deploy::Member;
use crate::deploy::supervise::{Part, Watched};
use crate::engine::{ContainerLine, Engine, EngineError, Filters};
use crate::launch::label;

/// What a member does, see [`Part`].
pub(crate) const PART: &str = "io.dynbuild.run.part";
/// The replica that it is a rank of, and which.
pub(crate) const REPLICA: &str = "io.dynbuild.run.replica";
pub(crate) const RANK: &str = "io.dynbuild.run.rank";

/// A container of a deployment.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) line: ContainerLine,
    pub(crate) watched: Watched,
}

impl Found {
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.line.state.as_str(), "running" | "paused")
    }

    fn new(line: ContainerLine) -> Option<Self> {
        let text = |name: &str| line.labels.get(name).cloned();
        let watched = Watched {
            name: text(label::MEMBER)?,
            part: Part::from_word(&text(PART)?)?,
            replica: text(REPLICA)?,
            rank: text(RANK)?.parse().ok()?,
            after: None,
        };
        Some(Self { line, watched })
    }
}

/// Returns the containers of a deployment, those that ended too.
pub(crate) async fn found(engine: &Engine, deployment: &str) -> Result<Vec<Found>, EngineError> {
    let chosen = label::assignment(label::DEPLOYMENT, deployment);
    let filters = Filters::from([("label".to_owned(), vec![chosen])]);
    let lines = engine.containers(true, None, &filters).await?;
    Ok(lines.into_iter().filter_map(Found::new).collect())
}

/// Returns what the supervisor has to know of a member.
pub(crate) fn watched(member: &Member) -> Watched {
    Watched {
        name: member.name.clone(),
        part: member.part(),
        replica: format!("{}-{}", member.table, member.replica),
        rank: member.rank.index,
        after: None,
    }
}

/// Returns the labels by which a member is found.
pub(super) fn labels(member: &Member) -> [(String, String); 3] {
    let watched = watched(member);
    [
        (PART.to_owned(), watched.part.to_string()),
        (REPLICA.to_owned(), watched.replica),
        (RANK.to_owned(), watched.rank.to_string()),
    ]
}
