//! What a supervisor knows of a member.

use crate::toml_file::choice;

/// The place of a member in the list that the supervisor was given.
pub(crate) type MemberIndex = usize;

choice! {
    /// The part that a member plays, in the order in which they are stopped.
    pub enum Part("part") {
        Frontend = "frontend",
        Aggregated = "agg",
        Decode = "decode",
        Prefill = "prefill",
        Encode = "encode",
        Service = "service",
    }
}

impl Part {
    /// Returns whether requests are sent to it through discovery.
    pub(crate) fn is_worker(self) -> bool {
        !matches!(self, Self::Frontend | Self::Service)
    }

    /// Returns its place in an ordered stop, lowest first: no new requests, then those who answer
    /// them, then those whom these need.
    pub(crate) const fn stop_tier(self) -> u8 {
        match self {
            Self::Frontend => 0,
            Self::Aggregated | Self::Decode => 1,
            Self::Prefill => 2,
            Self::Encode => 3,
            Self::Service => 4,
        }
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
