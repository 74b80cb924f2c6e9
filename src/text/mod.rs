//! Words for a screen: colour, width, sizes, durations, tables.
//!
//! Everything here is a plain function from values to text. It sits at the bottom, so that a plan,
//! a context listing and a progress report look alike without knowing of a terminal; what the
//! terminal can do reaches them as a [`Look`].

mod clean;
mod count;
mod duration;
mod look;
mod measure;
mod rename;
mod size;
mod table;
mod typewriter;
mod words;

pub use clean::{clean_line, clean_text, escape_json};
pub use count::counted;
pub use duration::human_duration;
pub use look::{Look, Mark, Tone};
pub use measure::{fit, fit_middle, fold, width};
pub use rename::utf8_rename;
pub use size::human_size;
pub use table::Table;
pub use typewriter::{Typed, Typewriter};
pub use words::Words;
pub(crate) use words::words;
