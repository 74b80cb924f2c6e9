//! The Docker Engine API that we use; the only module that names bollard.
//!
//! [`locate`](locate()) says which engine is meant and why (`DOCKER_HOST`, docker's current context, the
//! default sockets). [`Engine::connect`] talks to it and negotiates the API version; the methods
//! of [`Engine`] are grouped by noun, one file each. Builds do not pass through here: BuildKit has
//! its own client in [`crate::buildkit`], over the same [`crate::docker::host::Host`].

mod client;
mod connections;
mod container;
mod container_facts;
mod deadline;
mod error;
mod exec;
mod http;
mod id;
mod image;
mod info;
mod locate;
mod log_range;
mod network;
mod out_of_memory;
mod peer;
mod pull;
mod pull_progress;
mod push;
mod shared_port;
mod surroundings;

pub use client::Engine;
pub use container::{AttachTo, Ended, RawStream, ResizeTarget, Wait, WaitFor};
pub use container_facts::{ContainerFacts, ContainerLine, Filters, ListedPort, RequestedDevices};
pub use deadline::Deadline;
pub use error::EngineError;
pub use id::short_id;
pub use info::EngineInfo;
pub use locate::{Located, locate};
pub use log_range::LogRange;
pub use network::Labels;
pub use pull::PullEvent;
pub use pull_progress::PullProgress;
pub use push::PushStep;
pub use surroundings::{LocateError, Surroundings};
