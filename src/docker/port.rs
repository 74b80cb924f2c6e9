//! `--publish [IP:][HOST[-HOST]:]PORT[-PORT][/PROTOCOL]`, its long form, and `--expose`.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::hinted::Hinted;
use super::number;
use crate::text::{Words as _, words};

words! {
    /// A transport protocol.
    #[derive(Default, PartialOrd, Ord, Hash)]
    pub enum Protocol {
        /// TCP, the default.
        #[default]
        Tcp = "tcp" | "",
        /// UDP.
        Udp = "udp",
        /// SCTP.
        Sctp = "sctp",
    }
}

fn protocol(word: &str) -> Result<Protocol, PortError> {
    let known = Protocol::from_word(&word.to_lowercase());
    known.ok_or_else(|| PortError::Protocol(word.to_owned()))
}

/// A port of a container, printed as `8000/tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.protocol)
    }
}

/// Where on the host a port of a container is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostPort {
    /// Wherever the engine finds a free port.
    Any,
    /// On this port.
    One(u16),
    /// On a free port of this range, both ends included.
    OneOf(u16, u16),
}

impl fmt::Display for HostPort {
    /// Prints it as the engine reads it, which is empty for any port.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => Ok(()),
            Self::One(port) => write!(f, "{port}"),
            Self::OneOf(first, last) => write!(f, "{first}-{last}"),
        }
    }
}

/// One port of a container and where it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortMapping {
    /// The port of the container.
    pub container: Port,
    /// The address of the host; none for all of them.
    pub host_ip: Option<IpAddr>,
    /// The port of the host.
    pub host: HostPort,
}

impl fmt::Display for PortMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host_ip {
            Some(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}:", self.host)?,
            Some(ip @ IpAddr::V4(_)) => write!(f, "{ip}:{}:", self.host)?,
            None if self.host == HostPort::Any => {}
            None => write!(f, "{}:", self.host)?,
        }
        write!(f, "{}", self.container)
    }
}

/// Why a port could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// The container's port is missing.
    #[error("`{0}` names no port of the container")]
    NoPort(String),
    /// There is no such protocol.
    #[error("`{0}` is not a protocol")]
    Protocol(String),
    /// The address is none.
    #[error("`{0}` is not an IP address")]
    Address(String),
    /// A port is no number from 0 to 65535, or a range runs backwards.
    #[error("`{0}` is not a port")]
    Number(String),
    /// Two ranges are not of one length.
    #[error("ports {container} of the container cannot be published on ports {host}")]
    Lengths {
        /// The range of the container.
        container: String,
        /// The range of the host.
        host: String,
    },
    /// A field of the long form is no `key=value`.
    #[error("`{0}` is not of the form key=value")]
    Field(String),
}

impl Hinted for PortError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoPort(_) => "write `HOST:CONTAINER`, for example `8000:8000`".to_owned(),
            Self::Protocol(_) => "the protocols are tcp, udp and sctp".to_owned(),
            Self::Address(text) if text == "localhost" => "write `127.0.0.1`".to_owned(),
            Self::Address(_) => "write an IPv4 address, or an IPv6 address in brackets".to_owned(),
            Self::Number(_) => {
                "ports are numbers from 0 to 65535, ranges are `FIRST-LAST`".to_owned()
            }
            Self::Lengths { .. } => "write two ranges of the same length".to_owned(),
            Self::Field(_) => "write `published=8000,target=8000`".to_owned(),
        })
    }
}

/// Reads a value of `--publish`: one mapping for each port of the container.
pub fn publish(text: &str) -> Result<Vec<PortMapping>, PortError> {
    if text.contains('=') {
        short(&short_form(text)?)
    } else {
        short(text)
    }
}

/// Turns `published=8000,target=80,protocol=udp` into `8000:80/udp`. As for docker, other keys
/// (`mode`) are read and ignored.
fn short_form(text: &str) -> Result<String, PortError> {
    let (mut published, mut target, mut protocol) = ("", "", "tcp");
    for field in text.split(',') {
        let pair = field.split_once('=').filter(|(key, _)| !key.is_empty());
        match pair.ok_or_else(|| PortError::Field(field.to_owned()))? {
            ("published", value) => published = value,
            ("target", value) => target = value,
            ("protocol", value) => protocol = value,
            _ => {}
        }
    }
    Ok(format!("{published}:{target}/{protocol}"))
}

fn short(text: &str) -> Result<Vec<PortMapping>, PortError> {
    let (host, container) = text.rsplit_once(':').unwrap_or(("", text));
    let (ip, host) = host.rsplit_once(':').unwrap_or(("", host));
    let (container, word) = container.split_once('/').unwrap_or((container, ""));
    if container.is_empty() {
        return Err(PortError::NoPort(text.to_owned()));
    }
    let protocol = protocol(word)?;
    let host_ip = address(ip)?;
    let ports = range(container)?;
    let host_ports = if host.is_empty() {
        None
    } else {
        Some(range(host)?)
    };
    if let Some(host_ports) = &host_ports
        && ports.len() > 1
        && ports.len() != host_ports.len()
    {
        return Err(PortError::Lengths {
            container: container.to_owned(),
            host: host.to_owned(),
        });
    }
    let single = ports.len() == 1;
    let mapping = |(nth, number): (usize, u16)| {
        let host = match &host_ports {
            None => HostPort::Any,
            Some(range) if single && range.len() > 1 => {
                HostPort::OneOf(*range.start(), *range.end())
            }
            Some(range) => range.clone().nth(nth).map_or(HostPort::Any, HostPort::One),
        };
        PortMapping {
            container: Port { number, protocol },
            host_ip,
            host,
        }
    };
    Ok(ports.clone().enumerate().map(mapping).collect())
}

