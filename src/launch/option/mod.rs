//! The flags of `docker run`: what each does to the [`ContainerSpec`](crate::launch::spec::ContainerSpec).
//!
//! Names, letters and help are in [`crate::docker::run_flags`]; here is one file per noun with the
//! effect of its flags. [`table::find`] looks a flag's effect up, and [`Draft`] is the
//! specification while flags are applied to it.

mod draft;
mod effect;
mod isolation;
mod keeping;
mod launch;
mod network;
mod process;
mod resources;
mod storage;
mod table;

pub use draft::{Conflict, Draft};
pub use effect::{Refusal, RunOption};
pub use table::{find, left_to_docker};
