//! What the engine reports while it builds.
//!
//! A build is a graph of *vertexes* (steps). The engine streams [`SolveStatus`] messages: each one
//! carries what is new, and a vertex that was seen before is sent again, whole, when it starts or
//! completes. Consumers merge by [`Vertex::digest`].
//!
//! The JSON of these types is that of BuildKit's Go client, which is what
//! `docker buildx build --progress=rawjson` prints one per line, so that recorded streams of either
//! program replay in the other.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::base64_json as base64;
use super::digest::Digest;

/// One message of the Status stream: what changed since the last one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SolveStatus {
    /// Steps that are new, have started or have completed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vertexes: Vec<Vertex>,
    /// Progress inside of steps, for example of a download.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<VertexStatus>,
    /// Output of steps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<VertexLog>,
    /// What the frontend finds doubtful in the Dockerfile.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<VertexWarning>,
}

impl SolveStatus {
    /// Returns whether the message says nothing (the engine sends such as a sign of life).
    pub fn is_empty(&self) -> bool {
        self.vertexes.is_empty()
            && self.statuses.is_empty()
            && self.logs.is_empty()
            && self.warnings.is_empty()
    }
}

/// One step of a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vertex {
    /// Identifies the step within its build; not stable from build to build.
    #[serde(skip_serializing_if = "Digest::is_empty")]
    pub digest: Digest,
    /// The steps that this one needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Digest>,
    /// What people see, for example `[runtime 3/7] RUN apt-get update`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// When the step last started; it may start several times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When the step ended, well or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
    /// Whether the result came from the cache.
    #[serde(skip_serializing_if = "is_false")]
    pub cached: bool,
    /// Why the step failed; empty if it did not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// The group under which several vertexes are shown as one.
    #[serde(rename = "progressGroup", skip_serializing_if = "Option::is_none")]
    pub progress_group: Option<ProgressGroup>,
}

/// Vertexes that are shown as one step (a `COPY --link` is several).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressGroup {
    /// Identifies the group.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// What people see.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Whether the group is only shown if none of its vertexes is in another one.
    #[serde(skip_serializing_if = "is_false")]
    pub weak: bool,
}

/// Progress of one thing within a step, for example of a layer that is being pulled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VertexStatus {
    /// Identifies the thing within its step, for example `extracting sha256:…`.
    pub id: String,
    /// The step.
    #[serde(skip_serializing_if = "Digest::is_empty")]
    pub vertex: Digest,
    /// What is being done, for example `transferring`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How much there is to do, in bytes mostly; 0 if it is not known.
    #[serde(skip_serializing_if = "is_zero")]
    pub total: i64,
    /// How much is done, in the unit of `total`.
    pub current: i64,
    /// When the engine noted this.
    pub timestamp: Timestamp,
    /// When it was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Timestamp>,
}

/// A piece of a step's output. It may end in the middle of a line or of a character.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VertexLog {
    /// The step.
    #[serde(skip_serializing_if = "Digest::is_empty")]
    pub vertex: Digest,
    /// The file descriptor written to: 1 is standard output, 2 standard error.
    #[serde(skip_serializing_if = "is_zero")]
    pub stream: i64,
    /// What was written.
    #[serde(with = "base64")]
    pub data: Vec<u8>,
    /// When it was written.
    pub timestamp: Timestamp,
}

/// What the frontend finds doubtful, for example a secret in an `ARG`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VertexWarning {
    /// The step that it is about.
    #[serde(skip_serializing_if = "Digest::is_empty")]
    pub vertex: Digest,
    /// How grave it is; the Dockerfile frontend always says 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub level: i64,
    /// The warning in one line: the name of the rule, a colon, and the message.
    #[serde(with = "base64", skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<u8>,
    /// More lines.
    #[serde(with = "base64::list", skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<Vec<u8>>,
    /// Where the rule is documented.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The text that `range` points into.
    #[serde(rename = "sourceInfo", skip_serializing_if = "Option::is_none")]
    pub source_info: Option<SourceInfo>,
    /// The lines that it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub range: Vec<Range>,
}

