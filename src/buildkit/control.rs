//! The engine's build cache: what is in it, and making room.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use thiserror::Error;
use tonic::Status;
use tonic::transport::Channel;

use super::progress_proto::timestamp;
use super::proto::control::control_client::ControlClient;
use super::proto::control::{DiskUsageRequest, PruneRequest, UsageRecord};
use crate::buildkit::connection::MESSAGE_LIMIT;
use crate::problem::{Problem, ProblemKind};

/// The engine did not do what it was asked for.
#[derive(Debug, Error)]
#[error("The engine cannot {what}: {}", source.message())]
pub struct ControlError {
    /// What it was asked for, continuing "the engine cannot".
    what: &'static str,
    source: Box<Status>,
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        Self::new(ProblemKind::Engine, error.to_string())
    }
}

/// Something that the build cache keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CacheRecord {
    /// Its name in the engine.
    pub id: String,
    /// What it is: `regular`, `source.local`, `exec.cachemount`, `frontend`, `internal`, ….
    pub kind: String,
    /// What made it, for example the text of a step.
    pub description: String,
    /// Its size in bytes, without what it is built on.
    pub size: u64,
    /// Whether a build uses it right now.
    pub in_use: bool,
    /// Whether an image uses it as well, so that removing it frees nothing.
    pub shared: bool,
    /// How often it was used.
    pub usage_count: u64,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

impl From<UsageRecord> for CacheRecord {
    fn from(message: UsageRecord) -> Self {
        Self {
            id: message.id,
            kind: message.record_type,
            description: message.description,
            size: message.size.try_into().unwrap_or(0),
            in_use: message.in_use,
            shared: message.shared,
            usage_count: message.usage_count.try_into().unwrap_or(0),
            created_at: timestamp(message.created_at),
            last_used_at: timestamp(message.last_used_at),
        }
    }
}

/// What to remove from the build cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prune {
    /// Rules of which all must hold, in containerd's filter words, such as `type==exec.cachemount`
    /// or `id==…`; everything if empty.
    pub filters: Vec<String>,
    /// Whether what the engine needs itself and what images share goes too.
    pub all: bool,
    /// What was used within this time stays.
    pub keep_for: Option<Duration>,
    /// As many bytes of cache stay.
    pub keep_bytes: Option<u64>,
}

impl From<Prune> for PruneRequest {
    fn from(prune: Prune) -> Self {
        let saturate = |number: u128| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            filter: prune.filters,
            all: prune.all,
            keep_duration: prune.keep_for.map_or(0, |time| saturate(time.as_nanos())),
            reserved_space: prune.keep_bytes.map_or(0, |bytes| saturate(bytes.into())),
            max_used_space: 0,
            min_free_space: 0,
        }
    }
}

pub(super) async fn disk_usage(channel: &Channel) -> Result<Vec<CacheRecord>, ControlError> {
    let failed = failed("list its build cache");
    let response = client(channel)
        .disk_usage(DiskUsageRequest::default())
        .await;
    let records = response.map_err(failed)?.into_inner().record;
    Ok(records.into_iter().map(CacheRecord::from).collect())
}

pub(super) async fn prune(
    channel: &Channel,
    prune: Prune,
) -> Result<Vec<CacheRecord>, ControlError> {
    let failed = failed("prune its build cache");
    let mut removed = client(channel)
        .prune(PruneRequest::from(prune))
        .await
        .map_err(failed)?;
    let mut records = Vec::new();
    while let Some(record) = removed.get_mut().message().await.map_err(failed)? {
        records.push(record.into());
    }
    Ok(records)
}

fn failed(what: &'static str) -> impl Fn(Status) -> ControlError + Copy {
    move |status| ControlError {
        what,
        source: Box::new(status),
    }
}

fn client(channel: &Channel) -> ControlClient<Channel> {
    ControlClient::new(channel.clone()).max_decoding_message_size(MESSAGE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_nanoseconds_on_the_wire_and_never_overflow() {
        let day = Duration::from_secs(24 * 60 * 60);
        let keep = |keep_for| Prune {
            keep_for: Some(keep_for),
            ..Prune::default()
        };
        assert_eq!(
            PruneRequest::from(keep(day)).keep_duration,
            86_400_000_000_000
        );
        assert_eq!(
            PruneRequest::from(keep(Duration::MAX)).keep_duration,
            i64::MAX
        );
        let bytes = Prune {
            keep_bytes: Some(u64::MAX),
            ..Prune::default()
        };
        assert_eq!(PruneRequest::from(bytes).reserved_space, i64::MAX);
    }
}
