//! A session with a container: streams and terminal, signals, and its end.

use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::exit;
use super::multiplex::Sinks;
use super::signals::Signals;
use crate::engine::{AttachTo, Engine, EngineError, RawStream, Wait};
use crate::exit::Exit;
use crate::run::terminal::{Input, RawMode, Resizes, Size};

/// How long output may still arrive when the container has ended.
const DRAIN: Duration = Duration::from_secs(5);

/// How long the end of a container may lag behind the end of its stream.
const MOMENT: Duration = Duration::from_millis(50);

/// How many times the terminal's size is told anew while the container starts.
const RESIZE_TRIES: u32 = 10;

/// How a session ended.
#[derive(Debug)]
pub enum End {
    /// The container ended.
    Ended(Exit),
    /// The user detached, and the container goes on.
    Detached,
}

/// What has a size to be told: a container, or a command in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// A container.
    Container,
    /// A command in a container.
    Exec,
}

/// What a session connects.
#[derive(Clone, Copy, Debug)]
pub struct Wiring {
    /// Whether there is a terminal.
    pub tty: bool,
    /// Whether our input goes to the container.
    pub input: bool,
    /// Whether signals to us go to the container.
    pub forward_signals: bool,
    /// Whose screen it is.
    pub screen: Screen,
}

/// A connected session, before or after the start.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    id: String,
    wiring: Wiring,
    reader: ReadHalf<RawStream>,
    writer: WriteHalf<RawStream>,
}

/// Output and signals on their way, which end with the session.
struct Helpers(Vec<JoinHandle<()>>);

impl Drop for Helpers {
    fn drop(&mut self) {
        for helper in &self.0 {
            helper.abort();
        }
    }
}

impl Session {
    /// Connects to a container's streams.
    pub async fn attach(
        engine: &Engine,
        id: &str,
        wiring: Wiring,
        to: AttachTo<'_>,
    ) -> Result<Self, EngineError> {
        let stream = engine.attach_container(id, to).await?;
        Ok(Self::new(engine, id, wiring, stream))
    }

    /// Takes over a stream that is connected.
    pub fn new(engine: &Engine, id: &str, wiring: Wiring, stream: RawStream) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            engine: engine.clone(),
            id: id.to_owned(),
            wiring,
            reader,
            writer,
        }
    }

    /// Follows a container that is started or about to be, up to its end.
    ///
    /// # Errors
    /// Fails when the engine goes away.
    pub async fn follow(
        self,
        wait: Wait,
        signals: Signals,
        sinks: &mut Sinks,
    ) -> Result<End, EngineError> {
        let Self {
            engine,
            id,
            wiring,
            mut reader,
            writer,
        } = self;
        let raw = raw_mode(wiring);
        let _helpers = helpers(&engine, &id, wiring, writer, signals);
        let mut ended = std::pin::pin!(wait.ended());
        let over = tokio::select! {
            over = &mut ended => {
                // What was written before the end is still on its way.
                timeout(DRAIN, sinks.copy(&mut reader, wiring.tty)).await.ok();
                over
            }
            // A stream that breaks tells no more than one that ends.
            _ = sinks.copy(&mut reader, wiring.tty) => {
                // An end that is just happening is told within moments. With a terminal the stream
                // also ends when the user detaches.
                match timeout(MOMENT, &mut ended).await {
                    Ok(over) => over,
                    Err(_) if wiring.tty && runs(&engine, &id).await? => return Ok(End::Detached),
                    Err(_) => ended.await,
                }
            }
        };
        drop(raw);
        Ok(End::Ended(exit::of_ended(&over?)))
    }

    /// Follows a command in a container up to the end of its output.
    ///
    /// # Errors
    /// Fails when the stream breaks.
    pub async fn follow_output(self, signals: Signals, sinks: &mut Sinks) -> std::io::Result<()> {
        let Self {
            engine,
            id,
            wiring,
            mut reader,
            writer,
        } = self;
        let _raw = raw_mode(wiring);
        let _helpers = helpers(&engine, &id, wiring, writer, signals);
        sinks.copy(&mut reader, wiring.tty).await
    }
}

/// Returns whether a container goes on although its stream has ended.
async fn runs(engine: &Engine, id: &str) -> Result<bool, EngineError> {
    let facts = engine.container(id).await?;
    Ok(facts.is_some_and(|facts| facts.state.running))
}

/// Enters raw mode where the container has a terminal and our input goes to it.
fn raw_mode(wiring: Wiring) -> Option<RawMode> {
    let wanted = wiring.tty && wiring.input;
    // A terminal that refuses is used as it is.
    wanted.then(|| RawMode::enter().ok().flatten()).flatten()
}

fn helpers(
    engine: &Engine,
    id: &str,
    wiring: Wiring,
    writer: WriteHalf<RawStream>,
    signals: Signals,
) -> Helpers {
    let mut helpers = vec![tokio::spawn(send_input(wiring.input, writer))];
    if wiring.tty {
        helpers.push(tokio::spawn(tell_sizes(
            engine.clone(),
            id.to_owned(),
            wiring.screen,
        )));
    }
    if wiring.forward_signals {
        helpers.push(tokio::spawn(forward(
            engine.clone(),
            id.to_owned(),
            signals,
        )));
    }
    Helpers(helpers)
}

/// Sends our input; its end closes the container's input and leaves its output open.
async fn send_input(wanted: bool, mut writer: impl AsyncWrite + Unpin) {
    if !wanted {
        // The writer is kept: dropping it would not close the stream, which the reader shares.
        return;
    }
    let mut input = Input::open();
    while let Some(piece) = input.next().await {
        let sent = writer.write_all(&piece).await;
        if sent.is_err() || writer.flush().await.is_err() {
            return;
        }
    }
    writer.shutdown().await.ok();
}

/// Tells the size until it is taken (the process may not be there yet), then each change.
async fn tell_sizes(engine: Engine, id: String, screen: Screen) {
    let Ok(mut resizes) = Resizes::watch() else {
        return;
    };
    let mut size = Size::of_terminal();
    for attempt in 1..=RESIZE_TRIES {
        let Some(now) = size else { break };
        if tell_size(&engine, &id, screen, now).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10) * attempt).await;
        size = Size::of_terminal();
    }
    while let Some(size) = resizes.next().await {
        tell_size(&engine, &id, screen, size).await.ok();
    }
}

async fn tell_size(
    engine: &Engine,
    id: &str,
    screen: Screen,
    size: Size,
) -> Result<(), EngineError> {
    match screen {
        Screen::Container => engine.resize_container(id, size.rows, size.columns).await,
        Screen::Exec => engine.resize_exec(id, size.rows, size.columns).await,
    }
}

/// Sends signals on. One that finds the container gone is late, not wrong. Who asks to end a third
/// time means it.
async fn forward(engine: Engine, id: String, mut signals: Signals) {
    let mut asked = 0;
    while let Some(signal) = signals.next().await {
        asked += u32::from(matches!(signal, "INT" | "TERM"));
        let signal = if asked >= 3 { "KILL" } else { signal };
        engine.signal_container(&id, signal).await.ok();
    }
}
