//! Networks: `--network` and its companions, name resolution, ports.

use super::effect::value;
use super::{Refusal, RunOption};
use crate::docker::network::is_mac_address;
use crate::docker::{checks, port};

pub(super) const OPTIONS: &[RunOption] = &[
    value!("network", text => spec.network.attachments.push(text.parse()?)),
    value!("net", text => spec.network.attachments.push(text.parse()?)),
    RunOption::texts("network-alias", |draft| &mut draft.first_network.aliases),
    RunOption::texts("net-alias", |draft| &mut draft.first_network.aliases),
    value!("ip", text => first_network.ipv4 = Some(address(text)?)),
    value!("ip6", text => first_network.ipv6 = Some(address(text)?)),
    value!("link-local-ip", text => first_network.link_local_ips.push(address(text)?)),
    RunOption::value("mac-address", |draft, text| {
        if !is_mac_address(text) {
            return Err(Refusal::new("not a MAC address").hint("Write `02:42:ac:11:00:02`"));
        }
        text.clone_into(&mut draft.first_network.mac_address);
        Ok(())
    }),
    value!("add-host", text => spec.network.extra_hosts.push(text.parse()?)),
    value!("dns", text => spec.network.dns.push(checks::dns(text)?)),
    value!("dns-search", text => spec.network.dns_search.push(checks::dns_search(text)?.into())),
    RunOption::texts("dns-option", |draft| &mut draft.spec.network.dns_options),
    RunOption::texts("dns-opt", |draft| &mut draft.spec.network.dns_options),
    value!("publish", text => spec.network.published.extend(port::publish(text)?)),
    RunOption::switch("publish-all", |draft, on| {
        draft.spec.network.publish_all = on;
    }),
    value!("expose", text => spec.network.exposed.extend(port::expose(text)?)),
];

fn address(text: &str) -> Result<std::net::IpAddr, Refusal> {
    let refuse = |_| Refusal::new("not an IP address");
    text.trim().parse().map_err(refuse)
}
