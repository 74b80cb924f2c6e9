//! What a build does with a cache.

/// What a build does with a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheUse {
    /// It reads it (`--cache-from`).
    Read,
    /// It writes it (`--cache-to`).
    Write,
}

impl CacheUse {
    /// Returns the attribute that says where a directory is.
    pub fn directory_attribute(self) -> &'static str {
        match self {
            Self::Read => "src",
            Self::Write => "dest",
        }
    }
}
