//! A connection to one engine.

use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, ClientVersion, Docker};

use super::connections::Connections;
use super::deadline::{Deadline, Pace};
use super::error::EngineError;
use crate::dial::{Address, EngineVersion, ask_version};
use crate::docker::api_version::ApiVersion;

/// Seconds that a request of bollard's may take: longer than any [`Deadline`] of ours, which say
/// what was asked.
const REQUEST_TIMEOUT: u64 = 24 * 60 * 60;

/// How long an engine may take to say that it is there.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// The oldest API that has everything a launch or a build needs: 1.40 brought device requests
/// (Docker 19.03), 1.41 is what Debian 12's engine speaks.
pub const OLDEST_API: ApiVersion = ApiVersion::new(1, 40);

/// An engine that answered.
#[derive(Clone, Debug)]
pub struct Engine {
    api: Docker,
    connections: Connections,
    version: EngineVersion,
    deadline: Deadline,
}

impl Engine {
    /// Connects to an engine whose every answer has to be there in time, and agrees on an API
    /// version.
    ///
    /// # Errors
    /// Fails when nothing answers, when the socket may not be used, or when the engine is older
    /// than [`OLDEST_API`].
    pub async fn connect(address: &Address, deadline: Deadline) -> Result<Self, EngineError> {
        let connected = async {
            let connections = Connections::new(address.clone());
            let version = connections.version().await?;
            Self::over(connections, version, deadline.clone())
        };
        let action = format!("connect at `{address}`");
        deadline.within(&action, Pace::Quick, connected).await
    }

    /// Connects to an engine that has said already what it is.
    ///
    /// # Errors
    /// As [`Engine::connect`].
    #[expect(
        clippy::result_large_err,
        reason = "the error of all requests, which are async; once per engine"
    )]
    pub fn known(
        address: &Address,
        version: EngineVersion,
        deadline: Deadline,
    ) -> Result<Self, EngineError> {
        Self::over(Connections::new(address.clone()), version, deadline)
    }

    #[expect(clippy::result_large_err, reason = "as for `known`")]
    fn over(
        connections: Connections,
        version: EngineVersion,
        deadline: Deadline,
    ) -> Result<Self, EngineError> {
        if version.api < OLDEST_API {
            return Err(EngineError::TooOld { version });
        }
        let sending = connections.clone();
        let api = Docker::connect_with_custom_transport(
            move |request| {
                let sending = sending.clone();
                async move { Ok(sending.send(request).await?) }
            },
            Some("http://engine"),
            REQUEST_TIMEOUT,
            &common_version(version.api),
        )
        .map_err(|source| EngineError::request("prepare requests", source))?;
        Ok(Self {
            api,
            connections,
            version,
            deadline,
        })
    }

    /// Returns whether the engine answers now, on a connection of its own: one that is kept can belong
    /// to a daemon that is ending.
    pub async fn answers(&self) -> bool {
        let asked = tokio::time::timeout(ANSWER_LIMIT, ask_version(self.address()));
        matches!(asked.await, Ok(Ok(_)))
    }

    /// Returns what the engine says of itself.
    pub fn version(&self) -> &EngineVersion {
        &self.version
    }

    /// Returns whether the engine is on this machine, so that paths mean the same to it and to us.
    pub fn is_local(&self) -> bool {
        self.address().is_local()
    }

    /// Returns where the engine is.
    pub fn address(&self) -> &Address {
        self.connections.address()
    }

    /// Returns how long the engine may take to answer.
    pub(super) fn deadline(&self) -> &Deadline {
        &self.deadline
    }

    /// Returns the connections that every request goes through.
    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// Returns bollard's client, for this module only.
    pub(super) fn api(&self) -> &Docker {
        &self.api
    }
}

/// The newest API that both the engine and bollard speak.
fn common_version(engine: ApiVersion) -> ClientVersion {
    let engine = ClientVersion {
        major_version: engine.major as usize,
        minor_version: engine.minor as usize,
    };
    if engine < *API_DEFAULT_VERSION {
        engine
    } else {
        *API_DEFAULT_VERSION
    }
}
