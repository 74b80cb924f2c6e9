//! Containers: made, started, followed, asked, ended.

use std::time::Duration;

use bytes::Bytes;
use hyper::Response;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Value, json};

use super::container_facts::{ContainerFacts, ContainerLine, Filters};
use super::deadline::Pace;
use super::http::{Call, collect, escape, found};
use super::id::id;
use super::log_range::LogRange;
use super::{Engine, EngineError};

/// How long a container is taken to have for its end, if nobody says so.
const UNKNOWN_STOP_TIME: Duration = Duration::from_secs(600);

/// The bytes of a container's streams, in both directions.
pub type RawStream = TokioIo<Upgraded>;

/// Which streams to attach to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttachTo<'a> {
    /// The input.
    pub stdin: bool,
    /// The output.
    pub stdout: bool,
    /// The errors.
    pub stderr: bool,
    /// Keys that end the attachment, if not the engine's default.
    pub detach_keys: Option<&'a str>,
}

/// What a wait waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitFor {
    /// The next end; of a container that is about to be started.
    NextExit,
    /// That it does not run, which may be so already.
    NotRunning,
    /// The removal, which with `--rm` follows the end.
    Removed,
}

/// What has a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResizeTarget {
    /// A container.
    Container,
    /// A command in a container.
    Exec,
}

/// A wait that the engine has registered.
#[derive(Debug)]
pub struct Wait {
    answer: Response<Incoming>,
    action: String,
}

/// How a container ended.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Ended {
    /// The process's exit code; 128+n if a signal ended it.
    pub status_code: i64,
    /// What went wrong while waiting.
    #[serde(default)]
    error: Option<WaitError>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
struct WaitError {
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Created {
    #[serde(deserialize_with = "id")]
    pub(super) id: String,
}

impl Engine {
    /// Makes a container and returns its id. The request is the body of `POST /containers/create`.
    pub async fn create_container(
        &self,
        name: Option<&str>,
        platform: Option<&str>,
        request: &Value,
    ) -> Result<String, EngineError> {
        let parameter = |key, value| Some(format!("{key}={}", escape(value?)));
        let parameters = [parameter("name", name), parameter("platform", platform)];
        let parameters: Vec<_> = parameters.into_iter().flatten().collect();
        let path = format!("/containers/create?{}", parameters.join("&"));
        let call = Call::post("create the container", path).json(request);
        let created: Created = self.json(call.at(Pace::Work)).await?;
        Ok(created.id)
    }

    /// Starts a container.
    pub async fn start_container(&self, id: &str) -> Result<(), EngineError> {
        let call = Call::post("start the container", format!("/containers/{id}/start"));
        self.done(call.at(Pace::Work)).await
    }

    /// Connects to a container's streams.
    pub async fn attach_container(
        &self,
        id: &str,
        to: AttachTo<'_>,
    ) -> Result<RawStream, EngineError> {
        let AttachTo {
            stdin,
            stdout,
            stderr,
            detach_keys,
        } = to;
        let keys = detach_keys.map(|keys| format!("&detachKeys={}", escape(keys)));
        let path = format!(
            "/containers/{id}/attach?stream=1&stdin={}&stdout={}&stderr={}{}",
            u8::from(stdin),
            u8::from(stdout),
            u8::from(stderr),
            keys.unwrap_or_default()
        );
        self.hijack(Call::post("attach to the container", path))
            .await
    }

    /// Registers a wait; when this returns, no end can be missed.
    pub async fn wait_container(&self, id: &str, until: WaitFor) -> Result<Wait, EngineError> {
        let condition = match until {
            WaitFor::NextExit => "next-exit",
            WaitFor::NotRunning => "not-running",
            WaitFor::Removed => "removed",
        };
        let action = "wait for the container";
        let path = format!("/containers/{id}/wait?condition={condition}");
        let answer = self.send(Call::post(action, path)).await?;
        let action = action.to_owned();
        Ok(Wait { answer, action })
    }

    /// Gives a terminal its size.
    pub async fn resize(
        &self,
        target: ResizeTarget,
        id: &str,
        rows: u16,
        columns: u16,
    ) -> Result<(), EngineError> {
        let target = match target {
            ResizeTarget::Container => "containers",
            ResizeTarget::Exec => "exec",
        };
        let path = format!("/{target}/{id}/resize?h={rows}&w={columns}");
        self.done(Call::post("resize the terminal", path)).await
    }

