//! Commands in the containers of members.

use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

use crate::engine::{Engine, EngineError};

/// How long a command may take; all are small.
const LIMIT: Duration = Duration::from_secs(10);

/// Runs a command as the container's user, and returns whether it succeeded.
pub(crate) async fn succeeds(engine: &Engine, container: &str, command: &[&str]) -> bool {
    let ran = timeout(LIMIT, run(engine, container, command)).await;
    matches!(ran, Ok(Ok(Some(0))))
}

async fn run(
    engine: &Engine,
    container: &str,
    command: &[&str],
) -> Result<Option<i64>, EngineError> {
    let request = json!({ "AttachStdout": true, "AttachStderr": true, "Cmd": command });
    let id = engine.create_exec(container, &request).await?;
    let mut output = engine.start_exec(&id, false).await?;
    // It is over when its output is.
    let mut ignored = Vec::new();
    output.read_to_end(&mut ignored).await.ok();
    engine.exec_code(&id).await
}
