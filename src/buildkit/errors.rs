//! Why a build failed, as the engine tells it.

use std::error::Error as _;

use prost::Message as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tonic::{Code, Status};

use super::capabilities::Unsupported;
use super::digest::Digest;
use super::layout::LayoutError;
use super::progress::{Range, SourceInfo, covered_lines};
use super::proto::google::rpc;
use crate::problem::{Excerpt, Problem, ProblemKind, Problems};

/// Why a build did not give a result.
#[derive(Debug, Error)]
pub enum SolveError {
    /// The engine cannot do what was asked for; nothing was started.
    #[error("The engine cannot build this")]
    Unsupported(Vec<Unsupported>),
    /// We stopped it.
    #[error("The build was cancelled")]
    Cancelled,
    /// The engine, or the way to it, went away.
    #[error("The connection to the engine was lost during the build")]
    Lost(#[source] Option<Box<Status>>),
    /// A directory that it should read or write is none that it can.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// The engine says that it failed.
    #[error(transparent)]
    Failed(Box<BuildFailure>),
}

/// A build that the engine says has failed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct BuildFailure {
    /// The engine's words.
    pub message: String,
    /// The step that failed, if one did. Engines before Docker 23 do not say.
    pub vertex: Option<Digest>,
    /// What the step's process exited with.
    pub exit_code: Option<u32>,
    /// The lines that it is about, innermost first.
    pub sources: Vec<SourceLines>,
    /// All that the step wrote, or why it is not known; none if it was not asked for.
    pub output: Option<Result<Vec<u8>, String>>,
}

/// Lines of a source text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SourceLines {
    /// The text.
    pub info: SourceInfo,
    /// The lines, or nothing for all of it.
    pub ranges: Vec<Range>,
}

impl SolveError {
    /// Makes the error of a status. One that comes from the engine has no source; one that our own
    /// side made, because the connection broke, has.
    pub(super) fn from_status(status: Status) -> Self {
        if std::error::Error::source(&status).is_some() {
            return Self::Lost(Some(Box::new(status)));
        }
        if status.code() == Code::Cancelled {
            return Self::Cancelled;
        }
        Self::Failed(Box::new(BuildFailure::from_status(&status)))
    }
}

impl SolveError {
    /// Returns the step that a status is about, if it is the engine's and about one.
    pub(super) fn vertex_of(status: &Status) -> Option<Digest> {
        BuildFailure::from_status(status).vertex
    }

    /// Adds what the failed step wrote.
    pub(super) fn with_output(mut self, output: Option<Result<Vec<u8>, String>>) -> Self {
        if let Self::Failed(failure) = &mut self {
            failure.output = output;
        }
        self
    }
}

impl BuildFailure {
    fn from_status(status: &Status) -> Self {
        let mut failure = Self {
            message: status.message().to_owned(),
            vertex: None,
            exit_code: None,
            sources: Vec::new(),
            output: None,
        };
        let details = rpc::Status::decode(status.details())
            .unwrap_or_default()
            .details;
        for detail in details {
            failure.add(&detail.type_url, &detail.value);
        }
        // Engines before Docker 23 say it in words only.
        failure.exit_code = failure.exit_code.or_else(|| exit_code_in(&failure.message));
        failure
    }

    /// Adds a detail. They are JSON under names of Go types; what we do not know is left out.
    fn add(&mut self, type_url: &str, value: &[u8]) {
        match type_url.rsplit('/').next().unwrap_or(type_url) {
            "errdefs.Source+json" => self.sources.extend(parse(value)),
            "errdefs.Vertex+json" => {
                self.vertex = parse(value)
                    .map(|VertexDetail { digest }| digest)
                    .or(self.vertex.take());
            }
            name if name.ends_with("ExitMessage+json") => {
                self.exit_code = parse(value)
                    .map(|ExitDetail { code }| code)
                    .or(self.exit_code);
            }
            _ => {}
        }
    }
}

#[derive(Deserialize)]
struct VertexDetail {
    digest: Digest,
}

#[derive(Deserialize)]
struct ExitDetail {
    #[serde(rename = "Code")]
    code: u32,
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}

impl SourceLines {
    /// Returns the lines as an excerpt of the text.
    pub fn excerpt(&self) -> Option<Excerpt> {
        let text = std::str::from_utf8(&self.info.data).ok()?;
        let covered = covered_lines(&self.ranges)?;
        let before = covered.start().checked_sub(1)?;
        let mut lines = text.split_inclusive('\n');
        let start: usize = lines.by_ref().take(before).map(str::len).sum();
        let length: usize = lines.take(covered.count()).map(str::len).sum();
        let end = start + text.get(start..start + length)?.trim_end().len();
        Some(Excerpt {
            name: self.info.filename.clone(),
            text: text.into(),
            span: start..end,
            label: String::new(),
        })
    }
}

