//! Packets on their way to the engine.

use std::mem;

use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::wire;
use crate::buildkit::proto::fsutil::Packet;

/// How many batches may wait. Together with the two limits of a batch this bounds what a transfer
/// holds in memory, about 4 MiB.
const BATCHES: usize = 6;

/// A batch leaves when it has this many packets …
const BATCH_PACKETS: usize = 256;

/// … or this many bytes of file contents.
const BATCH_BYTES: usize = 512 << 10;

/// The stream of a transfer has ended: the engine wants no more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Closed;

type Batch = Result<Vec<Packet>, Status>;

/// Creates a door to the engine and the stream that comes out behind it.
pub(super) fn channel() -> (
    Door,
    impl Stream<Item = Result<Packet, Status>> + Send + 'static,
) {
    let (sender, receiver) = mpsc::channel::<Batch>(BATCHES);
    let packets = ReceiverStream::new(receiver).flat_map(|batch| {
        let packets = match batch {
            Ok(packets) => packets.into_iter().map(Ok).collect(),
            Err(status) => vec![Err(status)],
        };
        futures_util::stream::iter(packets)
    });
    (Door(sender), packets)
}

/// Lets packets out to the engine. The stream ends when the last clone is dropped.
#[derive(Clone, Debug)]
pub(super) struct Door(mpsc::Sender<Batch>);

impl Door {
    /// Sends one packet at once.
    pub(super) async fn send(&self, packet: Packet) -> Result<(), Closed> {
        self.0.send(Ok(vec![packet])).await.map_err(|_| Closed)
    }

    /// Ends the stream with a status.
    pub(super) async fn fail(&self, status: Status) {
        // If the engine has gone already, nobody is left to be told.
        self.0.send(Err(status)).await.ok();
    }

    /// Creates an outbox for a thread that may block.
    pub(super) fn outbox(&self) -> Outbox {
        Outbox {
            door: self.clone(),
            packets: Vec::new(),
            bytes: 0,
        }
    }
}

/// Collects packets of one thread into batches, because a channel operation per packet would cost
/// more than the packet.
#[derive(Debug)]
pub(super) struct Outbox {
    door: Door,
    packets: Vec<Packet>,
    bytes: usize,
}

impl Outbox {
    /// Adds a packet, and lets the batch out if it is full.
    pub(super) fn push(&mut self, packet: Packet) -> Result<(), Closed> {
        self.bytes += packet.data.len();
        self.packets.push(packet);
        if self.packets.len() >= BATCH_PACKETS || self.bytes >= BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Lets out what has been collected; blocks while the engine is slow.
    pub(super) fn flush(&mut self) -> Result<(), Closed> {
        self.bytes = 0;
        if self.packets.is_empty() {
            return Ok(());
        }
        let packets = mem::take(&mut self.packets);
        self.door.0.blocking_send(Ok(packets)).map_err(|_| Closed)
    }

    /// Tells the engine what went wrong and ends the transfer.
    ///
    /// The packet makes the engine fail its build with this text; the status ends the stream also
    /// for one that does not.
    pub(super) fn fail(mut self, message: &str) -> Closed {
        let told = self.push(wire::error(message)).and_then(|()| self.flush());
        if told.is_ok() {
            self.door
                .0
                .blocking_send(Err(Status::aborted(message)))
                .ok();
        }
        Closed
    }
}
