//! What is wrong with a build's stages although BuildKit would accept them, or would only tell
//! after minutes.
//!
//! [`lint`] looks at a [`Composition`](super::stages::Composition) with the arguments that the
//! plan passes. The rules are listed in [`Rule`](finding::Rule); each file here holds those of one subject.
//! BuildKit's own checks run in the engine and are shown next to these.

mod args;
mod check;
mod downloads;
mod finding;
mod images;
mod programs;
mod secrets;
mod stages;
mod subject;
mod unknown;

#[cfg(test)]
mod tests;

pub use check::lint;
pub use finding::Finding;
pub use subject::Subject;
