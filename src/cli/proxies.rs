//! Proxies: those of docker's configuration, which builds and containers get as variables, and those
//! of the environment, through which we ask registries.

use std::collections::BTreeMap;

use super::edge::Edge;
use super::environment::Environment;
use crate::docker::config::Proxy;
use crate::engine::locate;
use crate::problem::Problem;
use crate::registry::Proxies;
use crate::secret::Secret;

/// Returns the variables for the engine that is meant, by name.
///
/// # Errors
/// Fails when docker's configuration cannot be read, or is wrong.
pub(super) fn proxies(edge: &Edge) -> Result<BTreeMap<String, String>, Problem> {
    let surroundings = edge.surroundings();
    let engine = locate(&surroundings)?.address.to_string();
    let config = surroundings.docker_config()?;
    let proxy = config.proxy(&engine);
    let variables = proxy.into_iter().flat_map(Proxy::variables);
    Ok(variables.collect())
}

/// Returns the proxies through which we ask registries: those of our environment, as for docker's
/// programs.
pub(super) fn own_proxies(environment: &Environment) -> Proxies {
    Proxies::read(|name| environment.get(name))
}

/// Returns the passwords in the addresses of proxies, to be masked.
pub(super) fn passwords(proxies: &BTreeMap<String, String>) -> Vec<Secret> {
    let password = |address: &String| {
        let (_, rest) = address.split_once("://")?;
        let (user, _) = rest
            .split_once('/')
            .unwrap_or((rest, ""))
            .0
            .rsplit_once('@')?;
        let (_, password) = user.split_once(':')?;
        Some(Secret::new(password))
    };
    proxies.values().filter_map(password).collect()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("http://me:pass@word@proxy:3128/", Some("pass@word"))]
    #[test_case("http://me@proxy:3128", None; "no password")]
    #[test_case("http://proxy:3128/a:b@c", None; "no user")]
    #[test_case("localhost,127.0.0.1", None; "no address")]
    fn passwords_are_found(address: &str, expected: Option<&str>) {
        let proxies = BTreeMap::from([("HTTP_PROXY".to_owned(), address.to_owned())]);
        let found = passwords(&proxies);
        let found = found.first().map(Secret::expose);
        assert_eq!(found, expected.map(str::as_bytes));
    }
}
