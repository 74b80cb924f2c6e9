//! Stages as files: one Dockerfile fragment per stage, joined into the file that BuildKit gets.
//!
//! [`Fragments`] holds the files (embedded ones, overlaid by directories of the user). A
//! [`Composition`] is the parsed list of those that one build needs; it [joins](Composition::join)
//! them into one Dockerfile with a [`SourceMap`], so that an error names the fragment's own line.
//! [`StageGraph`] answers which stages a target needs, what these copy from the context, and which
//! secrets they mount.
//!
//! Variation is ARG values, stage choice and shell `if`: nothing is pasted into an instruction,
//! so every fragment is a Dockerfile that any editor understands. Joining keeps what each fragment
//! means, or refuses: it changes numbers of stages, and names a last stage that has no name.

mod checks;
mod compose;
mod error;
mod fragment;
mod fragments;
mod globals;
mod graph;
mod inputs;
mod join;
mod overlay;
mod part;
mod scope;
mod source_map;

pub use compose::Composition;
pub use error::StagesError;
pub use fragment::Fragment;
pub use fragments::Fragments;
#[cfg(test)]
pub(crate) use fragments::shipped_runtime;
pub use graph::{ContextPaths, External, Ids, StageGraph, StageId};
pub use inputs::Inputs;
pub use join::Joined;
pub use scope::AUTOMATIC;
pub use source_map::SourceMap;
