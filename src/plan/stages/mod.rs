//! Stages as files: one Dockerfile fragment per stage, joined into the file that BuildKit gets.
//!
//! [`Fragments`] holds the files (embedded ones, overlaid by directories of the user). A
//! [`Composition`] is the parsed list of those that one build needs; it [joins](Composition::join)
//! them into one Dockerfile with a [`SourceMap`], so that an error names the fragment's own line.
//! [`StageGraph`] answers which stages a target needs and what these copy from the context.
//!
//! Variation is ARG values, stage choice and shell `if`: nothing is pasted into an instruction,
//! so every fragment is a Dockerfile that any editor understands.

mod compose;
mod dockerfile;
mod error;
mod expand;
mod fragments;
mod graph;
mod source_map;

pub use compose::{Composition, Joined};
pub use dockerfile::{Arg, Copy, Dockerfile, Instruction, Kind, Mount, Run, Spanned, Stage};
pub use error::StagesError;
pub use expand::{Reference, expand, references};
#[cfg(test)]
pub(crate) use fragments::shipped_runtime;
pub use fragments::{Fragment, Fragments};
pub use graph::{ContextPaths, StageGraph, StageId};
pub use source_map::{Origin, SourceMap};
