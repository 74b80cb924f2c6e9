//! Networks and ports in the shape of the Engine API.

use std::collections::BTreeMap;

use serde::Serialize;

use super::skip::is_zero;
use crate::docker::network::NetworkAttachment;
use crate::docker::port::PortMapping;

/// `NetworkingConfig`: how the container joins each network.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NetworkingConfig {
    endpoints_config: BTreeMap<String, Endpoint>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    #[serde(rename = "IPAMConfig", skip_serializing_if = "Option::is_none")]
    addresses: Option<Addresses>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    driver_opts: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_zero")]
    gw_priority: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    mac_address: String,
}

#[derive(Clone, Debug, Serialize)]
struct Addresses {
    #[serde(rename = "IPv4Address", skip_serializing_if = "Option::is_none")]
    ipv4: Option<String>,
    #[serde(rename = "IPv6Address", skip_serializing_if = "Option::is_none")]
    ipv6: Option<String>,
    #[serde(rename = "LinkLocalIPs", skip_serializing_if = "Vec::is_empty")]
    link_local: Vec<String>,
}

/// A value of `HostConfig.PortBindings`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Binding {
    #[serde(skip_serializing_if = "String::is_empty")]
    host_ip: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    host_port: String,
}

impl NetworkingConfig {
    /// A single network without options is left to `NetworkMode`.
    pub(super) fn new(networks: &[NetworkAttachment]) -> Self {
        let endpoint =
            |network: &NetworkAttachment| (network.target.clone(), Endpoint::from(network.clone()));
        let endpoints_config = match networks {
            [only] if *only == NetworkAttachment::named(&only.target) => BTreeMap::new(),
            networks => networks.iter().map(endpoint).collect(),
        };
        Self { endpoints_config }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.endpoints_config.is_empty()
    }
}

impl From<NetworkAttachment> for Endpoint {
    fn from(network: NetworkAttachment) -> Self {
        let NetworkAttachment {
            target: _, // the key
            aliases,
            ipv4,
            ipv6,
            link_local_ips,
            mac_address,
            driver_options,
            gateway_priority,
        } = network;
        let fixed = ipv4.is_some() || ipv6.is_some() || !link_local_ips.is_empty();
        Self {
            addresses: fixed.then(|| Addresses {
                ipv4: ipv4.map(|ip| ip.to_string()),
                ipv6: ipv6.map(|ip| ip.to_string()),
                link_local: link_local_ips.iter().map(ToString::to_string).collect(),
            }),
            aliases,
            driver_opts: driver_options,
            gw_priority: gateway_priority,
            mac_address,
        }
    }
}

impl From<&PortMapping> for Binding {
    fn from(mapping: &PortMapping) -> Self {
        let host_ip = mapping.host_ip.map(|ip| ip.to_string());
        Self {
            host_ip: host_ip.unwrap_or_default(),
            host_port: mapping.host.to_string(),
        }
    }
}

/// Groups published ports by the port of the container.
pub(super) fn bindings(published: &[PortMapping]) -> BTreeMap<String, Vec<Binding>> {
    let mut grouped: BTreeMap<String, Vec<Binding>> = BTreeMap::new();
    for mapping in published {
        let port = grouped.entry(mapping.container.to_string());
        port.or_default().push(mapping.into());
    }
    grouped
}
