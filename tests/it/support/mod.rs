//! What integration tests share: the engines they may use.

pub(crate) mod engines;
pub(crate) mod processes;
pub(crate) mod tree;
