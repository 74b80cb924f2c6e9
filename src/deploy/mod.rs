//! Deployments: several containers that serve one model, from one file.
//!
//! [`mod@file`] is the TOML as written. [`Deployment::derive`] makes of it the [`Member`]s: services,
//! frontends and workers, each a launch request of its own, with its ports, ranks, addresses and
//! GPUs. All of it is a pure function of the file, so that several machines agree without talking.
//! Nothing here asks an engine; starting and watching members is the business of others.

mod argument;
mod deployment;
mod derive;
mod explain;
mod export;
pub mod file;
mod finding;
pub(crate) mod fit;
mod import;
pub(crate) mod init;
mod lint;
mod member;
mod model;
mod network;
pub mod plan;
mod schema;
mod secret_source;
mod shipped;
pub(crate) mod supervise;
#[cfg(test)]
pub(crate) mod tests;
mod version;

pub use argument::Argument;
pub use deployment::Deployment;
pub use derive::Inputs;
pub use explain::explain;
pub use export::{ExportFormat, Exported};
pub use finding::{Finding, Severity};
pub use import::Imported;
pub use member::{Gpus, Health, Kind, Member, MemberPort, PortUse};
pub use network::{Discovery, Network};
pub(crate) use schema::schema;
pub use shipped::Shipped;
pub use version::DynamoVersion;
