//! The proxies of this machine, as Go's `net/http`, and so docker's programs, choose among them.

use http::Uri;

use super::no_proxy::NoProxy;
use super::proxy::Proxy;
use crate::secret::Secret;

/// What the environment says of proxies.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// For addresses without TLS.
    http: Option<Named>,
    /// For addresses with TLS.
    https: Option<Named>,
    direct: NoProxy,
}

/// A variable and what it says.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) variable: String,
    /// Nothing where the variable is no address of a proxy, which matters only when one is needed.
    pub(super) proxy: Option<Proxy>,
}

/// The variables that are read, each as given and in lower case.
const VARIABLES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

impl Proxies {
    /// Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; the same in lower case if those are not
    /// set. Empty variables count as not set.
    pub fn read<'v>(variable: impl Fn(&str) -> Option<&'v str>) -> Self {
        let [http, https, direct] = VARIABLES.map(|name| {
            let mut names = [name.to_owned(), name.to_lowercase()].into_iter();
            names.find_map(|name| {
                let value = variable(&name).filter(|value| !value.is_empty())?;
                Some((name, value))
            })
        });
        let named = |(variable, value): (String, &str)| Named {
            variable,
            proxy: Proxy::parse(value),
        };
        Self {
            http: http.map(named),
            https: https.map(named),
            direct: direct.map_or_else(NoProxy::default, |(_, value)| NoProxy::parse(value)),
        }
    }

    /// Returns the passwords in the addresses of proxies, to be masked.
    pub fn passwords(&self) -> impl Iterator<Item = &Secret> {
        let named = self.http.iter().chain(&self.https);
        named.filter_map(|named| named.proxy.as_ref()?.password())
    }

    /// Returns what leads to an address, if that is not reached directly.
    pub(super) fn way_to(&self, address: &Uri) -> Option<&Named> {
        let (named, usual) = match address.scheme_str() {
            Some("https") => (self.https.as_ref(), 443),
            _ => (self.http.as_ref(), 80),
        };
        let port = address.port_u16().unwrap_or(usual).to_string();
        let is_direct = self.direct.contains(address.host()?, &port);
        named.filter(|_| !is_direct)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What Go answers.
    const ANSWERS: &str = include_str!("../../tests/data/go-proxies/proxies.jsonl");

    type Environment = BTreeMap<String, String>;

    /// Writes a proxy as Go does, whose default port is left out.
    fn as_go_writes(named: &Named) -> String {
        let proxy = named.proxy.as_ref().expect("a proxy");
        let login = proxy
            .user_and_password()
            .map(|(user, password)| format!("{user}:{password}@"));
        let shown = proxy
            .to_string()
            .replace("****@", &login.unwrap_or_default());
        shown.trim_end_matches(":80").to_owned()
    }

    #[test]
    fn proxies_are_chosen_as_go_does() {
        let mut lines = ANSWERS.lines();
        let urls: Vec<String> = serde_json::from_str(lines.next().unwrap()).unwrap();
        let mut count = 0;
        for line in lines {
            let (environment, answers): (Environment, Vec<Option<String>>) =
                serde_json::from_str(line).unwrap();
            let proxies = Proxies::read(|name| environment.get(name).map(String::as_str));
            for (url, answer) in urls.iter().zip(answers) {
                let way = proxies.way_to(&url.parse().unwrap()).map(as_go_writes);
                assert_eq!(way, answer, "{url} {environment:?}");
                count += 1;
            }
        }
        assert!(count > 1000, "{count}");
    }
}
