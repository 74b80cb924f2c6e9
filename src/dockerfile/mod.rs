//! Dockerfiles, read as BuildKit reads them.
//!
//! A file becomes logical lines, these become [instructions](Instruction), and those form
//! [stages](Stage). Where BuildKit is odd, so are we: a comment inside a continued line goes away,
//! a here-document may be announced anywhere in the line, flags are read before anything else, and
//! values keep their quotes until [`expand`] replaces their variables.
//!
//! What BuildKit surely refuses is a [`SyntaxError`]. What we do not know, such as an instruction of
//! a newer version, stays in the file and is BuildKit's to decide.
//!
//! The reference is `frontend/dockerfile` of BuildKit; a test compares what we read with what an
//! engine answers to `--call=outline` and `--call=targets`.

mod directive;
mod document;
mod error;
mod glob;
mod heredoc;
mod instruction;
mod lexer;
mod line;
mod mount;
mod parse;
mod reference;
mod span;
mod stage;
#[cfg(test)]
mod tests;
mod word;

pub use document::{Dockerfile, Global};
pub use error::{Mistake, SyntaxError};
pub use heredoc::HereDocument;
pub use instruction::{Arg, Command, Copy, Instruction, Kind, Run};
pub use lexer::{Variable, expand};
pub use mount::{Known, Mount, MountKind};
pub use reference::{Reference, references};
pub use span::Spanned;
pub use stage::Stage;
