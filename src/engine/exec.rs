//! Commands in a running container.

use serde_json::{Value, json};

use super::container::{Created, RawStream};
use super::http::{Call, escape};
use super::{Engine, EngineError};

impl Engine {
    /// Makes a process in a running container and returns its id. The request is the body of
    /// `POST /containers/ID/exec`.
    pub async fn create_exec(&self, name: &str, request: &Value) -> Result<String, EngineError> {
        let action = format!("run a command in container `{name}`");
        let path = format!("/containers/{}/exec", escape(name));
        let created: Created = self.json(Call::post(&action, path).json(request)).await?;
        Ok(created.id)
    }

    /// Starts such a process and connects to its streams.
    pub async fn start_exec(&self, id: &str, tty: bool) -> Result<RawStream, EngineError> {
        let call = Call::post("start the command", format!("/exec/{id}/start"));
        let call = call.json(&json!({"Detach": false, "Tty": tty}));
        self.hijack(call).await
    }

    /// Returns the exit code of such a process; `None` while it runs.
    pub async fn exec_code(&self, id: &str) -> Result<Option<i64>, EngineError> {
        let path = format!("/exec/{id}/json");
        let facts: Value = self.json(Call::get("inspect the command", path)).await?;
        Ok(facts.get("ExitCode").and_then(Value::as_i64))
    }
}
