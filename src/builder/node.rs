//! A builder and its nodes.

use std::path::PathBuf;

use crate::dial::Endpoint;
use crate::docker::platform::Platform;

/// A builder that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builder {
    /// Its name.
    pub name: String,
    /// Its nodes, at least one.
    pub nodes: Vec<Node>,
}

/// One BuildKit of a builder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// How it is reached.
    pub endpoint: Endpoint,
    /// The platforms that it was created for; those that it says itself if there are none.
    pub platforms: Vec<Platform>,
}

/// Files that TLS needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// The authority that signs the node's certificate.
    pub ca: Option<PathBuf>,
    /// Our certificate.
    pub cert: Option<PathBuf>,
    /// The key of our certificate.
    pub key: Option<PathBuf>,
    /// The name that the node's certificate is for, where that is not the name of its machine.
    pub server_name: Option<String>,
}

impl Builder {
    /// Returns the node for builds of these platforms: the first one that was created for all of
    /// them, else the first one of which nothing is said.
    pub fn node_for(&self, platforms: &[Platform]) -> Option<&Node> {
        let serves = |node: &&Node| platforms.iter().all(|one| node.platforms.contains(one));
        let any = || self.nodes.iter().find(|node| node.platforms.is_empty());
        self.nodes.iter().find(serves).or_else(any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dial::Address;

    fn node(name: &str, platforms: &[&str]) -> Node {
        Node {
            name: name.into(),
            endpoint: Endpoint::buildkitd(Address::Unix("/x".into())),
            platforms: platforms.iter().map(|name| name.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_node_is_chosen_by_what_it_was_created_for() {
        let builder = Builder {
            name: "b".into(),
            nodes: vec![node("amd", &["linux/amd64"]), node("arm", &["linux/arm64"])],
        };
        let chosen = |platforms: &[&str]| {
            let platforms: Vec<_> = platforms.iter().map(|name| name.parse().unwrap()).collect();
            builder.node_for(&platforms).map(|node| node.name.clone())
        };
        assert_eq!(chosen(&["linux/arm64"]).as_deref(), Some("arm"));
        assert_eq!(chosen(&["linux/amd64", "linux/arm64"]), None);
        let any = Builder {
            name: "b".into(),
            nodes: vec![node("any", &[])],
        };
        assert!(any.node_for(&["linux/arm64".parse().unwrap()]).is_some());
    }
}
