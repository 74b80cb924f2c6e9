//! Where the client finds the value of a secret.

/// Where the client finds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecretSource {
    /// An environment variable.
    Environment(String),
    /// A file; `~/` is the user's home directory.
    File(String),
}
