//! The flags of `docker run`: what each does to the [`ContainerSpec`](crate::launch::spec::ContainerSpec).
//!
//! Names, letters and help are in [`crate::docker::run_flags`]; here is one file per noun with the
//! effect of its flags. [`table::find`] looks a flag's effect up, and [`Draft`] is the
//! specification while flags are applied to it.

mod attach;
mod cpu;
mod device;
mod draft;
mod effect;
mod environment;
mod gpus;
mod health;
mod identity;
mod keep;
mod label;
mod launch;
mod log;
mod memory;
mod namespaces;
mod network;
mod process;
mod publish;
mod security;
mod storage;
mod sysctl;
mod table;
mod ulimit;

pub use draft::{Conflict, Draft};
pub use effect::{Effect, Refusal, RunOption};
pub use table::{find, left_to_docker};
