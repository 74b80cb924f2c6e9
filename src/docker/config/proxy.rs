//! Proxies that containers and builds get as variables.

use super::error::ConfigError;
use super::json::Node;

/// The proxies for one engine, or for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// `HTTP_PROXY`.
    pub http: String,
    /// `HTTPS_PROXY`.
    pub https: String,
    /// `NO_PROXY`.
    pub none_for: String,
    /// `FTP_PROXY`.
    pub ftp: String,
    /// `ALL_PROXY`.
    pub all: String,
}

impl Proxy {
    pub(super) fn read(entry: Node) -> Result<Self, ConfigError> {
        let mut fields = entry.fields()?;
        let mut text = |name| fields.take(name).text().map(Option::unwrap_or_default);
        Ok(Self {
            http: text("httpProxy")?,
            https: text("httpsProxy")?,
            none_for: text("noProxy")?,
            ftp: text("ftpProxy")?,
            all: text("allProxy")?,
        })
    }

    /// Returns the variables that are set, each in upper and in lower case, as docker does.
    pub fn variables(&self) -> Vec<(String, String)> {
        let Self {
            http,
            https,
            none_for,
            ftp,
            all,
        } = self;
        let named = [
            ("HTTP_PROXY", http),
            ("HTTPS_PROXY", https),
            ("NO_PROXY", none_for),
            ("FTP_PROXY", ftp),
            ("ALL_PROXY", all),
        ];
        let set = named.into_iter().filter(|(_, value)| !value.is_empty());
        set.flat_map(|(name, value)| {
            [name.to_owned(), name.to_lowercase()].map(|name| (name, value.clone()))
        })
        .collect()
    }
}
