//! Which node of a builder builds which platforms, by the rules of docker buildx.

use crate::docker::platform::Platform;

/// The platforms that a node has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Those that it was created for.
    pub declared: Vec<Platform>,
    /// Those that it says itself.
    pub detected: Vec<Platform>,
}

/// What one node builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The number of the node.
    pub node: usize,
    /// Its platforms; those that it builds by itself if there are none.
    pub platforms: Vec<Platform>,
}

/// Distributes platforms over the nodes that were created for exactly them; none if one has no such
/// node.
pub fn share_declared(platforms: &[Platform], offers: &[Offer]) -> Option<Vec<Share>> {
    let of_node = |wanted: &Platform, offer: &Offer| {
        let mut declared = offer.declared.iter().cloned().map(Platform::normalized);
        declared.any(|platform| platform == *wanted)
    };
    let chosen = platforms.iter().map(|platform| {
        let wanted = platform.clone().normalized();
        offers.iter().position(|offer| of_node(&wanted, offer))
    });
    let chosen: Option<Vec<_>> = chosen.collect();
    Some(joined(platforms, &chosen?))
}

/// Distributes platforms over nodes: each gets the node that comes closest to it, or the first one
/// where none has it.
pub fn share(platforms: &[Platform], offers: &[Offer]) -> Vec<Share> {
    if let Some(shares) = share_declared(platforms, offers) {
        return shares;
    }
    let chosen = platforms
        .iter()
        .map(|platform| closest(platform, offers).unwrap_or(0));
    joined(platforms, &chosen.collect::<Vec<_>>())
}

/// Returns the node whose platform needs the fewest steps down to the one that is wanted. Of equal
/// ones the first.
fn closest(wanted: &Platform, offers: &[Offer]) -> Option<usize> {
    let wanted = wanted.clone().normalized();
    let distance = |offer: &Offer| {
        let all = offer.declared.iter().chain(&offer.detected);
        let distances = all.filter_map(|platform| {
            let mut runs = platform.compatible().into_iter();
            runs.position(|one| one == wanted)
        });
        distances.min()
    };
    let distances = offers.iter().enumerate();
    let distances = distances.filter_map(|(node, offer)| Some((distance(offer)?, node)));
    distances.min().map(|(_, node)| node)
}

/// Collects the platforms of each node, in the order in which nodes are first needed.
fn joined(platforms: &[Platform], chosen: &[usize]) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for (platform, &node) in platforms.iter().zip(chosen) {
        match shares.iter_mut().find(|share| share.node == node) {
            Some(share) => share.platforms.push(platform.clone()),
            None => shares.push(Share {
                node,
                platforms: vec![platform.clone()],
            }),
        }
    }
    if shares.is_empty() {
        shares.push(Share {
            node: 0,
            platforms: Vec::new(),
        });
    }
    shares
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn platforms(text: &str) -> Vec<Platform> {
        let names = text.split(',').filter(|name| !name.is_empty());
        names.map(|name| name.parse().unwrap()).collect()
    }

    /// `DECLARED+DETECTED` for each node, and what each of them gets.
    #[test_case("linux/amd64", &["linux/amd64", "linux/arm64"] => "0:linux/amd64"; "the native one")]
    #[test_case("linux/arm64", &["linux/amd64", "linux/arm64"] => "1:linux/arm64"; "the other one")]
    #[test_case("linux/arm64,linux/amd64", &["linux/amd64", "linux/arm64"] => "1:linux/arm64 0:linux/amd64"; "both in the order of platforms")]
    #[test_case("linux/amd64,linux/arm64", &["linux/amd64,linux/arm64", "linux/arm64"] => "0:linux/amd64,linux/arm64"; "the first that was created for it")]
    #[test_case("linux/arm64/v8", &["linux/amd64", "linux/arm64"] => "1:linux/arm64/v8"; "in another spelling")]
    #[test_case("linux/386,linux/amd64", &["linux/amd64", "linux/386"] => "1:linux/386 0:linux/amd64"; "exactly before closely")]
    #[test_case("linux/386", &["linux/arm64", "linux/amd64/v3", "linux/amd64"] => "2:linux/386"; "the closest")]
    #[test_case("linux/amd64,linux/arm64", &["+linux/amd64,linux/386", "+linux/arm64"] => "0:linux/amd64 1:linux/arm64"; "by what nodes say")]
    #[test_case("linux/arm64", &["linux/amd64+linux/amd64,linux/arm64", "linux/s390x"] => "0:linux/arm64"; "emulated")]
    #[test_case("linux/riscv64", &["linux/amd64", "linux/arm64"] => "0:linux/riscv64"; "nobody has it")]
    #[test_case("", &["linux/amd64", "linux/arm64"] => "0:"; "nothing is asked for")]
    fn platforms_find_their_nodes(wanted: &str, nodes: &[&str]) -> String {
        let offers: Vec<_> = nodes
            .iter()
            .map(|node| {
                let (declared, detected) = node.split_once('+').unwrap_or((node, ""));
                Offer {
                    declared: platforms(declared),
                    detected: platforms(detected),
                }
            })
            .collect();
        let shares = share(&platforms(wanted), &offers).into_iter().map(|share| {
            let names: Vec<_> = share.platforms.iter().map(ToString::to_string).collect();
            format!("{}:{}", share.node, names.join(","))
        });
        shares.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn nodes_are_asked_only_where_nobody_was_created_for_a_platform() {
        let offer = |text| Offer {
            declared: platforms(text),
            detected: Vec::new(),
        };
        let offers = [offer("linux/amd64"), offer("")];
        assert!(share_declared(&platforms("linux/amd64"), &offers).is_some());
        assert!(share_declared(&platforms("linux/amd64,linux/386"), &offers).is_none());
    }
}
