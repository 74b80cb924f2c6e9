//! What a machine knows of the other machines of its deployment.

use std::collections::BTreeMap;

use tokio::time::Instant;

/// What is known of the other machines.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "two are jobs that go on, two are remarks that were made"
)]
pub(super) struct Elsewhere {
    /// Services that did not answer yet, and why.
    pub(super) awaited: BTreeMap<String, String>,
    pub(super) looking: bool,
    pub(super) looked: Option<Instant>,
    /// Looks into etcd that failed in a row.
    pub(super) unanswered: u32,
    pub(super) dialing: bool,
    pub(super) dialed: Option<Instant>,
    /// Connections to workers that failed in a row.
    pub(super) unreachable: BTreeMap<String, u32>,
    /// Workers that were seen, and whether they are still there.
    pub(super) seen: BTreeMap<String, bool>,
    /// Whether it was said who is waited for.
    pub(super) waiting: bool,
    /// Whether it was said that there are workers that the file does not have.
    pub(super) strange: bool,
}

/// Where the other machines' members are looked for.
#[derive(Clone, Debug)]
pub(super) struct Dialed {
    pub(super) name: String,
    pub(super) id: u64,
    pub(super) failure: Option<String>,
}
