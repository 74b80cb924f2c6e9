//! The terminal that dynrun runs in: raw mode that is always undone, its size, and its input.

mod input;
mod raw;
mod size;

pub use input::Input;
pub use raw::RawMode;
pub use size::{Resizes, Size};
