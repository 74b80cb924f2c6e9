//! Addresses of members, from the network and the machine.

use crate::deploy::network::{Network, Node};
use crate::launch::readiness::LOOPBACK;

/// Returns the address at which other members reach a container.
pub(super) fn of_member(network: &Network, node: Option<&Node>, container: &str) -> String {
    match (network, node) {
        (_, Some(node)) => node.address.clone(),
        (Network::Host, None) => LOOPBACK.to_owned(),
        // The engine resolves names of containers in networks that people made.
        (Network::Private(_) | Network::Named(_), None) => container.to_owned(),
    }
}

/// Returns the address that a member listens on, if it must be said: in a network of its own, what
/// the processes detect is right.
pub(super) fn to_listen(network: &Network, node: Option<&Node>) -> Option<String> {
    match (network, node) {
        (_, Some(node)) => Some(node.address.clone()),
        (Network::Host, None) => Some(LOOPBACK.to_owned()),
        (Network::Private(_) | Network::Named(_), None) => None,
    }
}