/// Reads an address; an IPv6 address may stand in brackets. `[]` is no address, as for docker.
fn address(text: &str) -> Result<Option<IpAddr>, PortError> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    if bare.is_empty() {
        return Ok(None);
    }
    bare.parse()
        .map(Some)
        .map_err(|_| PortError::Address(text.to_owned()))
}

fn range(text: &str) -> Result<RangeInclusive<u16>, PortError> {
    let refuse = || PortError::Number(text.to_owned());
    let port = |digits: &str| {
        let number = number::decimal(digits).ok();
        number
            .and_then(|number| u16::try_from(number).ok())
            .ok_or_else(refuse)
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range = port(first)?..=port(last)?;
    if range.is_empty() {
        Err(refuse())
    } else {
        Ok(range)
    }
}

/// Reads a value of `--expose`, a port or a range: `8000-8002/udp`.
///
/// Docker lets any word stand for the protocol here, and the engine refuses it later; we know
/// better at once.
pub fn expose(text: &str) -> Result<Vec<Port>, PortError> {
    let (ports, word) = text.split_once('/').unwrap_or((text, ""));
    let protocol = protocol(word)?;
    if ports.starts_with('+') || ports.contains("-+") {
        return Err(PortError::Number(ports.to_owned()));
    }
    Ok(range(ports)?
        .map(|number| Port { number, protocol })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("8000", "8000/tcp")]
    #[test_case("8000:80/UDP", "8000:80/udp")]
    #[test_case("127.0.0.1::80", "127.0.0.1::80/tcp")]
    #[test_case("[::1]:8000:80", "[::1]:8000:80/tcp")]
    #[test_case("::1:8000:80", "[::1]:8000:80/tcp"; "brackets may be left out")]
    #[test_case("8000-8001:80-81", "8000:80/tcp 8001:81/tcp"; "ranges of one length")]
    #[test_case("8000-8009:80", "8000-8009:80/tcp"; "one free port of a range")]
    #[test_case("80-81", "80/tcp 81/tcp")]
    #[test_case("published=8000,target=80,protocol=udp,mode=host", "8000:80/udp"; "long form")]
    #[test_case("target=80", "80/tcp"; "long form without host port")]
    fn ports_are_read_as_docker_does(text: &str, expected: &str) {
        let mappings = publish(text).unwrap();
        let printed: Vec<_> = mappings.iter().map(ToString::to_string).collect();
        assert_eq!(printed.join(" "), expected);
    }

    #[test_case(
        "8000:",
        "`8000:` names no port of the container; write `HOST:CONTAINER`, for example `8000:8000`"
    )]
    #[test_case(
        "localhost:80:80",
        "`localhost` is not an IP address; write `127.0.0.1`"
    )]
    #[test_case(
        "80/http",
        "`http` is not a protocol; the protocols are tcp, udp and sctp"
    )]
    #[test_case(
        "8000-8002:80-81",
        "ports 80-81 of the container cannot be published on ports 8000-8002; write two ranges of the same length"
    )]
    #[test_case(
        "65536",
        "`65536` is not a port; ports are numbers from 0 to 65535, ranges are `FIRST-LAST`"
    )]
    #[test_case(
        "target=80,x",
        "`x` is not of the form key=value; write `published=8000,target=8000`"
    )]
    fn refusals_say_what_is_wrong_and_how_to_mend_it(text: &str, expected: &str) {
        let error = publish(text).unwrap_err();
        assert_eq!(format!("{error}; {}", error.hint().unwrap()), expected);
    }

    #[test]
    fn ports_are_exposed_singly_and_in_ranges() {
        let printed = |text| {
            expose(text)
                .unwrap()
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(printed("80"), ["80/tcp"]);
        assert_eq!(printed("80-81/udp"), ["80/udp", "81/udp"]);
        assert!(expose("81-80").is_err());
        assert!(expose("80/x").is_err());
        assert!(expose("").is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_printed_and_read_back(text in "((\\[::[1-9]\\]|1.2.3.[0-9]):)?([0-9]{0,2}(-[0-9]{2})?:)?[0-9]{1,3}(-[0-9]{3})?(/udp)?") {
            for mapping in publish(&text).unwrap_or_default() {
                prop_assert_eq!(publish(&mapping.to_string()), Ok(vec![mapping]));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-0-9:./=,a-z\\[\\]]{0,12}") {
            drop(publish(&text));
            drop(expose(&text));
        }
    }
}
