//! The nodes that a plan runs on, and which part of a target each of them builds.

use std::borrow::Cow;

use crate::builder::{Offer, Share, share};
use crate::buildkit::Client;
use crate::docker::platform::Platform;
use crate::plan::PlannedTarget;

/// The nodes of a builder, at least one.
#[derive(Debug)]
pub struct Nodes(Vec<BuildNode>);

/// A node that is connected to.
#[derive(Debug)]
struct BuildNode {
    client: Client,
    offer: Offer,
}

/// What one node builds of a target.
pub(super) struct Part<'a> {
    /// The target, for the platforms of this node only.
    pub(super) target: Cow<'a, PlannedTarget>,
    pub(super) client: &'a Client,
    /// The number of the node.
    pub(super) node: usize,
    /// Whether other nodes build other platforms of the target.
    pub(super) is_partial: bool,
}

impl Nodes {
    /// Makes the only node.
    pub fn one(client: Client) -> Self {
        Self::new([(client, Vec::new())])
    }

    /// Makes nodes with the platforms that they were created for.
    pub fn new(nodes: impl IntoIterator<Item = (Client, Vec<Platform>)>) -> Self {
        let nodes = nodes.into_iter().map(|(client, declared)| {
            let detected = client.capabilities().platforms.iter();
            let detected = detected.filter_map(|name| name.parse().ok()).collect();
            let offer = Offer { declared, detected };
            BuildNode { client, offer }
        });
        Self(nodes.collect())
    }

    /// Returns all connections.
    pub fn clients(&self) -> impl Iterator<Item = &Client> {
        self.0.iter().map(|node| &node.client)
    }

    /// Returns the parts of a target, in the order of its platforms.
    pub(super) fn parts<'a>(&'a self, target: &'a PlannedTarget) -> Vec<Part<'a>> {
        let offers: Vec<_> = self.0.iter().map(|node| node.offer.clone()).collect();
        let shares = share(&target.platforms, &offers);
        let is_partial = shares.len() > 1;
        let parts = shares.into_iter().map(|Share { node, platforms }| Part {
            target: if is_partial {
                Cow::Owned(PlannedTarget {
                    platforms,
                    ..target.clone()
                })
            } else {
                Cow::Borrowed(target)
            },
            client: &self.0[node].client,
            node,
            is_partial,
        });
        parts.collect()
    }
}
