//! What is so, whoever asks: passed in, so that planning reads nothing.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::stages::Fragments;
use crate::docker::platform::Platform;
use crate::git::Checkout;
use crate::tree::SourceTree;

/// What planning needs to know about the world.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What is checked out in the build context.
    pub checkout: Checkout,
    /// The sources of Dynamo, if the build context is their top directory.
    pub tree: Option<SourceTree>,
    /// The platform that builds run on without `--platform`.
    pub host_platform: Platform,
    /// The value of `SOURCE_DATE_EPOCH`, if the user set it.
    pub source_date_epoch: Option<Timestamp>,
    /// The user's home directory, which `~/` in the place of a secret stands for.
    pub home: Option<String>,
    /// The ids of secrets whose variable or file is missing on this machine.
    pub absent_secrets: BTreeSet<String>,
    /// The user and group that local-dev images are made for.
    pub user: Option<HostUser>,
    /// The Dockerfile fragments that exist.
    pub fragments: Fragments,
}

/// A user of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostUser {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
}
