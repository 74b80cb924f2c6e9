//! Facts about a source tree, read with libgit2.
