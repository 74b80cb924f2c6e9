//! A target whose image is where it is to be, but for the names that move at the end.

use super::delivery::Delivery;
use super::outcome::{Built, Failure};
use crate::buildkit::Digest;
use crate::plan::PlannedTarget;

/// A target whose image is where it is to be, but for the names that move at the end.
pub(super) struct Exported<'p> {
    pub(super) target: &'p PlannedTarget,
    pub(super) result: Result<Staged, Failure>,
    /// What was uploaded without a name, as `repository@digest`.
    pub(super) unnamed: Vec<String>,
}

/// What was made, and what is left to do.
pub(super) struct Staged {
    pub(super) built: Built,
    pub(super) delivery: Delivery,
    /// What registries call it.
    pub(super) digest: Option<Digest>,
}

/// What one node made of a target.
pub(super) struct PartEnd {
    pub(super) result: Result<Staged, Failure>,
    /// What was uploaded without a name, as `repository@digest`.
    pub(super) unnamed: Vec<String>,
}
