//! Runs a build plan: order, concurrency, publishing; emits events.

pub mod event;

pub use event::{BuiltTarget, Event, NoteLevel, TargetOutcome};
