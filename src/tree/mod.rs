//! What the sources of Dynamo say about themselves: that they are Dynamo at all, and which Rust and
//! Python they want. Read from the build context before anything is planned.

mod python;
mod source_tree;
mod toolchain;

pub use python::RequiresPython;
pub use source_tree::{SourceTree, top};
pub use toolchain::Toolchain;
