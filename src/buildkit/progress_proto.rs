//! From the messages of the wire to [`super::progress`].

use jiff::Timestamp;

use super::progress::{
    Position, ProgressGroup, Range, SolveStatus, SourceInfo, Vertex, VertexLog, VertexStatus,
    VertexWarning,
};
use super::proto::control;
use super::proto::google::protobuf::Timestamp as ProtoTimestamp;
use super::proto::pb;

impl From<control::StatusResponse> for SolveStatus {
    fn from(message: control::StatusResponse) -> Self {
        Self {
            vertexes: collect(message.vertexes),
            statuses: collect(message.statuses),
            logs: collect(message.logs),
            warnings: collect(message.warnings),
        }
    }
}

impl From<control::Vertex> for Vertex {
    fn from(message: control::Vertex) -> Self {
        Self {
            digest: message.digest.into(),
            inputs: collect(message.inputs),
            name: message.name,
            started: timestamp(message.started),
            completed: timestamp(message.completed),
            cached: message.cached,
            error: message.error,
            progress_group: message.progress_group.map(Into::into),
        }
    }
}

impl From<pb::ProgressGroup> for ProgressGroup {
    fn from(message: pb::ProgressGroup) -> Self {
        Self {
            id: message.id,
            name: message.name,
            weak: message.weak,
        }
    }
}

impl From<control::VertexStatus> for VertexStatus {
    fn from(message: control::VertexStatus) -> Self {
        Self {
            id: message.id,
            vertex: message.vertex.into(),
            name: message.name,
            total: message.total,
            current: message.current,
            timestamp: timestamp(message.timestamp).unwrap_or_default(),
            started: timestamp(message.started),
            completed: timestamp(message.completed),
        }
    }
}

impl From<control::VertexLog> for VertexLog {
    fn from(message: control::VertexLog) -> Self {
        Self {
            vertex: message.vertex.into(),
            stream: message.stream,
            data: message.msg,
            timestamp: timestamp(message.timestamp).unwrap_or_default(),
        }
    }
}

impl From<control::VertexWarning> for VertexWarning {
    fn from(message: control::VertexWarning) -> Self {
        Self {
            vertex: message.vertex.into(),
            level: message.level,
            short: message.short,
            detail: message.detail,
            url: message.url,
            source_info: message.info.map(Into::into),
            range: collect(message.ranges),
        }
    }
}

impl From<pb::SourceInfo> for SourceInfo {
    fn from(message: pb::SourceInfo) -> Self {
        Self {
            filename: message.filename,
            data: message.data,
            language: message.language,
        }
    }
}

impl From<pb::Range> for Range {
    fn from(message: pb::Range) -> Self {
        Self {
            start: position(message.start),
            end: position(message.end),
        }
    }
}

fn position(message: Option<pb::Position>) -> Position {
    message.map_or_else(Position::default, |position| Position {
        line: position.line,
        character: position.character,
    })
}

/// Returns no time for one that jiff cannot hold; such an engine's clock is broken anyway.
fn timestamp(message: Option<ProtoTimestamp>) -> Option<Timestamp> {
    let message = message?;
    Timestamp::new(message.seconds, message.nanos).ok()
}

fn collect<T, U: From<T>>(messages: Vec<T>) -> Vec<U> {
    messages.into_iter().map(Into::into).collect()
}
