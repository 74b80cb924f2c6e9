//! The addresses at which a server has a port.

use std::net::IpAddr;

/// Where a server listens, or is to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    address: IpAddr,
    /// Whether all addresses of IPv6 are those of IPv4 as well.
    is_both: bool,
}

impl Reach {
    /// One who stays in the family of the address, as the engine does with ports that it publishes.
    pub(crate) const fn of_family(address: IpAddr) -> Self {
        Self {
            address: address.to_canonical(),
            is_both: false,
        }
    }

    /// One who takes connections of IPv4 at all addresses of IPv6, as servers usually do.
    pub(crate) const fn of_both(address: IpAddr) -> Self {
        Self {
            address: address.to_canonical(),
            is_both: true,
        }
    }

    /// Returns whether it is at all addresses of IPv4.
    pub(super) const fn is_everywhere(self) -> bool {
        self.address.is_unspecified() && (self.address.is_ipv4() || self.is_both)
    }

    /// Returns whether two servers cannot have the same port.
    pub(super) fn meets(self, other: Self) -> bool {
        if self.address.is_ipv4() == other.address.is_ipv4() {
            let addresses = [self.address, other.address];
            return addresses.iter().any(IpAddr::is_unspecified) || self.address == other.address;
        }
        let of_ipv6 = if self.address.is_ipv6() { self } else { other };
        of_ipv6.is_everywhere()
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn reach(text: &str) -> Reach {
        match text.strip_suffix('+') {
            Some(address) => Reach::of_both(address.parse().unwrap()),
            None => Reach::of_family(text.parse().unwrap()),
        }
    }

    /// As an engine of 28.5 and Linux answer.
    #[test_case("127.0.0.1", "127.0.0.1", true; "the same")]
    #[test_case("127.0.0.1", "10.0.0.1", false; "another interface")]
    #[test_case("127.0.0.1", "0.0.0.0", true; "one of all")]
    #[test_case("127.0.0.1", "::1", false; "the same in another family")]
    #[test_case("127.0.0.1", "::", false; "all of another family")]
    #[test_case("127.0.0.1", "::+", true; "all of both families")]
    #[test_case("127.0.0.1", "::1+", false; "one of another family")]
    #[test_case("127.0.0.1", "::ffff:127.0.0.1+", true; "the same in other words")]
    #[test_case("0.0.0.0", "::", false; "all and all of another family")]
    #[test_case("0.0.0.0", "::+", true; "all and all of both")]
    #[test_case("::1", "::1", true; "the same of the newer family")]
    #[test_case("::1", "::", true; "one of all of the newer family")]
    #[test_case("::1", "0.0.0.0", false; "the newer and the older")]
    #[test_case("::+", "::1", true; "both and one of the newer")]
    fn servers_meet(one: &str, other: &str, expected: bool) {
        assert_eq!(reach(one).meets(reach(other)), expected);
        assert_eq!(reach(other).meets(reach(one)), expected);
    }

    #[test]
    fn who_has_all_of_ipv4_is_everywhere() {
        let everywhere = ["0.0.0.0", "::", "::+", "::1+", "127.0.0.1"];
        let everywhere = everywhere.map(|text| reach(text).is_everywhere());
        assert_eq!(everywhere, [true, false, true, false, false]);
    }
}
