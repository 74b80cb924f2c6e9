//! An export's packets, from the gRPC stream to the disk and back.

use std::path::Path;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::super::wire;
use super::disk::Disk;
use super::error::ReceiveError;
use super::state::{Progress, Receiver};
use crate::buildkit::proto::fsutil::Packet;

/// How many packets may wait in each direction.
const WAITING: usize = 16;

type Answers = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// Writes the files of an export into a directory, which is made if it is missing.
///
/// `packets` are fsutil packets, undecoded; the result are those to send back.
pub fn receive(directory: &Path, packets: Streaming<Bytes>) -> Result<Answers, Status> {
    let disk = Disk::open(directory).map_err(|error| Status::internal(error.to_string()))?;
    let directory = directory.display().to_string();
    let (to_disk, from_engine) = mpsc::channel(WAITING);
    let (to_engine, answers) = mpsc::channel(WAITING);
    drop(tokio::spawn(forward(packets, to_disk)));
    drop(tokio::task::spawn_blocking(move || {
        if let Err(error) = write(disk, from_engine, &to_engine) {
            fail(&format!("{error} (below `{directory}`)"), &to_engine);
        }
    }));
    Ok(Box::pin(ReceiverStream::new(answers)))
}

async fn forward(mut packets: Streaming<Bytes>, to_disk: mpsc::Sender<Bytes>) {
    // An error means that the connection is gone; the solve tells why.
    while let Ok(Some(packet)) = packets.message().await {
        if to_disk.send(packet).await.is_err() {
            return;
        }
    }
}

/// Handles packets until the export is done, on a thread that may block.
fn write(
    disk: Disk,
    mut packets: mpsc::Receiver<Bytes>,
    answers: &mpsc::Sender<Result<Bytes, Status>>,
) -> Result<(), ReceiveError> {
    let mut receiver = Receiver::new(disk);
    while receiver.progress() != Progress::Done {
        let Some(bytes) = packets.blocking_recv() else {
            break;
        };
        if let Some(answer) = handle(&mut receiver, bytes)?
            && answers.blocking_send(Ok(encode(&answer))).is_err()
        {
            break;
        }
    }
    Ok(())
}

fn handle(receiver: &mut Receiver, bytes: Bytes) -> Result<Option<Packet>, ReceiveError> {
    let packet = Packet::decode(bytes).map_err(|error| ReceiveError::Protocol {
        what: error.to_string(),
    })?;
    receiver.packet(packet)
}

/// Tells the engine, whose error then says the same.
fn fail(message: &str, answers: &mpsc::Sender<Result<Bytes, Status>>) {
    let told = answers.blocking_send(Ok(encode(&wire::error(message))));
    if told.is_ok() {
        answers.blocking_send(Err(Status::aborted(message))).ok();
    }
}

fn encode(packet: &Packet) -> Bytes {
    packet.encode_to_vec().into()
}
