//! A connection to one engine.

use bollard::{API_DEFAULT_VERSION, ClientVersion, Docker};

use super::connector;
use super::error::EngineError;
use crate::buildkit::transport::Address;

/// Seconds that a single request may take. Only streams (logs, waits) take longer, and bollard
/// does not apply the limit to them.
const REQUEST_TIMEOUT: u64 = 120;

/// The oldest API that has everything a launch or a build needs: 1.40 brought device requests
/// (Docker 19.03), 1.41 is what Debian 12's engine speaks.
pub const OLDEST_API: ClientVersion = ClientVersion {
    major_version: 1,
    minor_version: 40,
};

/// An engine that answered.
#[derive(Clone, Debug)]
pub struct Engine {
    api: Docker,
    address: Address,
    version: EngineVersion,
}

/// What an engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// The product's version, for people only.
    pub product: String,
    /// The newest API it speaks, for example "1.51".
    pub api: String,
    /// Operating system and architecture, for example "linux/amd64".
    pub platform: String,
}

impl Engine {
    /// Connects and agrees on an API version.
    ///
    /// # Errors
    /// Fails when nothing answers, when the socket may not be used, or when the engine is older
    /// than [`OLDEST_API`].
    pub async fn connect(address: &Address) -> Result<Self, EngineError> {
        let transport = connector::transport(address.clone()).await?;
        let api = Docker::connect_with_custom_transport(
            transport,
            Some("http://engine"),
            REQUEST_TIMEOUT,
            API_DEFAULT_VERSION,
        )
        .map_err(|source| EngineError::request("prepare requests", source))?
        .negotiate_version()
        .await
        .map_err(|source| EngineError::request("tell its API version", source))?;
        let version = ask_version(&api).await?;
        if api.client_version() < OLDEST_API {
            return Err(EngineError::TooOld { version });
        }
        Ok(Self {
            api,
            address: address.clone(),
            version,
        })
    }

    /// Returns what the engine says of itself.
    pub fn version(&self) -> &EngineVersion {
        &self.version
    }

    /// Returns where the engine is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Returns bollard's client, for this module only.
    pub(super) fn api(&self) -> &Docker {
        &self.api
    }
}

async fn ask_version(api: &Docker) -> Result<EngineVersion, EngineError> {
    let answer = api
        .version()
        .await
        .map_err(|source| EngineError::request("tell its version", source))?;
    let os = answer.os.unwrap_or_default();
    let architecture = answer.arch.unwrap_or_default();
    Ok(EngineVersion {
        product: answer.version.unwrap_or_default(),
        api: answer.api_version.unwrap_or_default(),
        platform: format!("{os}/{architecture}"),
    })
}
