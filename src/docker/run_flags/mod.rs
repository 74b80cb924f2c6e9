//! The flags of `docker run`: which there are, and how an argument list is taken apart.
//!
//! A [`FlagTable`] is put together from definitions ([`CONTAINER`] and [`RUN`] are docker's own; a
//! program may add to them), and [`FlagTable::parse`] turns arguments into [`Parsed`]: what was given, in
//! order, and what follows the flags. Values stay text here; what they mean is the business of the
//! grammar next to each flag.

mod docker;
mod error;
mod parse;
mod table;

pub use docker::{CONTAINER, RUN};
pub use error::FlagError;
pub use parse::{Given, Parsed};
pub use table::{FlagDef, FlagKind, FlagTable, Repeat};
