//! Proxies that containers and builds get as variables.

use super::error::ConfigError;
use super::json::Node;

/// The proxies for one engine, or for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxy {
    /// `HTTP_PROXY`.
    pub http_proxy: String,
    /// `HTTPS_PROXY`.
    pub https_proxy: String,
    /// `NO_PROXY`.
    pub no_proxy: String,
    /// `FTP_PROXY`.
    pub ftp_proxy: String,
    /// `ALL_PROXY`.
    pub all_proxy: String,
}

impl Proxy {
    pub(super) fn read(entry: Node) -> Result<Self, ConfigError> {
        let mut fields = entry.fields()?;
        let mut text = |name| fields.take(name).text().map(Option::unwrap_or_default);
        Ok(Self {
            http_proxy: text("httpProxy")?,
            https_proxy: text("httpsProxy")?,
            no_proxy: text("noProxy")?,
            ftp_proxy: text("ftpProxy")?,
            all_proxy: text("allProxy")?,
        })
    }

    /// Returns the variables that are set, each in upper and in lower case, as docker does.
    pub fn variables(&self) -> Vec<(String, String)> {
        let Self {
            http_proxy,
            https_proxy,
            no_proxy,
            ftp_proxy,
            all_proxy,
        } = self;
        let named = [
            ("HTTP_PROXY", http_proxy),
            ("HTTPS_PROXY", https_proxy),
            ("NO_PROXY", no_proxy),
            ("FTP_PROXY", ftp_proxy),
            ("ALL_PROXY", all_proxy),
        ];
        let set = named.into_iter().filter(|(_, value)| !value.is_empty());
        set.flat_map(|(name, value)| {
            [name.to_owned(), name.to_lowercase()].map(|name| (name, value.clone()))
        })
        .collect()
    }
}
