//! Following the logs of members, line by line.

use futures_util::TryStreamExt as _;
use http_body_util::BodyDataStream;
use tokio::io::{AsyncBufReadExt as _, BufReader, DuplexStream, duplex};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::io::StreamReader;

use crate::engine::{Engine, LogRange};
use crate::launch::live::{Sinks, Source};

/// Bytes between the engine and who prints.
const BUFFER: usize = 64 << 10;

/// A line and who wrote it.
pub(super) type Line = (String, String);

/// Sends the lines of a container to a channel, until it ends or its engine goes away, or only those
/// that there are.
pub(crate) async fn follow(
    engine: Engine,
    container: String,
    name: String,
    range: LogRange,
    lines: UnboundedSender<Line>,
) {
    let Ok(log) = engine.container_log(&container, range).await else {
        // One that is gone again has been reported.
        return;
    };
    let pieces = BodyDataStream::new(log).map_err(std::io::Error::other);
    let (output, from_output) = duplex(BUFFER);
    let (errors, from_errors) = duplex(BUFFER);
    let copied = async move {
        let mut sinks = Sinks::new(output, errors);
        sinks
            .copy(&mut Source::new(StreamReader::new(pieces)), false)
            .await;
    };
    tokio::join!(
        copied,
        send(from_output, &name, &lines),
        send(from_errors, &name, &lines)
    );
}

async fn send(from: DuplexStream, name: &str, lines: &UnboundedSender<Line>) {
    let mut reader = BufReader::new(from).split(b'\n');
    while let Ok(Some(line)) = reader.next_segment().await {
        let text = String::from_utf8_lossy(&line).into_owned();
        if lines.send((name.to_owned(), text)).is_err() {
            return;
        }
    }
}
