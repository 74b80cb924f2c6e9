//! Signals to dynrun, for the container.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use crate::exit::Exit;

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

    /// Returns the code of a program that it ended: 128 and its number.
    pub fn exit(self) -> Exit {
        match self.kind.as_raw_value() {
            2 => Exit::Cancelled,
            number => u8::try_from(128 + number).map_or(Exit::Run, Exit::Container),
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
    fn codes_are_those_of_shells() {
        let codes: Vec<_> = CAUGHT
            .map(|(name, kind)| (name, Caught { name, kind }.exit().code()))
            .into_iter()
            .take(4)
            .collect();
        let expected = [("INT", 130), ("TERM", 143), ("HUP", 129), ("QUIT", 131)];
        assert_eq!(codes, expected);
        assert_eq!(Caught::BROKEN_PIPE.exit().code(), 141);
    }
}
