//! Facts about a source tree, as git has them.
//!
//! [`Checkout::read`] starts from the build context, never from the caller's directory: the
//! version of an image is that of the code in it. Nothing is written, not even git's index.
//!
//! libgit2 is asked first (`library`). Where it cannot read a repository, or is known to answer
//! differently from git, the git program is asked (`repository`), if there is one. A repository that
//! nobody can read stops no build: the image then has no version of it.

mod checkout;
mod error;
mod library;
mod place;
mod program;
mod read;
mod remote;
mod repository;
mod version;

pub use checkout::{Checkout, SourceRevision};
pub use place::{GitDirectory, linked_directory, top_directory};
pub use program::GitProgram;
pub use version::{Version, VersionOrigin};

#[cfg(test)]
mod tests;
