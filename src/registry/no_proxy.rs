//! What is asked without a proxy (`NO_PROXY`).

use std::net::IpAddr;

use ipnet::IpNet;

/// The entries of `NO_PROXY`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// `*`
    Everything,
    /// `10.0.0.0/8`
    Network(IpNet),
    /// `10.0.0.1`, `10.0.0.1:5000`
    Address { address: IpAddr, port: String },
    /// `r.example`, which is its subdomains as well; `.r.example` and `*.r.example`, which are its
    /// subdomains only.
    Domain {
        /// With its leading dot.
        suffix: String,
        is_itself_meant: bool,
        port: String,
    },
}

impl NoProxy {
    /// Reads entries that commas separate. What is none is left out, as Go does.
    pub(super) fn parse(text: &str) -> Self {
        let entries = text.split(',').map(|entry| entry.trim().to_lowercase());
        Self(entries.filter_map(|entry| Entry::parse(&entry)).collect())
    }

    /// Returns whether a host is asked directly. This machine always is.
    pub(super) fn contains(&self, host: &str, port: &str) -> bool {
        let host = host.trim_matches(['[', ']']).trim().to_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        let is_here = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        is_here || self.0.iter().any(|entry| entry.fits(&host, address, port))
    }
}

impl Entry {
    fn parse(entry: &str) -> Option<Self> {
        if entry == "*" {
            return Some(Self::Everything);
        }
        if let Ok(network) = entry.parse() {
            return Some(Self::Network(network));
        }
        let (host, port) = split_port(entry).unwrap_or((entry, ""));
        let port = port.to_owned();
        if let Ok(address) = host.parse() {
            return Some(Self::Address { address, port });
        }
        let host = match host.strip_prefix("*.") {
            Some(domain) => format!(".{domain}"),
            None => host.to_owned(),
        };
        let is_itself_meant = !host.starts_with('.');
        (!host.is_empty()).then(|| Self::Domain {
            suffix: if is_itself_meant {
                format!(".{host}")
            } else {
                host
            },
            is_itself_meant,
            port,
        })
    }

    fn fits(&self, host: &str, address: Option<IpAddr>, port: &str) -> bool {
        let is_port = |wanted: &str| wanted.is_empty() || wanted == port;
        match self {
            Self::Everything => true,
            Self::Network(network) => address.is_some_and(|address| network.contains(&address)),
            Self::Address {
                address: meant,
                port,
            } => address == Some(*meant) && is_port(port),
            Self::Domain {
                suffix,
                is_itself_meant,
                port,
            } => {
                let is_itself = *is_itself_meant && suffix.strip_prefix('.') == Some(host);
                (is_itself || host.ends_with(suffix)) && is_port(port)
            }
        }
    }
}

/// Splits `host:port` and `[address]:port`. An IPv6 address without brackets has no port.
fn split_port(entry: &str) -> Option<(&str, &str)> {
    let (host, port) = entry.rsplit_once(':')?;
    match host.strip_prefix('[') {
        Some(inner) => Some((inner.strip_suffix(']')?, port)),
        None => (!host.contains([':', '[', ']'])).then_some((host, port)),
    }
}
