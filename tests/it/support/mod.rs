//! What integration tests share: the engines they may use, and what is shipped.

pub(crate) mod busy_registry;
pub(crate) mod dynamo;
pub(crate) mod engines;
pub(crate) mod offline;
pub(crate) mod own_engine;
pub(crate) mod processes;
pub(crate) mod proxy;
pub(crate) mod relay;
pub(crate) mod shipped;
pub(crate) mod small_disk;
pub(crate) mod sshd;
pub(crate) mod tree;
