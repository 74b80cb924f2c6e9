//! Networks: `--network` and its companions, name resolution, ports.

use super::{Draft, Refusal, RunOption};
use crate::docker::extra_host::ExtraHost;
use crate::docker::network::is_mac_address;
use crate::docker::{checks, port};

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("network", join),
    RunOption::value("net", join),
    RunOption::texts("network-alias", |draft| &mut draft.first_network.aliases),
    RunOption::texts("net-alias", |draft| &mut draft.first_network.aliases),
    RunOption::value("ip", |draft, text| {
        draft.first_network.ipv4 = Some(address(text)?);
        Ok(())
    }),
    RunOption::value("ip6", |draft, text| {
        draft.first_network.ipv6 = Some(address(text)?);
        Ok(())
    }),
    RunOption::value("link-local-ip", |draft, text| {
        draft.first_network.link_local_ips.push(address(text)?);
        Ok(())
    }),
    RunOption::value("mac-address", |draft, text| {
        if !is_mac_address(text) {
            return Err(Refusal::new("not a MAC address").hint("Write `02:42:ac:11:00:02`"));
        }
        text.clone_into(&mut draft.first_network.mac_address);
        Ok(())
    }),
    RunOption::value("add-host", |draft, text| {
        let host: ExtraHost = text.parse()?;
        draft.spec.network.extra_hosts.push(host);
        Ok(())
    }),
    RunOption::value("dns", |draft, text| {
        draft.spec.network.dns.push(checks::dns(text)?);
        Ok(())
    }),
    RunOption::value("dns-search", |draft, text| {
        let domain = checks::dns_search(text)?.to_owned();
        draft.spec.network.dns_search.push(domain);
        Ok(())
    }),
    RunOption::texts("dns-option", |draft| &mut draft.spec.network.dns_options),
    RunOption::texts("dns-opt", |draft| &mut draft.spec.network.dns_options),
    RunOption::value("publish", |draft, text| {
        draft.spec.network.published.extend(port::publish(text)?);
        Ok(())
    }),
    RunOption::switch("publish-all", |draft, on| {
        draft.spec.network.publish_all = on;
    }),
    RunOption::value("expose", |draft, text| {
        draft.spec.network.exposed.extend(port::expose(text)?);
        Ok(())
    }),
];

fn join(draft: &mut Draft<'_>, text: &str) -> Result<(), Refusal> {
    draft.spec.network.attachments.push(text.parse()?);
    Ok(())
}

fn address(text: &str) -> Result<std::net::IpAddr, Refusal> {
    let refuse = |_| Refusal::new("not an IP address");
    text.trim().parse().map_err(refuse)
}