    /// Sends a signal, by name or number, to a container's first process.
    pub async fn signal_container(&self, id: &str, signal: &str) -> Result<(), EngineError> {
        let path = format!("/containers/{}/kill?signal={}", escape(id), escape(signal));
        self.done(Call::post("signal the container", path)).await
    }

    /// Asks a container to end, and kills it after so many seconds.
    pub async fn stop_container(&self, id: &str, seconds: Option<i64>) -> Result<(), EngineError> {
        let limit = seconds
            .map(|seconds| format!("?t={seconds}"))
            .unwrap_or_default();
        let path = format!("/containers/{}/stop{limit}", escape(id));
        let time = seconds.map_or(UNKNOWN_STOP_TIME, |seconds| {
            Duration::from_secs(seconds.unsigned_abs())
        });
        let action = format!("stop container `{id}`");
        let call = Call::post(&action, path).at(Pace::AtLeast(time));
        self.done(call).await
    }

    /// Removes a container with its anonymous volumes, even if it runs. One that is gone, or about
    /// to be, is as good as removed.
    pub async fn remove_container(&self, id: &str) -> Result<(), EngineError> {
        let path = format!("/containers/{}?force=1&v=1", escape(id));
        let action = format!("remove container `{id}`");
        match self.done(Call::delete(&action, path).at(Pace::Work)).await {
            Err(error) if matches!(error.status(), Some(404 | 409)) => Ok(()),
            removed => removed,
        }
    }

    /// Returns what the engine knows of a container, or `None` if there is no such.
    pub async fn container(&self, name: &str) -> Result<Option<ContainerFacts>, EngineError> {
        let action = format!("inspect container `{name}`");
        let call = Call::get(&action, format!("/containers/{}/json", escape(name)));
        found(self.json(call)).await
    }

    /// Lists containers, as docker's filters choose them; `all` takes those that ended as well.
    pub async fn containers(
        &self,
        all: bool,
        limit: Option<u32>,
        filters: &Filters,
    ) -> Result<Vec<ContainerLine>, EngineError> {
        let all = u8::from(all);
        let limit = limit.map_or_else(String::new, |limit| format!("&limit={limit}"));
        let filters = escape(&json!(filters).to_string());
        let path = format!("/containers/json?all={all}{limit}&filters={filters}");
        self.json(Call::get("list containers", path)).await
    }

    /// Returns the raw log: multiplexed unless the container has a terminal.
    pub async fn container_log(
        &self,
        name: &str,
        range: LogRange,
    ) -> Result<Incoming, EngineError> {
        let path = format!("/containers/{}/logs?{}", escape(name), range.query());
        let action = format!("read the log of container `{name}`");
        let mut call = Call::get(&action, path);
        if range.follow {
            call = call.at(Pace::Endless);
        }
        Ok(self.send(call).await?.into_body())
    }

    /// Unpacks a tar archive into a directory of a container.
    pub async fn put_archive(
        &self,
        id: &str,
        directory: &str,
        tar: Bytes,
    ) -> Result<(), EngineError> {
        let path = format!("/containers/{id}/archive?path={}", escape(directory));
        let call = Call::put("copy files into the container", path);
        self.done(call.tar(tar)).await
    }

    /// Returns a file of a container as a tar archive, or `None` if there is no such file.
    pub async fn get_archive(&self, id: &str, file: &str) -> Result<Option<Bytes>, EngineError> {
        let action = "copy a file out of the container";
        let path = format!("/containers/{id}/archive?path={}", escape(file));
        found(self.body(Call::get(action, path))).await
    }
}

impl Wait {
    /// Waits for the end.
    pub async fn ended(self) -> Result<Ended, EngineError> {
        let Self { answer, action } = self;
        let body = collect(&action, answer).await?;
        serde_json::from_slice(&body).map_err(|source| EngineError::request(action, source.into()))
    }
}

impl Ended {
    /// Returns what went wrong while waiting.
    pub fn error(&self) -> Option<&str> {
        self.error.as_ref().map(|error| error.message.as_str())
    }
}
