//! Networks and ports in the shape of the Engine API.

use std::collections::BTreeMap;

use super::object::Object;
use crate::docker::network::NetworkAttachment;
use crate::docker::port::PortMapping;

/// Writes `NetworkingConfig`: how the container joins each network. A single one without options is
/// left to `NetworkMode`.
pub(super) fn networking_config(networks: &[NetworkAttachment]) -> Object {
    let endpoints = networks
        .iter()
        .map(|network| (&network.target, endpoint(network)));
    let endpoints: BTreeMap<_, _> = match networks {
        [only] if *only == NetworkAttachment::named(&only.target) => BTreeMap::new(),
        _ => endpoints.collect(),
    };
    Object::default().with("EndpointsConfig", endpoints)
}

fn endpoint(network: &NetworkAttachment) -> Object {
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
    let addresses = Object::default()
        .with("IPv4Address", ipv4)
        .with("IPv6Address", ipv6)
        .with("LinkLocalIPs", link_local_ips);
    Object::default()
        .with("IPAMConfig", addresses)
        .with("Aliases", aliases)
        .with("DriverOpts", driver_options)
        .with("GwPriority", gateway_priority)
        .with("MacAddress", mac_address)
}

/// Writes `HostConfig.PortBindings`: published ports by the port of the container.
pub(super) fn bindings(published: &[PortMapping]) -> BTreeMap<String, Vec<Object>> {
    let mut grouped: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for mapping in published {
        let binding = Object::default()
            .with("HostIp", mapping.host_ip)
            .with("HostPort", mapping.host.to_string());
        let port = grouped.entry(mapping.container.to_string());
        port.or_default().push(binding);
    }
    grouped
}
