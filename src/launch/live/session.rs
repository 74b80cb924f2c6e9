//! A session with a container: streams and terminal, signals, and its end.
//!
//! While it lasts, signals to dynrun are caught, and each is acted on: it goes to the container, or
//! it ends the session. So the terminal is restored whatever ends dynrun but `kill -9`.

use std::future::Future;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::ending;
use super::multiplex::Sinks;
use super::signals::{Caught, Signals};
use super::source::Source;
use crate::engine::{AttachTo, Engine, EngineError, RawStream, ResizeTarget, Wait};
use crate::launch::terminal::{Input, RawMode, Resizes, Size};

/// How long the engine may be silent when the container has ended, and its output has not.
const OUTPUT_LAG: Duration = Duration::from_secs(5);

/// How long the engine has to take a signal.
const SIGNAL_TIMEOUT: Duration = Duration::from_secs(5);

/// Which Ctrl-C kills the container.
const SIGNALS_BEFORE_KILL: u32 = 3;

/// How long the end of a container may lag behind the end of its stream.
const END_LAG: Duration = Duration::from_millis(50);

/// How many times the terminal's size is sent again while the container starts.
const RESIZE_TRIES: u32 = 10;

/// How a session ended.
#[derive(Debug)]
pub enum End {
    /// The container ended, with this exit code unless the engine failed at it.
    Ended(Option<u8>),
    /// The user detached, and the container goes on.
    Detached,
    /// We leave because of a signal.
    Left(Caught),
}

/// What signals to us mean for a container, or a command in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalPolicy {
    /// It runs for us: signals go to it, and it is stopped when nobody reads its output any more.
    Forward,
    /// It runs for others too: signals go to it, but it goes on when nobody reads its output here.
    ForwardUntilUnread,
    /// It goes on, and we leave.
    Leave,
}

/// What a session connects.
#[derive(Clone, Copy, Debug)]
pub struct Connection {
    /// Whether there is a terminal.
    pub tty: bool,
    /// Whether our input goes to the container.
    pub input: bool,
    /// What signals to us mean for it.
    pub signals: SignalPolicy,
    /// What is resized with our terminal.
    pub resize: ResizeTarget,
}

/// A connected session, before or after the start.
#[derive(Debug)]
pub struct Session {
    engine: Engine,
    id: String,
    connection: Connection,
    reader: ReadHalf<RawStream>,
    writer: WriteHalf<RawStream>,
}

/// Input and sizes on their way, which end with the session.
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
        connection: Connection,
        to: AttachTo<'_>,
    ) -> Result<Self, EngineError> {
        let stream = engine.attach_container(id, to).await?;
        Ok(Self::new(engine, id, connection, stream))
    }

    /// Takes over a stream that is connected.
    pub fn new(engine: &Engine, id: &str, connection: Connection, stream: RawStream) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            engine: engine.clone(),
            id: id.to_owned(),
            connection,
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
            connection,
            reader,
            writer,
        } = self;
        let _raw = raw_mode(connection);
        let _helpers = helpers(&engine, &id, connection, writer);
        let broken_pipe = sinks.broken_pipe();
        let relay = SignalRelay::new(&engine, &id, connection.signals, signals, sinks);
        let ended = relay.ended.clone();
        let mut source = Source::until(reader, ended.clone(), OUTPUT_LAG);
        let followed = Followed {
            engine: &engine,
            id: &id,
            tty: connection.tty,
            ended,
        };
        let copied = sinks.copy(&mut source, connection.tty);
        let end = tokio::select! {
            end = followed.to_the_end(copied, wait) => end?,
            caught = relay.until_we_leave() => End::Left(caught),
        };
        // Its end was our doing, and says nothing of the container.
        Ok(if broken_pipe.is_cancelled() {
            End::Left(Caught::BROKEN_PIPE)
        } else {
            end
        })
    }

    /// Follows a command in a container up to the end of its output; a signal ends that early.
    pub async fn follow_output(self, signals: Signals, sinks: &mut Sinks) -> Option<Caught> {
        let Self {
            engine,
            id,
            connection,
            reader,
            writer,
        } = self;
        let _raw = raw_mode(connection);
        let _helpers = helpers(&engine, &id, connection, writer);
        // The engine has no way to signal a command.
        let relay = SignalRelay::new(&engine, &id, SignalPolicy::Leave, signals, sinks);
        let mut source = Source::new(reader);
        tokio::select! {
            () = sinks.copy(&mut source, connection.tty) => None,
            caught = relay.until_we_leave() => Some(caught),
        }
    }
}

/// A container whose end is waited for.
struct Followed<'a> {
    engine: &'a Engine,
    id: &'a str,
    tty: bool,
    /// Gets to know of the end.
    ended: CancellationToken,
}

