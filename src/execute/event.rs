//! What a build reports while it runs: the interface between it and everything that shows it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::buildkit::Digest;
use crate::buildkit::progress::SolveStatus;
use crate::text::human_size;

/// One thing that happened.
///
/// A recorded sequence of these replays into any reporter. Values of secrets never get here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The engine (or a step of our own that looks like one of its) made progress.
    Progress {
        /// The target whose build it belongs to; none where that is not known.
        target: Option<String>,
        /// What the engine said.
        status: SolveStatus,
    },
    /// Work on a target began.
    TargetStarted {
        /// The name of the target in the plan.
        target: String,
        /// When.
        at: Timestamp,
    },
    /// Work on a target ended. Each started target ends once.
    TargetFinished {
        /// The name of the target in the plan.
        target: String,
        /// When.
        at: Timestamp,
        /// How.
        result: TargetOutcome,
    },
    /// Something worth knowing that belongs to no step.
    Note {
        /// How much it matters.
        level: NoteLevel,
        /// The target that it is about, if it is about one.
        target: Option<String>,
        /// One line, sentence case, without a trailing period.
        message: String,
    },
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteLevel {
    /// Good to know.
    Info,
    /// The build goes on, but perhaps not as meant.
    Warning,
}

/// How work on a target ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum TargetOutcome {
    /// Everything asked for was made.
    Built(BuiltTarget),
    /// It failed.
    Failed {
        /// Why, in one line.
        error: String,
        /// The step that failed, if one did.
        vertex: Option<Digest>,
    },
    /// It was built and is good, but is not published because another target failed.
    Withheld,
    /// It was stopped before its end: by the user, or because another target failed.
    Cancelled,
}

/// What was made for a target.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuiltTarget {
    /// The digest of what was exported: of the manifest or index where there is one, of the image
    /// configuration on engines whose store has no manifests. None for a plain file export.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The image's id in the engine, if it was loaded there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_id: Option<Digest>,
    /// The names that the image has now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Those of them that a registry has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pushed: Vec<String>,
    /// The image's size in the engine, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Which size that is: stores differ in what they count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_of: Option<Layers>,
}

impl BuiltTarget {
    /// Returns what identifies the image: its digest, else its id.
    pub fn identity(&self) -> Option<&Digest> {
        self.digest.as_ref().or(self.image_id.as_ref())
    }

    /// Returns the size for people: `780 MB unpacked`.
    pub fn shown_size(&self) -> Option<String> {
        let size = human_size(self.size?);
        Some(match self.size_of {
            None => size,
            Some(Layers::Unpacked) => size + " unpacked",
            Some(Layers::Compressed) => size + " compressed",
        })
    }
}

/// In which form the layers of an image are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layers {
    /// As files, which is what the classic store keeps.
    Unpacked,
    /// As a registry has them, which is what the containerd store keeps in addition.
    Compressed,
}
