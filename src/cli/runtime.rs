//! The asynchronous runtime, started only by commands that talk to an engine.

use std::future::Future;

use crate::problem::{Problem, Problems};

/// Threads for tasks: the engine does the work, we read, send and draw.
const THREADS: usize = 2;

/// Runs a command that talks to an engine.
///
/// # Errors
/// Fails as the command does, or when the system gives no threads.
pub(super) fn block_on<T>(
    command: impl Future<Output = Result<T, Problems>>,
) -> Result<T, Problems> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build()
        .map_err(|error| {
            let mut problem = Problem::usage("No threads could be started");
            problem.causes.push(error.to_string());
            problem.hint("Allow more of them: `ulimit -u unlimited`")
        })?;
    let result = runtime.block_on(command);
    // A file that is being read for the engine may keep its thread; nobody waits for it any more.
    runtime.shutdown_background();
    result
}
