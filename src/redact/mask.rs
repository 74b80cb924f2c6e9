//! The mask.

/// What is shown instead of a secret.
pub const MASK: &str = "****";
