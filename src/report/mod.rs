//! Consumers of build events: what people and machines see of a build.
//!
//! Every event first passes the [`Intake`], which makes whole lines of the engine's scraps of
//! output and masks secrets. Then it goes into the [`BuildState`], where all vertexes are merged into [`Step`](step::Step)s.
//! Then a [`Reporter`] says what to write; which one is the user's choice ([`Mode`],
//! `--progress`).
//!
//! Nothing here writes to a stream, knows of a terminal or looks at a clock: `ui` runs the
//! reporter, tells it the time and the size of the screen, and writes what it says. So a recorded
//! build replays into any of them, which is how they are tested.

mod annotation;
mod cache_log;
mod explain;
mod failure;
mod frame;
mod intake;
mod layout;
mod markdown;
mod mode;
mod note;
mod plain;
mod quiet;
mod rawjson;
mod reporter;
mod sccache;
mod stage_line;
mod state;
mod step;
mod summary;
mod target_line;
mod target_table;
mod title;
mod tty;

#[cfg(test)]
mod live_tests;
#[cfg(test)]
pub(crate) mod replay;
#[cfg(test)]
mod tests;

pub use annotation::Annotation;
pub use intake::Intake;
pub use mode::Mode;
pub use reporter::{Moment, Reporter, View};
pub use state::BuildState;
pub use summary::Summary;
