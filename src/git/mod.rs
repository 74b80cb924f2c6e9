//! Facts about a source tree, read with libgit2.
//!
//! [`Checkout::read`] starts from the build context, never from the caller's directory: the
//! version of an image is that of the code in it. Nothing is written, not even git's index.

mod checkout;
mod error;
mod remote;
mod version;

pub use checkout::{Checkout, SourceRevision, top_directory};
pub use error::GitError;
pub use version::{Version, VersionOrigin};
