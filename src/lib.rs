//! Builds and launches large inference images.
//!
//! Two programs share this library: `dynbuild` reads a TOML profile, decides everything up front
//! (a [`plan`]) and drives multi-stage builds through BuildKit; `dynrun` launches the images with
//! docker's own grammar. `docs/architecture.md` tells which module may talk to which.

pub mod builder;
pub mod buildkit;
pub mod cli;
pub mod context;
pub mod credentials;
pub mod deploy;
pub mod dial;
pub mod docker;
pub mod dockerfile;
pub mod engine;
pub mod execute;
pub mod exit;
pub mod git;
pub mod hash;
pub mod launch;
mod operate;
pub mod plan;
pub mod problem;
pub mod profile;
pub mod redact;
pub mod registry;
pub mod report;
pub mod secret;
pub mod suggest;
pub mod text;
pub mod text_file;
pub mod toml_file;
pub mod tree;
pub mod ui;
