//! Where a repository is, and whether its registry has to prove who it is.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::docker::reference::{DEFAULT_DOMAIN, Reference};

/// The host that serves images of [`DEFAULT_DOMAIN`].
const HUB: &str = "registry-1.docker.io";

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The registry as names of images have it, with its port.
    pub domain: String,
    /// The repository.
    pub path: String,
}

impl Place {
    /// Returns where images of a name are.
    pub fn of(name: &Reference) -> Self {
        Self {
            domain: name.domain().to_owned(),
            path: name.path().to_owned(),
        }
    }

    /// Returns the name that an image is uploaded under by an engine that uploads nothing without
    /// one: it says which image it is, so that it never stands for another one.
    pub fn upload_name(&self, image: &str) -> String {
        let hex = image.rsplit(':').next().unwrap_or(image);
        let short = hex.get(..12).unwrap_or(hex);
        format!("{}/{}:dynbuild-upload-{short}", self.domain, self.path)
    }

    /// Returns the host that answers.
    pub(super) fn host(&self) -> &str {
        if self.domain == DEFAULT_DOMAIN {
            HUB
        } else {
            &self.domain
        }
    }
}

/// The registries that the engine uses without knowing who they are (`insecure-registries`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InsecureRegistries {
    /// Networks, as `127.0.0.0/8`.
    pub networks: Vec<String>,
    /// Hosts, with their ports.
    pub hosts: Vec<String>,
}

impl InsecureRegistries {
    /// Returns whether a registry may be spoken to without TLS, and with any certificate. Those of
    /// this machine always may, as for docker.
    pub fn contains(&self, domain: &str) -> bool {
        if self.hosts.iter().any(|host| host == domain) {
            return true;
        }
        let host = domain.rsplit_once(':').map_or(domain, |(host, _)| host);
        let host = host.trim_matches(['[', ']']);
        if host == "localhost" {
            return true;
        }
        let Ok(address) = host.parse::<IpAddr>() else {
            return false;
        };
        let networks = self.networks.iter();
        let mut networks = networks.filter_map(|network| network.parse::<IpNet>().ok());
        address.is_loopback() || networks.any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("localhost:5000" => true)]
    #[test_case("127.0.0.1:5000" => true)]
    #[test_case("[::1]:5000" => true)]
    #[test_case("10.1.2.3" => true; "a network of the engine")]
    #[test_case("10.2.0.1:443" => false)]
    #[test_case("r.example:5000" => true; "a host of the engine")]
    #[test_case("r.example" => false)]
    #[test_case("docker.io" => false)]
    fn registries_without_certificates(domain: &str) -> bool {
        let insecure = InsecureRegistries {
            networks: vec!["10.1.0.0/16".into(), "fd00::/8".into()],
            hosts: vec!["r.example:5000".into()],
        };
        insecure.contains(domain)
    }

    #[test]
    fn the_hub_answers_elsewhere() {
        let place = Place::of(&"me/app:1".parse().unwrap());
        assert_eq!((place.host(), place.path.as_str()), (HUB, "me/app"));
        assert_eq!(
            place.upload_name("sha256:0123456789abcdef"),
            "docker.io/me/app:dynbuild-upload-0123456789ab"
        );
    }
}
