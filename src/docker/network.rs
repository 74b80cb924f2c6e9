//! `--network NAME` and `--network name=NAME,alias=…,ip=…`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;

use super::csv::{self, CsvError};
use super::hinted::{Hinted, similar_or};
use super::number;

/// A network that a container is connected to, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkAttachment {
    /// The network, or one of docker's words such as `host`.
    pub target: String,
    /// Other names of the container in the network.
    pub aliases: Vec<String>,
    /// The container's IPv4 address.
    pub ipv4: Option<IpAddr>,
    /// The container's IPv6 address.
    pub ipv6: Option<IpAddr>,
    /// Link-local addresses.
    pub link_local_ips: Vec<IpAddr>,
    /// The MAC address; empty if not given. See [`is_mac_address`].
    pub mac_address: String,
    /// Options of the network driver.
    pub driver_options: BTreeMap<String, String>,
    /// Which network has the default gateway: the one with the highest number.
    pub gateway_priority: i64,
}

/// Why a network could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// It is no record of fields.
    #[error("network `{text}` cannot be split into fields")]
    Fields {
        /// The whole text.
        text: String,
        /// What is wrong with the fields.
        #[source]
        source: CsvError,
    },
    /// A field is no `key=value`.
    #[error("field `{0}` of the network is not of the form key=value")]
    Field(String),
    /// There is no such field.
    #[error("network has an unknown field `{0}`")]
    Key(String),
    /// An address is none.
    #[error("`{0}` is not an IP address")]
    Address(String),
    /// A driver option is no `key=value`.
    #[error("driver option `{0}` is not of the form key=value")]
    DriverOption(String),
    /// The priority is no number.
    #[error("gateway priority `{0}` is not a whole number")]
    Priority(String),
    /// No field names the network.
    #[error("network `{0}` has no name")]
    NoName(String),
}

const KEYS: [&str; 8] = [
    "name",
    "alias",
    "ip",
    "ip6",
    "mac-address",
    "link-local-ip",
    "driver-opt",
    "gw-priority",
];

impl Hinted for NetworkError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Fields { source, .. } => source.hint(),
            Self::Key(key) => Some(similar_or(key, &KEYS, |keys| {
                format!("the fields are {}", keys.join(", "))
            })),
            Self::NoName(text) => Some(format!("write `name=NETWORK,{text}`")),
            Self::DriverOption(_) => Some("write `driver-opt=KEY=VALUE`".to_owned()),
            Self::Field(_) => Some("write `name=NETWORK,KEY=VALUE`".to_owned()),
            Self::Address(_) | Self::Priority(_) => None,
        }
    }
}

impl NetworkAttachment {
    /// Connects to a network without any option.
    pub fn named(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            ..Self::default()
        }
    }

    /// Returns the container whose network is shared (`container:NAME`).
    pub fn container(&self) -> Option<&str> {
        self.target.strip_prefix("container:")
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), NetworkError> {
        match key {
            "name" => value.clone_into(&mut self.target),
            "alias" => self.aliases.push(value.to_owned()),
            "ip" => self.ipv4 = Some(address(value)?),
            "ip6" => self.ipv6 = Some(address(value)?),
            "mac-address" => value.clone_into(&mut self.mac_address),
            "link-local-ip" => self.link_local_ips.push(address(value)?),
            "driver-opt" => {
                let pair = value.split_once('=').filter(|(key, _)| !key.is_empty());
                let (key, value) =
                    pair.ok_or_else(|| NetworkError::DriverOption(value.to_owned()))?;
                self.driver_options
                    .insert(key.trim().to_owned(), value.trim().to_owned());
            }
            "gw-priority" => {
                let priority = number::decimal(value);
                self.gateway_priority =
                    priority.map_err(|_| NetworkError::Priority(value.to_owned()))?;
            }
            other => return Err(NetworkError::Key(other.to_owned())),
        }
        Ok(())
    }
}

