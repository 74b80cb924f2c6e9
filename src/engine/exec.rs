//! Commands in a running container.

use http::Method;
use serde_json::{Value, json};

use super::container::{Created, RawStream};
use super::http::{Body, Call, escape};
use super::{Engine, EngineError};

impl Engine {
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

    /// Gives such a process's terminal its size.
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
