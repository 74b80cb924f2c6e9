//! `--add-host NAME:ADDRESS`: a line of the container's hosts file.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::hinted;

/// The word that stands for the host's address as containers see it.
const HOST_GATEWAY: &str = "host-gateway";

/// A name and its address, printed as `NAME:ADDRESS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraHost {
    name: String,
    address: String,
}

/// Why a line could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtraHostError {
    /// It has no name or no address.
    #[error("`{0}` is not a name with an address")]
    Malformed(String),
    /// The address is none.
    #[error("`{address}` of `{text}` is not an IP address")]
    Address {
        /// The whole text.
        text: String,
        /// The address.
        address: String,
    },
}

hinted!(ExtraHostError, "write `NAME:IP` or `NAME:host-gateway`");

impl ExtraHost {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the address as it was written, or `host-gateway`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl FromStr for ExtraHost {
    type Err = ExtraHostError;

    fn from_str(text: &str) -> Result<Self, ExtraHostError> {
        // With `=`, so that an IPv6 address can be told apart; without, at the first colon.
        let pair = text.split_once('=').or_else(|| text.split_once(':'));
        let pair = pair.filter(|(name, _)| !name.is_empty() && !name.contains(':'));
        let (name, address) = pair.ok_or_else(|| ExtraHostError::Malformed(text.to_owned()))?;
        // Of brackets, docker takes only those around an address.
        let is_gateway = address == HOST_GATEWAY;
        let inner = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let address = inner.filter(|inner| !inner.is_empty()).unwrap_or(address);
        if !is_gateway && address.trim().parse::<IpAddr>().is_err() {
            let (text, address) = (text.to_owned(), address.to_owned());
            return Err(ExtraHostError::Address { text, address });
        }
        Ok(Self {
            name: name.to_owned(),
            address: address.to_owned(),
        })
    }
}

impl fmt::Display for ExtraHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.address)
    }
}

as_text!(ExtraHost);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use test_case::test_case;

    #[test_case("a:1.2.3.4", "a:1.2.3.4")]
    #[test_case("a=1.2.3.4", "a:1.2.3.4")]
    #[test_case("a=[::1]", "a:::1"; "brackets go")]
    #[test_case("a:::1", "a:::1"; "the first colon counts")]
    #[test_case(
        "host.docker.internal:host-gateway",
        "host.docker.internal:host-gateway"
    )]
    fn hosts_are_read_as_docker_does(text: &str, printed: &str) {
        assert_eq!(text.parse::<ExtraHost>().unwrap().to_string(), printed);
    }

    #[test_case("bad")]
    #[test_case(":1.2.3.4")]
    #[test_case("a:b=1.2.3.4")]
    #[test_case("a:gateway")]
    #[test_case("a:[host-gateway]")]
    #[test_case("a:[]")]
    #[test_case("a=")]
    fn broken_hosts_are_refused(text: &str) {
        assert!(text.parse::<ExtraHost>().is_err());
    }

    reads_back!(ExtraHost, "a?[:=](1.2.3.[0-9]|\\[?::1\\]?|host-gateway)");
}