impl FromStr for NetworkAttachment {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if !is_long_form(text) {
            return Ok(Self::named(text));
        }
        let fields = csv::record(text).map_err(|source| NetworkError::Fields {
            text: text.to_owned(),
            source,
        })?;
        let mut network = Self::default();
        for field in fields {
            // Values too: docker puts the whole field in lower case.
            let lower = field.to_lowercase();
            let pair = lower.split_once('=').filter(|(key, _)| !key.is_empty());
            let (key, value) = pair.ok_or_else(|| NetworkError::Field(field.clone()))?;
            network.set(key.trim(), value.trim())?;
        }
        if network.target.is_empty() {
            return Err(NetworkError::NoName(text.to_owned()));
        }
        Ok(network)
    }
}

/// Docker's test: somewhere an `=` stands between two letters, digits or underscores.
fn is_long_form(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut triples = text.as_bytes().windows(3);
    triples.any(|triple| is_word(triple[0]) && triple[1] == b'=' && is_word(triple[2]))
}

fn address(text: &str) -> Result<IpAddr, NetworkError> {
    text.parse()
        .map_err(|_| NetworkError::Address(text.to_owned()))
}

/// Returns whether the text is a MAC address of 6, 8 or 20 bytes, written `00:1b:…`, `00-1b-…` or
/// `001b.…`.
pub fn is_mac_address(text: &str) -> bool {
    let groups = |separator, digits| {
        let groups: Vec<&str> = text.split(separator).collect();
        let is_hex = |group: &&str| {
            group.len() == digits && group.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        groups
            .iter()
            .all(is_hex)
            .then_some(groups.len() * digits / 2)
    };
    let bytes = groups(':', 2)
        .or_else(|| groups('-', 2))
        .or_else(|| groups('.', 4));
    matches!(bytes, Some(6 | 8 | 20))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test]
    fn the_long_form_has_fields() {
        let text = "name=Net,alias=a,alias=b,ip=10.0.0.2,ip6=::2,mac-address=02:00:00:00:00:01,\
                    driver-opt=k=v,link-local-ip=169.254.0.1,gw-priority=-1";
        let network: NetworkAttachment = text.parse().unwrap();
        let expected = NetworkAttachment {
            target: "net".to_owned(),
            aliases: vec!["a".to_owned(), "b".to_owned()],
            ipv4: Some("10.0.0.2".parse().unwrap()),
            ipv6: Some("::2".parse().unwrap()),
            link_local_ips: vec!["169.254.0.1".parse().unwrap()],
            mac_address: "02:00:00:00:00:01".to_owned(),
            driver_options: BTreeMap::from([("k".to_owned(), "v".to_owned())]),
            gateway_priority: -1,
        };
        assert_eq!(network, expected);
    }

    #[test_case("host")]
    #[test_case("container:x")]
    #[test_case("MyNet")]
    fn the_short_form_is_the_name(text: &str) {
        let network: NetworkAttachment = text.parse().unwrap();
        assert_eq!(network.target, text);
    }

    #[test_case("alias=a", NetworkError::NoName("alias=a".to_owned()))]
    #[test_case("name=a,b", NetworkError::Field("b".to_owned()))]
    #[test_case("name=a,aliass=b", NetworkError::Key("aliass".to_owned()))]
    #[test_case("name=a,ip=x", NetworkError::Address("x".to_owned()))]
    #[test_case("name=a,driver-opt=x", NetworkError::DriverOption("x".to_owned()))]
    #[test_case("name=a,gw-priority=x", NetworkError::Priority("x".to_owned()))]
    fn broken_networks_are_refused(text: &str, error: NetworkError) {
        assert_eq!(text.parse::<NetworkAttachment>(), Err(error));
    }

    #[test_case("02:42:ac:11:00:02", true)]
    #[test_case("02-42-AC-11-00-02", true)]
    #[test_case("0242.ac11.0002", true)]
    #[test_case("02:42:ac:11:00", false)]
    #[test_case("0242ac110002", false)]
    #[test_case("02:42-ac:11:00:02", false)]
    #[test_case("", false)]
    fn mac_addresses_have_three_spellings(text: &str, valid: bool) {
        assert_eq!(is_mac_address(text), valid);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(name=a)?[a-z=,.\"-]{0,12}") {
            drop(text.parse::<NetworkAttachment>());
        }
    }
}
