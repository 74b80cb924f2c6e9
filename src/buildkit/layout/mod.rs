//! A directory in the OCI image layout: blobs under their digests, and an index that names some.
//!
//! Caches of `type=local` and contexts of `oci-layout://` are such directories. BuildKit's own
//! clients write the same, so that either reads what the other one wrote.
//!
//! A [`Layout`] is usable at any moment: a blob appears under its name when all of it is there,
//! and the index is replaced as a whole, after the blobs that it names.

mod directory;
mod error;
mod index;
mod lock;
mod manifest;

pub use directory::{Found, Layout};
pub use error::LayoutError;
pub(super) use lock::Lock;
