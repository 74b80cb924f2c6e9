//! The receiving side: an exporter's files, written into a directory of ours.
//!
//! The engine is not trusted with more than that directory: paths must be clean and in order
//! ([`order`]), everything is created relative to open directories and no symbolic link is ever
//! followed ([`disk`]), and what must be remembered has a limit ([`state`]).
//!
//! Files that are there already stay, unless the export has something of the same name, as with
//! docker. Where docker would delete a directory to put a file in its place, we refuse.

mod disk;
mod error;
mod order;
mod state;
mod stream;

pub use stream::receive;
