//! Image layouts of ours that the engine reads and writes: containerd's content service.
//!
//! Of all sessions' services this is the only one that containerd defines, so its messages are not
//! among the generated ones; [`proto`] has them. A call says in a header which [`ContentStore`] it
//! means, and [`ContentService`] knows them by that name.

mod ingest;
mod proto;
mod reading;
mod service;
mod store;
#[cfg(test)]
mod tests;
mod write;

pub(in super::super) use service::{ContentService, METHODS};
pub(in super::super) use store::ContentStore;