impl Followed<'_> {
    async fn to_the_end(
        &self,
        copied: impl Future<Output = ()>,
        wait: Wait,
    ) -> Result<End, EngineError> {
        let mut copied = std::pin::pin!(copied);
        let mut wait = std::pin::pin!(wait.ended());
        let over = tokio::select! {
            over = &mut wait => {
                // What was written before the end is still on its way.
                self.ended.cancel();
                copied.await;
                over
            }
            // A stream that breaks tells no more than one that ends.
            () = &mut copied => {
                // An end that is just happening is told within moments. With a terminal the stream
                // also ends when the user detaches.
                match timeout(END_LAG, &mut wait).await {
                    Ok(over) => over,
                    Err(_) if self.tty && self.runs().await? => return Ok(End::Detached),
                    Err(_) => wait.await,
                }
            }
        };
        Ok(End::Ended(ending::status_of(&over?)))
    }

    /// Returns whether the container goes on although its stream has ended.
    async fn runs(&self) -> Result<bool, EngineError> {
        let facts = self.engine.container(self.id).await?;
        Ok(facts.is_some_and(|facts| facts.state.running))
    }
}

/// Enters raw mode where the container has a terminal and our input goes to it.
fn raw_mode(connection: Connection) -> Option<RawMode> {
    let wanted = connection.tty && connection.input;
    // A terminal that refuses is used as it is.
    wanted.then(|| RawMode::enter().ok().flatten()).flatten()
}

fn helpers(
    engine: &Engine,
    id: &str,
    connection: Connection,
    writer: WriteHalf<RawStream>,
) -> Helpers {
    let mut helpers = vec![tokio::spawn(send_input(connection.input, writer))];
    if connection.tty {
        helpers.push(tokio::spawn(send_sizes(
            engine.clone(),
            id.to_owned(),
            connection.resize,
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

/// Sends the size until it is taken (the process may not be there yet), then each change.
async fn send_sizes(engine: Engine, id: String, target: ResizeTarget) {
    let Ok(mut resizes) = Resizes::watch() else {
        return;
    };
    let mut size = Size::of_terminal();
    for attempt in 1..=RESIZE_TRIES {
        let Some(now) = size else { break };
        if engine
            .resize(target, &id, now.rows, now.columns)
            .await
            .is_ok()
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10) * attempt).await;
        size = Size::of_terminal();
    }
    while let Some(size) = resizes.next().await {
        let sent = engine.resize(target, &id, size.rows, size.columns);
        sent.await.ok();
    }
}

/// What acts on the signals of a session.
struct SignalRelay<'a> {
    engine: &'a Engine,
    id: &'a str,
    policy: SignalPolicy,
    signals: Signals,
    broken_pipe: CancellationToken,
    /// Gets to know that the user asks to end.
    asked_to_end: CancellationToken,
    /// Whether the container has ended.
    ended: CancellationToken,
}

impl<'a> SignalRelay<'a> {
    fn new(
        engine: &'a Engine,
        id: &'a str,
        policy: SignalPolicy,
        signals: Signals,
        sinks: &Sinks,
    ) -> Self {
        Self {
            engine,
            id,
            policy,
            signals,
            broken_pipe: sinks.broken_pipe(),
            asked_to_end: sinks.asked_to_end(),
            ended: CancellationToken::new(),
        }
    }

    /// Passes signals on, up to one that means us. Who asks to end a third time means it: the
    /// container is killed, and if the engine does not take that, we leave.
    async fn until_we_leave(mut self) -> Caught {
        let mut asked = 0;
        let mut told = false;
        loop {
            let caught = tokio::select! {
                caught = self.signals.next() => caught,
                () = self.broken_pipe.cancelled(), if !told => Caught::BROKEN_PIPE,
            };
            if caught.asks_to_end() {
                asked += 1;
                self.asked_to_end.cancel();
            }
            match (self.policy, caught) {
                (SignalPolicy::Leave, _)
                | (SignalPolicy::ForwardUntilUnread, Caught::BROKEN_PIPE) => return caught,
                // There is nothing left to send it to.
                _ if self.ended.is_cancelled() || asked > SIGNALS_BEFORE_KILL => return caught,
                (SignalPolicy::Forward, Caught::BROKEN_PIPE) => {
                    told = true;
                    self.stop();
                }
                _ if asked == SIGNALS_BEFORE_KILL && caught.asks_to_end() => {
                    let kill = self.engine.signal_container(self.id, "KILL");
                    if timeout(SIGNAL_TIMEOUT, kill).await.is_err() {
                        return caught;
                    }
                }
                _ => self.send(caught),
            }
        }
    }

    /// Sends a signal on, while the next may arrive. One that finds the container gone is late, not
    /// wrong.
    fn send(&self, caught: Caught) {
        let (engine, id) = (self.engine.clone(), self.id.to_owned());
        tokio::spawn(async move {
            let sent = engine.signal_container(&id, caught.name());
            timeout(SIGNAL_TIMEOUT, sent).await.ok();
        });
    }

    fn stop(&self) {
        let (engine, id) = (self.engine.clone(), self.id.to_owned());
        tokio::spawn(async move { engine.stop_container(&id, None).await.ok() });
    }
}
