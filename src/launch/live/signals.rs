//! Signals to dynrun, for the container.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::problem::ProblemKind;

/// Those that people and supervisors send to programs. Others are either about dynrun itself
/// (a child ended, the window changed) or cannot be caught.
const CAUGHT: [(&str, SignalKind); 6] = [
    ("INT", SignalKind::interrupt()),
    ("TERM", SignalKind::terminate()),
    ("HUP", SignalKind::hangup()),
    ("QUIT", SignalKind::quit()),
    ("USR1", SignalKind::user_defined1()),
    ("USR2", SignalKind::user_defined2()),
];

/// A signal that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caught {
    name: &'static str,
    kind: SignalKind,
}

impl Caught {
    /// Nobody reads our output any more. Rust's programs get no such signal, but an error when they
    /// write; here it is taken for the signal that other programs would get.
    pub const BROKEN_PIPE: Self = Self {
        name: "PIPE",
        kind: SignalKind::pipe(),
    };

    /// Returns docker's name for it: without `SIG`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Returns whether it asks to end, as Ctrl-C does.
    pub fn asks_to_end(self) -> bool {
        [SignalKind::interrupt(), SignalKind::terminate()].contains(&self.kind)
    }

    /// Returns what it means for what it ended.
    pub fn means(self) -> ProblemKind {
        match u8::try_from(self.kind.as_raw_value()) {
            Ok(2) | Err(_) => ProblemKind::Cancelled,
            Ok(number) => ProblemKind::Signal(number),
        }
    }
}

/// The signals that arrive.
#[derive(Debug)]
pub struct Signals(mpsc::Receiver<Caught>);

impl Signals {
    /// Starts catching them. They stay caught until the process ends, so whoever catches them has
    /// to heed them: without, nothing but `kill -9` would end dynrun.
    ///
    /// # Errors
    /// Fails when a handler cannot be installed.
    pub fn catch() -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel(16);
        for (name, kind) in CAUGHT {
            tokio::spawn(relay(signal(kind)?, Caught { name, kind }, sender.clone()));
        }
        Ok(Self(receiver))
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Caught {
        match self.0.recv().await {
            Some(caught) => caught,
            // What relays them has ended with the runtime.
            None => std::future::pending().await,
        }
    }
}

async fn relay(mut signal: Signal, caught: Caught, sender: mpsc::Sender<Caught>) {
    while signal.recv().await.is_some() {
        if sender.send(caught).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_us_is_known_by_its_number() {
        let kinds: Vec<_> = CAUGHT
            .map(|(name, kind)| (name, Caught { name, kind }.means()))
            .into_iter()
            .take(4)
            .collect();
        let expected = [
            ("INT", ProblemKind::Cancelled),
            ("TERM", ProblemKind::Signal(15)),
            ("HUP", ProblemKind::Signal(1)),
            ("QUIT", ProblemKind::Signal(3)),
        ];
        assert_eq!(kinds, expected);
        assert_eq!(Caught::BROKEN_PIPE.means(), ProblemKind::Signal(13));
    }
}
