//! The ports of a replica: a block of 64 each, so that no two ever meet on a machine.

use crate::deploy::member::{MemberPort, PortUse};

/// The ports of one replica. Its ranks are on different machines and use the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports(u16);

/// Below the range that systems give to outgoing connections.
pub(in crate::deploy) const FIRST: u16 = 21000;
const BLOCK: u32 = 64;
/// Where vLLM looks for free ports: the last part of the block.
const SCRATCH: u16 = 40;

impl Ports {
    /// Returns the block of a replica, by its number among all replicas.
    pub(super) fn new(first: u16, replica: u32) -> Self {
        let base = u32::from(first) + BLOCK * replica;
        // What is above is reported by the lint.
        let last = base + BLOCK - 1;
        Self(u16::try_from(last).map_or(0, |last| last - 63))
    }

    pub(super) const fn number(self, purpose: PortUse) -> u16 {
        self.0
            + match purpose {
                PortUse::System | PortUse::Http | PortUse::Service | PortUse::Answers => 0,
                PortUse::Requests => 1,
                PortUse::Bootstrap => 2,
                PortUse::Nccl => 3,
                PortUse::Rendezvous => 4,
                PortUse::DataParallel => 5,
                PortUse::Engine => 6,
                PortUse::Events => 8,
                PortUse::Nixl => 24,
            }
    }

    pub(super) const fn port(self, purpose: PortUse) -> MemberPort {
        let number = self.number(purpose);
        MemberPort { purpose, number }
    }

    /// Where the engine may look for ports of its own.
    pub(super) const fn scratch(self) -> u16 {
        self.0 + SCRATCH
    }
}
