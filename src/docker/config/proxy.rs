//! Proxies that containers and builds get as variables.

use super::error::ConfigError;
use super::json::Node;

/// The fields of the file, and the variables that they become.
const FIELDS: [(&str, &str); 5] = [
    ("httpProxy", "HTTP_PROXY"),
    ("httpsProxy", "HTTPS_PROXY"),
    ("noProxy", "NO_PROXY"),
    ("ftpProxy", "FTP_PROXY"),
    ("allProxy", "ALL_PROXY"),
];

/// The proxies for one engine, or for all: those that are set, by variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy(Vec<(&'static str, String)>);

impl Proxy {
    pub(super) fn read(entry: Node) -> Result<Self, ConfigError> {
        let mut fields = entry.fields()?;
        let mut set = Vec::new();
        for (field, variable) in FIELDS {
            set.extend(fields.take(field).text()?.map(|value| (variable, value)));
        }
        Ok(Self(set))
    }

    /// Returns the variables that are set, each in upper and in lower case, as docker does.
    pub fn variables(&self) -> Vec<(String, String)> {
        let both = |(name, value): &(&str, String)| {
            [(*name).to_owned(), name.to_lowercase()].map(|name| (name, value.clone()))
        };
        self.0.iter().flat_map(both).collect()
    }
}
