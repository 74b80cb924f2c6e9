//! Containers: made, started, followed, asked, ended.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::deadline::Pace;
use super::http::{Body, Call, collect, escape};
use super::id::{id, short_id};
use super::{Engine, EngineError};

/// How long an engine, whose clock may differ from ours, may take to tell of what has happened.
const EVENTS_LAG: Duration = Duration::from_millis(250);

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

/// What the engine knows of a container.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerFacts {
    /// The id, 64 digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The name, with a leading slash.
    pub name: String,
    /// What it does.
    pub state: ContainerState,
    /// What it was made of.
    pub config: ContainerConfig,
    /// What the host gives it.
    pub host_config: ContainerHost,
    /// How it is reached.
    #[serde(default)]
    pub network_settings: NetworkFacts,
}

/// What a container does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerState {
    /// `created`, `running`, `exited`, `removing`, ...
    pub status: String,
    /// Whether its process runs.
    pub running: bool,
    /// Whether the kernel killed a process of it for want of memory.
    #[serde(rename = "OOMKilled")]
    pub oom_killed: bool,
    /// The process's number, as the engine sees it.
    pub pid: i64,
    /// How it ended.
    pub exit_code: i64,
    /// What prevented it from starting.
    pub error: String,
    /// When it ended, RFC 3339.
    pub finished_at: String,
}

/// The part of a container's configuration that we look at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerConfig {
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether its input is open.
    pub open_stdin: bool,
    /// The image as it was named.
    pub image: String,
    /// The user; empty for root.
    pub user: String,
    /// Labels.
    pub labels: Option<BTreeMap<String, String>>,
    /// Ports that it listens on.
    pub exposed_ports: Option<BTreeMap<String, Value>>,
    /// The environment.
    pub env: Option<Vec<String>>,
    /// What the command is given to.
    pub entrypoint: Option<Vec<String>>,
    /// The command.
    pub cmd: Option<Vec<String>>,
}

/// The part of a container's host configuration that we look at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerHost {
    /// Whether it is removed when it ends.
    pub auto_remove: bool,
    /// `host`, `bridge`, ...
    pub network_mode: String,
    /// Its hard limit of memory in bytes; 0 for none.
    pub memory: i64,
    /// Devices that drivers of the engine provide.
    pub device_requests: Option<Vec<RequestedDevices>>,
}

/// Devices that a container was given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RequestedDevices {
    /// How many of the driver's choice, without ids; all of them if it is negative.
    pub count: i64,
    /// What they are for, for example `gpu`: sets of which one has to hold.
    pub capabilities: Option<Vec<Vec<String>>>,
    /// Their ids, where they were named.
    #[serde(rename = "DeviceIDs")]
    pub device_ids: Option<Vec<String>>,
}

/// How a container is reached.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkFacts {
    /// Where its ports are published, by `port/protocol`.
    pub ports: Option<BTreeMap<String, Option<Vec<PublishedPort>>>>,
    /// Its places in networks, by their names.
    pub networks: BTreeMap<String, NetworkPlace>,
}

/// A container's place in a network.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkPlace {
    /// The address; empty on the host's network.
    #[serde(rename = "IPAddress")]
    pub ip_address: String,
}

/// A port of the host that leads into a container.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PublishedPort {
    /// The address that it listens on.
    pub host_ip: String,
    /// The port.
    pub host_port: String,
}

/// What a list of containers is limited to: values by the name of the filter.
pub type Filters = BTreeMap<String, Vec<String>>;

/// A container in a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContainerLine {
    /// The id, 64 digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The names, each with a leading slash.
    #[serde(default)]
    pub names: Vec<String>,
    /// The image as it was named.
    #[serde(default)]
    pub image: String,
    /// The command in one line.
    #[serde(default)]
    pub command: String,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub created: i64,
    /// `running`, `exited`, ...
    #[serde(default)]
    pub state: String,
    /// `Up 3 minutes`, ...
    #[serde(default)]
    pub status: String,
    /// Labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Ports that it listens on, and those of the host that lead there.
    #[serde(default)]
    pub ports: Vec<ListedPort>,
    /// What is mounted in it.
    #[serde(default)]
    pub mounts: Vec<ListedMount>,
    /// How it is reached.
    #[serde(default)]
    pub network_settings: ListedNetworks,
}

/// A port in a list of containers.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedPort {
    /// The port in the container.
    pub private_port: u16,
    /// `tcp`, `udp` or `sctp`.
    pub r#type: String,
    /// The address of the host that leads there.
    #[serde(rename = "IP")]
    pub ip: Option<String>,
    /// The port of the host that leads there.
    pub public_port: Option<u16>,
}

/// A mount in a list of containers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedMount {
    /// `bind`, `volume`, ...
    pub r#type: String,
    /// The volume's name.
    pub name: String,
    /// The directory of the host.
    pub source: String,
}

