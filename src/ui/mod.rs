//! The only owner of stdout and stderr.
//!
//! A program makes one [`Ui`] from [`Settings`] and says everything through it: results on stdout,
//! notes, warnings and [`Problems`](crate::problem::Problems) on stderr. What each stream can show
//! is decided once, in [`Settings::look`]; every text that leaves passes the
//! [`Redactor`](crate::redact::Redactor); a reader that goes away (`dynbuild list | head -1`)
//! quietly ends the writing.

mod canvas;
mod console;
mod excerpt;
mod problem;
mod progress;
mod pull_bar;
mod screen;
mod settings;
mod stream;
#[cfg(test)]
mod tests;

pub use console::Ui;
pub use pull_bar::PullBar;
pub use settings::{ColorChoice, Settings};
pub use stream::Stream;
