//! The levels of readiness, each including the ones before.

/// What has to be true.
///
/// A frontend answers `/live` and `/health` long before it can serve, and lists a model that no
/// request may reach yet, so that only an answer to a real request tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The container runs.
    Running,
    /// Something listens on the port.
    Port,
    /// The server answers `/live`.
    Live,
    /// The server lists a model.
    Model,
    /// The model completes one token.
    Completion,
}

impl Level {
    /// All levels, in order.
    pub const ALL: [Self; 5] = [
        Self::Running,
        Self::Port,
        Self::Live,
        Self::Model,
        Self::Completion,
    ];

    /// Their names.
    pub const NAMES: [&'static str; 5] = ["running", "port", "live", "model", "completion"];

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    /// Returns the name.
    pub const fn as_str(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}
