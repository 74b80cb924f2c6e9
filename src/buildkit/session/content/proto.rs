//! The messages of `containerd.services.content.v1`, as far as they are used.

use std::collections::HashMap;

use prost::{Enumeration, Message};

/// A point in time (`google.protobuf.Timestamp`).
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub(super) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

/// A blob.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Info {
    #[prost(string, tag = "1")]
    pub(super) digest: String,
    #[prost(int64, tag = "2")]
    pub(super) size: i64,
    #[prost(message, optional, tag = "3")]
    pub(super) created_at: Option<Timestamp>,
    #[prost(message, optional, tag = "4")]
    pub(super) updated_at: Option<Timestamp>,
    #[prost(map = "string, string", tag = "5")]
    pub(super) labels: HashMap<String, String>,
}

/// The request of `Info` and of `Delete`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct DigestRequest {
    #[prost(string, tag = "1")]
    pub(super) digest: String,
}

/// The answer of `Info`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct InfoResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) info: Option<Info>,
}

/// The request of `List` and of `ListStatuses`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct ListRequest {
    #[prost(string, repeated, tag = "1")]
    pub(super) filters: Vec<String>,
}

/// An answer of `List`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ListResponse {
    #[prost(message, repeated, tag = "1")]
    pub(super) info: Vec<Info>,
}

/// The request of `Read`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct ReadRequest {
    #[prost(string, tag = "1")]
    pub(super) digest: String,
    #[prost(int64, tag = "2")]
    pub(super) offset: i64,
    /// To the end if zero.
    #[prost(int64, tag = "3")]
    pub(super) size: i64,
}

/// An answer of `Read`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct ReadResponse {
    #[prost(int64, tag = "1")]
    pub(super) offset: i64,
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) data: bytes::Bytes,
}

/// How far the writing of a blob is.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Status {
    #[prost(message, optional, tag = "1")]
    pub(super) started_at: Option<Timestamp>,
    #[prost(message, optional, tag = "2")]
    pub(super) updated_at: Option<Timestamp>,
    #[prost(string, tag = "3")]
    pub(super) r#ref: String,
    #[prost(int64, tag = "4")]
    pub(super) offset: i64,
    #[prost(int64, tag = "5")]
    pub(super) total: i64,
    #[prost(string, tag = "6")]
    pub(super) expected: String,
}

/// The request of `Status` and of `Abort`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct RefRequest {
    #[prost(string, tag = "1")]
    pub(super) r#ref: String,
}

/// The answer of `Status`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct StatusResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) status: Option<Status>,
}

/// The answer of `ListStatuses`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct ListStatusesResponse {
    #[prost(message, repeated, tag = "1")]
    pub(super) statuses: Vec<Status>,
}

/// What a message of `Write` is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enumeration)]
#[repr(i32)]
pub(super) enum WriteAction {
    /// Say how far it is.
    Stat = 0,
    /// Write.
    Write = 1,
    /// Write, and end it.
    Commit = 2,
}

/// A message of `Write`. Only the first one has to have a reference.
#[derive(Clone, PartialEq, Message)]
pub(super) struct WriteRequest {
    #[prost(enumeration = "WriteAction", tag = "1")]
    pub(super) action: i32,
    #[prost(string, tag = "2")]
    pub(super) r#ref: String,
    #[prost(int64, tag = "3")]
    pub(super) total: i64,
    #[prost(string, tag = "4")]
    pub(super) expected: String,
    #[prost(int64, tag = "5")]
    pub(super) offset: i64,
    #[prost(bytes = "bytes", tag = "6")]
    pub(super) data: bytes::Bytes,
}

/// The answer to a message of `Write`.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct WriteResponse {
    #[prost(enumeration = "WriteAction", tag = "1")]
    pub(super) action: i32,
    #[prost(message, optional, tag = "2")]
    pub(super) started_at: Option<Timestamp>,
    #[prost(message, optional, tag = "3")]
    pub(super) updated_at: Option<Timestamp>,
    #[prost(int64, tag = "4")]
    pub(super) offset: i64,
    #[prost(int64, tag = "5")]
    pub(super) total: i64,
    #[prost(string, tag = "6")]
    pub(super) digest: String,
}
