//! A deployment file as written: one file per table, every value with its place.

mod document;
mod export;
mod flag_value;
mod frontend;
mod mock;
mod node;
mod policy;
mod service;
mod words;
mod worker;
mod written;

pub use document::{DeploymentFile, SCHEMA};
pub use flag_value::{FlagArgs, FlagValue};
pub use service::ServiceTable;
pub use words::{DiscoveryBackend, EventPlane, RequestPlane, RestartPolicy, Role, RouterMode};
pub use worker::WorkerTable;
pub(crate) use written::Written;
