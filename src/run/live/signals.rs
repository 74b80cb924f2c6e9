//! Signals to dynrun, for the container.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

type Kind = fn() -> SignalKind;

/// Those that people and supervisors send to programs. Others are either about dynrun itself
/// (a child ended, a pipe broke, the window changed) or cannot be caught.
const FORWARDED: [(&str, Kind); 6] = [
    ("INT", SignalKind::interrupt),
    ("TERM", SignalKind::terminate),
    ("HUP", SignalKind::hangup),
    ("QUIT", SignalKind::quit),
    ("USR1", SignalKind::user_defined1),
    ("USR2", SignalKind::user_defined2),
];

/// The signals that arrive, by docker's names.
#[derive(Debug)]
pub struct Signals(mpsc::Receiver<&'static str>);

impl Signals {
    /// Starts catching them. They stay caught until the process ends.
    ///
    /// # Errors
    /// Fails when a handler cannot be installed.
    pub fn catch() -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(16);
        for (name, kind) in FORWARDED {
            tokio::spawn(relay(signal(kind())?, name, sender.clone()));
        }
        Ok(Self(receiver))
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Option<&'static str> {
        self.0.recv().await
    }
}

async fn relay(mut signal: Signal, name: &'static str, sender: mpsc::Sender<&'static str>) {
    while signal.recv().await.is_some() {
        if sender.send(name).await.is_err() {
            return;
        }
    }
}
