//! What a supervisor knows of a member.

/// The place of a member in the list that the supervisor was given.
pub(crate) type MemberIndex = usize;

/// The part that a member plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    // In the order in which they are stopped: what takes requests first, what others need last.
    Frontend,
    Aggregated,
    Decode,
    Prefill,
    Encode,
    Service,
}

impl Part {
    /// Returns whether requests are sent to it through discovery.
    pub(crate) fn is_worker(self) -> bool {
        !matches!(self, Self::Frontend | Self::Service)
    }
}

/// A member, as far as keeping it alive goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Watched {
    pub(crate) name: String,
    pub(crate) part: Part,
    /// Members with the same replica are ranks of one engine.
    pub(crate) replica: String,
    pub(crate) rank: u32,
    /// A replica that has to be ready before this one may start: they share GPUs.
    pub(crate) after: Option<String>,
}
