//! Build contexts: what is in a directory, and what of it a build may see.
//!
//! A [`Root`] is an open directory that nothing read through it can leave. [`walk()`] goes through
//! it in the order that BuildKit wants, asks a [`Filter`] about every path and hands what is left
//! to a [`Visitor`], entry by entry, so that memory does not grow with the tree. Two visitors
//! exist: the file sync of `buildkit::session` sends entries to the engine, and [`list()`] collects
//! them for people.
//!
//! The filter speaks BuildKit's words: patterns to leave out (from `.dockerignore`), patterns to
//! take, and paths to follow through symbolic links (the sources of `COPY`), see
//! [`follow_paths`].
//!
//! A later up-to-date check needs a digest over everything that went into a build. A visitor that
//! hashes each [`Entry`] is all that it takes; it is not here yet.

pub(crate) mod beneath;
mod entry;
mod error;
mod filter;
mod follow;
mod listing;
mod render;
mod root;
mod walk;
mod xattr;

pub use entry::{Entry, Kind};
pub use error::ContextError;
pub use filter::{Filter, Inherited, Verdict};
pub use follow::follow_paths;
pub use listing::{Listing, list};
pub use root::Root;
pub use walk::{Visitor, WalkOptions, walk};
