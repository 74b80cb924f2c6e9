//! Ctrl-C: once cancels and tidies up, twice ends at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::cli::exit::Exit;

/// Watches SIGINT, SIGTERM and SIGHUP for as long as it lives.
#[derive(Debug)]
pub(super) struct Interrupt {
    token: CancellationToken,
    watcher: tokio::task::JoinHandle<()>,
}

impl Interrupt {
    /// Starts watching.
    ///
    /// # Errors
    /// Fails when the signal handlers cannot be installed.
    pub(super) fn watch() -> std::io::Result<Self> {
        let token = CancellationToken::new();
        let signals = Signals::install()?;
        let watcher = tokio::spawn(follow(signals, token.clone()));
        Ok(Self { token, watcher })
    }

    /// Returns the token that the first signal cancels.
    pub(super) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

/// The signals by which people and supervisors ask a program to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    fn install() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

async fn follow(mut signals: Signals, token: CancellationToken) {
    signals.next().await;
    token.cancel();
    signals.next().await;
    #[expect(clippy::exit, reason = "the second signal promises to end at once")]
    std::process::exit(i32::from(Exit::Cancelled.code()));
}