impl From<BuildFailure> for Problem {
    fn from(failure: BuildFailure) -> Self {
        let mut problem = Self::from_error(ProblemKind::Step, &failure);
        problem
            .excerpts
            .extend(failure.sources.iter().filter_map(SourceLines::excerpt));
        problem
    }
}

impl From<SolveError> for Problems {
    fn from(error: SolveError) -> Self {
        match error {
            SolveError::Unsupported(list) => Self(list.into_iter().map(Problem::from).collect()),
            SolveError::Cancelled => Problem::from_error(ProblemKind::Cancelled, &error).into(),
            SolveError::Lost(ref status) => {
                let mut problem = Problem::new(ProblemKind::Engine, error.to_string());
                problem.causes.extend(status.as_deref().map(reason));
                problem
                    .hint("See whether the engine still runs: `docker version`, and its log")
                    .into()
            }
            SolveError::Layout(error) => Problem::from(error).into(),
            SolveError::Failed(failure) => Problem::from(*failure).into(),
        }
    }
}

/// Returns the number at the end of `executor failed running [/bin/sh -c false]: exit code: 1`.
fn exit_code_in(message: &str) -> Option<u32> {
    let (_, code) = message.rsplit_once("]: exit code: ")?;
    code.parse().ok()
}

/// Returns why a connection ended: the deepest source, since a status and most of what is between
/// show themselves as dumps of their fields or say nothing.
fn reason(status: &Status) -> String {
    let mut reason = status.message().to_owned();
    let mut source = status.source();
    while let Some(error) = source {
        reason = error.to_string();
        source = error.source();
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::super::progress::Position;
    use super::super::proto::google::protobuf::Any;
    use super::*;

    fn failure(details: &[(&str, &str)]) -> BuildFailure {
        let any = |(type_url, value): &(&str, &str)| Any {
            type_url: format!("github.com/moby/buildkit/{type_url}"),
            value: value.as_bytes().to_vec(),
        };
        let details = rpc::Status {
            details: details.iter().map(any).collect(),
            ..Default::default()
        };
        let details = details.encode_to_vec().into();
        BuildFailure::from_status(&Status::with_details(
            Code::Unknown,
            "exit code: 7",
            details,
        ))
    }

    #[test]
    fn details_of_a_failed_step_become_lines_step_and_exit_code() {
        let failure = failure(&[
            ("stack.Stack+json", "{}"),
            // The text is `FROM a\nRUN exit 7 && \\\n  b\nRUN c\n`.
            (
                "errdefs.Source+json",
                r#"{"info":{"filename":"Dockerfile","data":"RlJPTSBhClJVTiBleGl0IDcgJiYgXAogIGIKUlVOIGMK"},"ranges":[{"start":{"line":2},"end":{"line":2}},{"start":{"line":3},"end":{"line":3}}]}"#,
            ),
            ("errdefs.Vertex+json", r#"{"digest":"sha256:ab"}"#),
            (
                "frontend/gateway/pb/gatewayapi.ExitMessage+json",
                r#"{"Code":7}"#,
            ),
        ]);
        assert_eq!(
            (failure.vertex.clone(), failure.exit_code),
            (Some("sha256:ab".into()), Some(7))
        );
        let problem = Problem::from(failure);
        let excerpt = &problem.excerpts[0];
        assert_eq!(&excerpt.text[excerpt.span.clone()], "RUN exit 7 && \\\n  b");
        assert_eq!(
            (excerpt.line_column(), problem.kind),
            ((2, 1), ProblemKind::Step)
        );
    }

    #[test]
    fn an_old_engine_gives_the_message_only() {
        assert_eq!(failure(&[]).to_string(), "exit code: 7");
        let broken = failure(&[("errdefs.Vertex+json", "{"), ("errdefs.Source+json", "7")]);
        assert_eq!((broken.vertex, broken.sources.len()), (None, 0));
    }

    #[test]
    fn a_range_outside_of_the_text_is_no_excerpt_and_no_panic() {
        let at = |line| Position { line, character: 0 };
        let lines = |start, end| {
            let range = Range {
                start: at(start),
                end: at(end),
            };
            let info = SourceInfo {
                data: b"FROM a".to_vec(),
                ..Default::default()
            };
            SourceLines {
                info,
                ranges: vec![range],
            }
            .excerpt()
            .map(|excerpt| excerpt.span)
        };
        assert_eq!((lines(0, 0), lines(-1, 3)), (None, None));
        assert_eq!(
            (lines(1, 0), lines(9, 9), lines(1, 99)),
            (Some(0..6), Some(6..6), Some(0..6))
        );
    }
}