/// The networks in a list of containers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ListedNetworks {
    /// By name.
    pub networks: BTreeMap<String, Value>,
}

impl ContainerLine {
    /// Returns the name, or the short id of a container without one.
    pub fn name(&self) -> &str {
        let first = self.names.first().map(|name| name.trim_start_matches('/'));
        first.unwrap_or_else(|| short_id(&self.id))
    }
}

/// Something that happened to a container.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    actor: Actor,
}

/// What it happened to.
#[derive(Deserialize)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
}

/// Reads out of events whether the container reached its limit of memory since it last started. The
/// kill may be told before or after the end; without either, nothing is known.
fn reached_limit(events: &[u8], id: &str) -> Option<bool> {
    let events = serde_json::Deserializer::from_slice(events).into_iter::<Event>();
    let own = events
        .map_while(Result::ok)
        .filter(|event| event.actor.id == id);
    own.fold(None, |seen, event| match event.action.as_str() {
        "oom" => Some(true),
        "die" => seen.or(Some(false)),
        _ => None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    #[serde(deserialize_with = "id")]
    id: String,
}

impl Engine {
    /// Makes a container and returns its id. The request is the body of `POST /containers/create`.
    pub async fn create_container(
        &self,
        name: Option<&str>,
        platform: Option<&str>,
        request: Value,
    ) -> Result<String, EngineError> {
        let parameters = [("name", name), ("platform", platform)];
        let parameters: Vec<_> = parameters
            .into_iter()
            .filter_map(|(key, value)| Some(format!("{key}={}", escape(value?))))
            .collect();
        let path = format!("/containers/create?{}", parameters.join("&"));
        let call = Call::new(
            "create the container",
            Method::POST,
            path,
            Body::Json(request),
        )
        .at(Pace::Work);
        let created: Created = self.json(call).await?;
        Ok(created.id)
    }

    /// Starts a container.
    pub async fn start_container(&self, id: &str) -> Result<(), EngineError> {
        let call = Call::post("start the container", format!("/containers/{id}/start"));
        self.send(call.at(Pace::Work)).await.map(drop)
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

    /// Tells a container's terminal its size.
    pub async fn resize_container(
        &self,
        id: &str,
        rows: u16,
        columns: u16,
    ) -> Result<(), EngineError> {
        let path = format!("/containers/{id}/resize?h={rows}&w={columns}");
        self.send(Call::post("resize the terminal", path))
            .await
            .map(drop)
    }

    /// Sends a signal, by name or number, to a container's first process.
    pub async fn signal_container(&self, id: &str, signal: &str) -> Result<(), EngineError> {
        let path = format!("/containers/{}/kill?signal={}", escape(id), escape(signal));
        self.send(Call::post("signal the container", path))
            .await
            .map(drop)
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
        self.send(call).await.map(drop)
    }

    /// Removes a container with its anonymous volumes, even if it runs. One that is gone, or about
    /// to be, is as good as removed.
    pub async fn remove_container(&self, id: &str) -> Result<(), EngineError> {
        let path = format!("/containers/{}?force=1&v=1", escape(id));
        let action = format!("remove container `{id}`");
        match self
            .send(Call::new(&action, Method::DELETE, path, Body::None).at(Pace::Work))
            .await
        {
            Err(error) if matches!(error.status(), Some(404 | 409)) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Returns what the engine knows of a container, or `None` if there is no such.
    pub async fn container(&self, name: &str) -> Result<Option<ContainerFacts>, EngineError> {
        let action = format!("inspect container `{name}`");
        let call = Call::get(&action, format!("/containers/{}/json", escape(name)));
        match self.json(call).await {
            Ok(facts) => Ok(Some(facts)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Tells whether the kernel killed a process of a container because the container reached its
    /// limit of memory, as far as the engine saw that; `None` if the engine does not know the
    /// container's end any more. The id must be whole: the engine's events are found by how an id
    /// or a name begins.
    ///
    /// One that is gone is looked up in the engine's last events (256 of them: moby,
    /// daemon/events).
    pub async fn ran_out_of_memory(&self, id: &str) -> Result<Option<bool>, EngineError> {
        let facts = self.container(id).await?;
        let told = facts.map(|facts| facts.state.oom_killed);
        if told == Some(true) {
            return Ok(told);
        }
        let seen = reached_limit(&self.last_events(id).await?, id);
        Ok(seen.or(told))
    }

    /// Returns as many of the last events of a container as the engine tells at once.
    async fn last_events(&self, id: &str) -> Result<Vec<u8>, EngineError> {
        let filters = json!({"container": [id], "event": ["start", "oom", "die"]}).to_string();
        // An end makes the engine answer at once, where its clock is not behind ours.
        let until = Timestamp::now().as_duration();
        let path = format!(
            "/events?since=1&until={}.{:09}&filters={}",
            until.as_secs(),
            until.subsec_nanos(),
            escape(&filters)
        );
        let answer = self.send(Call::get("read the engine's events", path));
        let mut events = Vec::new();
        let read = async {
            let mut body = answer.await?.into_body();
            while let Some(Ok(frame)) = body.frame().await {
                events.extend(frame.into_data().unwrap_or_default());
            }
            Ok(())
        };
        match timeout(EVENTS_LAG, read).await {
            Ok(read) => read.map(|()| events),
            Err(_) => Ok(events),
        }
    }

    /// Lists containers, as docker's filters choose them; `all` takes those that ended as well.
    pub async fn containers(
        &self,
        all: bool,
        limit: Option<u32>,
        filters: &Filters,
    ) -> Result<Vec<ContainerLine>, EngineError> {
        let limit = limit.map_or_else(String::new, |limit| format!("&limit={limit}"));
        let filters = escape(&json!(filters).to_string());
        let path = format!(
            "/containers/json?all={}{limit}&filters={filters}",
            u8::from(all)
        );
        self.json(Call::get("list containers", path)).await
    }

    /// Returns the raw log: multiplexed unless the container has a terminal.
    pub async fn container_log(
        &self,
        name: &str,
        follow: bool,
        lines: Option<u64>,
    ) -> Result<Incoming, EngineError> {
        let tail = lines.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
        let path = format!(
            "/containers/{}/logs?stdout=1&stderr=1&follow={}&tail={tail}",
            escape(name),
            u8::from(follow)
        );
        let action = format!("read the log of container `{name}`");
        let pace = if follow { Pace::Endless } else { Pace::Quick };
        let call = Call::get(&action, path).at(pace);
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
        let call = Call::new(
            "copy files into the container",
            Method::PUT,
            path,
            Body::Tar(tar),
        );
        self.send(call).await.map(drop)
    }

    /// Returns a file of a container as a tar archive, or `None` if there is no such file.
    pub async fn get_archive(&self, id: &str, file: &str) -> Result<Option<Bytes>, EngineError> {
        let action = "copy a file out of the container";
        let path = format!("/containers/{id}/archive?path={}", escape(file));
        match self.body(Call::get(action, path)).await {
            Ok(archive) => Ok(Some(archive)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a process in a running container and returns its id. The request is the body of
    /// `POST /containers/ID/exec`.
    pub async fn create_exec(&self, name: &str, request: Value) -> Result<String, EngineError> {
        let action = format!("run a command in container `{name}`");
        let path = format!("/containers/{}/exec", escape(name));
        let call = Call::new(&action, Method::POST, path, Body::Json(request));
        let created: Created = self.json(call).await?;
        Ok(created.id)
    }

    /// Starts such a process and connects to its streams.
    pub async fn start_exec(&self, id: &str, tty: bool) -> Result<RawStream, EngineError> {
        let body = Body::Json(json!({"Detach": false, "Tty": tty}));
        let path = format!("/exec/{id}/start");
        self.hijack(Call::new("start the command", Method::POST, path, body))
            .await
    }

    /// Tells such a process's terminal its size.
    pub async fn resize_exec(&self, id: &str, rows: u16, columns: u16) -> Result<(), EngineError> {
        let path = format!("/exec/{id}/resize?h={rows}&w={columns}");
        self.send(Call::post("resize the terminal", path))
            .await
            .map(drop)
    }

    /// Returns the exit code of such a process; `None` while it runs.
    pub async fn exec_code(&self, id: &str) -> Result<Option<i64>, EngineError> {
        let path = format!("/exec/{id}/json");
        let facts: Value = self.json(Call::get("inspect the command", path)).await?;
        Ok(facts.get("ExitCode").and_then(Value::as_i64))
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

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(&[("start", "a"), ("oom", "a"), ("die", "a")], Some(true); "killed for memory")]
    #[test_case(&[("start", "a"), ("die", "a"), ("oom", "a")], Some(true); "told after the end")]
    #[test_case(&[("start", "a"), ("die", "a")], Some(false); "ended otherwise")]
    #[test_case(&[("oom", "a"), ("die", "a"), ("start", "a"), ("die", "a")], Some(false); "an earlier run of it")]
    #[test_case(&[("oom", "a2"), ("die", "a"), ("oom", "a2")], Some(false); "another container")]
    #[test_case(&[("oom", "a2")], None; "nothing of it")]
    fn events_tell_of_memory(events: &[(&str, &str)], expected: Option<bool>) {
        let lines = events.iter().map(|(action, id)| {
            json!({"Type": "container", "Action": action, "Actor": {"ID": id}}).to_string()
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        assert_eq!(reached_limit(text.as_bytes(), "a"), expected);
    }
}
