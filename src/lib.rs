//! Builds and launches large inference images.
//!
//! Two programs share this library: `dynbuild` reads a TOML profile, decides everything up front
//! (a [`plan`]) and drives multi-stage builds through BuildKit; `dynrun` launches the images with
//! docker's own grammar. `docs/architecture.md` tells which module may talk to which.

mod builder;
mod buildkit;
pub mod cli;
mod context;
mod credentials;
mod deploy;
mod diagnosis;
mod dial;
mod docker;
mod dockerfile;
mod engine;
mod execute;
mod git;
mod hash;
#[doc(hidden)]
pub mod internals;
mod launch;
mod operate;
mod plan;
mod problem;
mod profile;
mod redact;
mod registry;
mod report;
mod secret;
mod suggest;
mod text;
mod text_file;
mod toml_file;
mod tree;
mod ui;