/// A source text as the frontend read it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceInfo {
    /// The name that it had in the build, usually `Dockerfile`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filename: String,
    /// The text.
    #[serde(with = "base64", skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<u8>,
    /// What the text is, for example `Dockerfile`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
}

/// Lines of a source text, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Range {
    /// Where it begins.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
}

/// Returns the lines that `ranges` cover, from the first to the last.
///
/// The Dockerfile frontend gives an instruction of several lines as a range for each of them
/// (frontend/dockerfile/parser, `toRanges`).
pub fn covered_lines(ranges: &[Range]) -> Option<RangeInclusive<usize>> {
    let starts = ranges.iter().map(|range| range.start.line);
    let first = usize::try_from(starts.min()?).ok()?;
    let ends = ranges.iter().map(|range| range.end.line);
    let last = usize::try_from(ends.max()?).ok()?;
    Some(first..=last.max(first))
}

/// A place in a source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Position {
    /// The line, from 1.
    #[serde(skip_serializing_if = "is_zero_i32")]
    pub line: i32,
    /// The column, from 0.
    #[serde(skip_serializing_if = "is_zero_i32")]
    pub character: i32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero(value: &i64) -> bool {
    *value == 0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn is_zero_i32(value: &i32) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines as `docker buildx build --progress=rawjson` (0.29.1) writes them.
    const BUILDX_LINES: &[&str] = &[
        r#"{"vertexes":[{"digest":"sha256:aa","name":"[internal] load build definition from Dockerfile","started":"2026-11-21T09:47:07.123456789Z"}]}"#,
        r#"{"vertexes":[{"digest":"sha256:bb","inputs":["sha256:aa"],"name":"[1/2] FROM x","started":"2026-11-21T09:47:07.1Z","completed":"2026-11-21T09:47:08Z","cached":true,"error":"process \"/bin/sh -c exit 7\" did not complete successfully: exit code: 7","progressGroup":{"id":"g","name":"copy","weak":true}}]}"#,
        r#"{"statuses":[{"id":"transferring dockerfile:","vertex":"sha256:aa","total":120,"current":120,"timestamp":"2026-11-21T09:47:07.2Z","started":"2026-11-21T09:47:07.15Z","completed":"2026-11-21T09:47:07.2Z"}]}"#,
        r#"{"statuses":[{"id":"x","current":0,"timestamp":"2026-11-21T09:47:07.2Z"}]}"#,
        r#"{"logs":[{"vertex":"sha256:bb","stream":2,"data":"aGkK","timestamp":"2026-11-21T09:47:07.2Z"}]}"#,
        r#"{"warnings":[{"vertex":"sha256:aa","level":1,"short":"aGkK","detail":["aGkK","aG8="],"url":"https://docs.docker.com/go/dockerfile/rule/from-as-casing/","sourceInfo":{"filename":"Dockerfile","data":"RlJPTQ==","language":"Dockerfile"},"range":[{"start":{"line":1},"end":{"line":2,"character":3}}]}]}"#,
    ];

    #[test]
    fn lines_of_buildx_survive_a_round_trip_unchanged() {
        for line in BUILDX_LINES {
            let status: SolveStatus = serde_json::from_str(line).unwrap();
            assert!(!status.is_empty());
            assert_eq!(serde_json::to_string(&status).unwrap(), *line);
        }
    }

    #[test]
    fn null_data_of_the_go_client_is_no_data() {
        let line = r#"{"logs":[{"data":null,"timestamp":"2026-11-21T09:47:07+01:00"}]}"#;
        let status: SolveStatus = serde_json::from_str(line).unwrap();
        assert_eq!(status.logs[0].data, b"");
        assert_eq!(status.logs[0].timestamp.to_string(), "2026-11-21T08:47:07Z");
    }
}
