//! A container's output: with a terminal the bytes as they are, without one both streams in one,
//! each piece behind a header of eight bytes (type, three zeros, length).

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::loss::{Loss, SourceError};
use super::source::Source;
use super::tail::Tail;

const BUFFER: usize = 32 * 1024;

/// How long a reader may leave output unread when dynrun was asked to end.
const STALL_AFTER_SIGNAL: Duration = Duration::from_secs(2);

/// Where a container's output goes, and a copy of its last lines.
///
/// One that cannot be written to any more is left out, and the container goes on: it must not block
/// because nobody takes what it says.
pub struct Sinks {
    output: Option<Sink>,
    errors: Option<Sink>,
    /// What it said last, for a diagnosis.
    pub tail: Tail,
    /// What is missing.
    pub losses: Vec<Loss>,
    broken_pipe: CancellationToken,
    asked_to_end: CancellationToken,
}

type Sink = Box<dyn AsyncWrite + Send + Unpin>;

/// One of a container's two streams.
#[derive(Clone, Copy)]
enum Stream {
    Output,
    Errors,
}

impl Sinks {
    /// Writes to these.
    pub fn new(
        output: impl AsyncWrite + Send + Unpin + 'static,
        errors: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        Self {
            output: Some(Box::new(output)),
            errors: Some(Box::new(errors)),
            tail: Tail::default(),
            losses: Vec::new(),
            broken_pipe: CancellationToken::new(),
            asked_to_end: CancellationToken::new(),
        }
    }

    /// Returns what is cancelled when somebody has closed a pipe that the output goes to.
    pub fn broken_pipe(&self) -> CancellationToken {
        self.broken_pipe.clone()
    }

    /// Returns what is to be cancelled when the user asks to end: from then on, whoever does not
    /// read what is written holds nothing up.
    pub fn asked_to_end(&self) -> CancellationToken {
        self.asked_to_end.clone()
    }

    /// Copies everything up to the end of the stream, and keeps in mind what is missing.
    pub async fn copy(&mut self, source: &mut Source<impl AsyncRead + Unpin>, tty: bool) {
        let copied = if tty {
            self.copy_raw(source).await
        } else {
            self.copy_multiplexed(source).await
        };
        let lost = copied.err().filter(SourceError::is_loss);
        self.losses.extend(lost.map(Loss::Source));
    }

    async fn copy_raw(
        &mut self,
        source: &mut Source<impl AsyncRead + Unpin>,
    ) -> Result<(), SourceError> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = source.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            self.write(Stream::Output, &buffer[..count]).await;
        }
    }

    async fn copy_multiplexed(
        &mut self,
        source: &mut Source<impl AsyncRead + Unpin>,
    ) -> Result<(), SourceError> {
        let mut buffer = vec![0; BUFFER];
        while let Some((kind, mut left)) = read_header(source).await? {
            while left > 0 {
                let room = left.min(buffer.len());
                let count = source.read(&mut buffer[..room]).await;
                let count = count.map_err(SourceError::within)?;
                if count == 0 {
                    return Err(broken_off());
                }
                left -= count;
                let piece = &buffer[..count];
                match kind {
                    0 | 1 => self.write(Stream::Output, piece).await,
                    2 => self.write(Stream::Errors, piece).await,
                    _ => {
                        let said = String::from_utf8_lossy(piece);
                        return Err(SourceError::Said(said.into_owned()));
                    }
                }
            }
        }
        Ok(())
    }

    async fn write(&mut self, stream: Stream, piece: &[u8]) {
        self.tail.push(piece);
        let sink = match stream {
            Stream::Output => &mut self.output,
            Stream::Errors => &mut self.errors,
        };
        let Some(open) = sink else { return };
        let written = tokio::select! {
            written = write_all(open, piece) => written,
            () = stalled(&self.asked_to_end) => {
                *sink = None;
                return;
            }
        };
        let Err(error) = written else {
            return;
        };
        *sink = None;
        match (error.kind(), stream) {
            // Whoever closed it has read enough.
            (io::ErrorKind::BrokenPipe, _) => self.broken_pipe.cancel(),
            (_, Stream::Output) => self.losses.push(Loss::Output(error)),
            (_, Stream::Errors) => self.losses.push(Loss::Errors(error)),
        }
    }
}

async fn write_all(sink: &mut Sink, piece: &[u8]) -> io::Result<()> {
    sink.write_all(piece).await?;
    sink.flush().await
}

/// Ends when the user has asked to end, and what is being written has not been taken for a while
/// since: an engine whose output nobody reads does not end its container either.
async fn stalled(asked_to_end: &CancellationToken) {
    asked_to_end.cancelled().await;
    tokio::time::sleep(STALL_AFTER_SIGNAL).await;
}

/// Reads a header: the type of the next piece and its length. `None` at a clean end.
async fn read_header(
    source: &mut Source<impl AsyncRead + Unpin>,
) -> Result<Option<(u8, usize)>, SourceError> {
    let mut header = [0; 8];
    match source.fill(&mut header).await? {
        0 => Ok(None),
        8 => {
            let [kind, _, _, _, length @ ..] = header;
            Ok(Some((kind, u32::from_be_bytes(length) as usize)))
        }
        _ => Err(broken_off()),
    }
}

fn broken_off() -> SourceError {
    SourceError::Within(io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

    use super::*;

    impl Sinks {
        /// Returns what was written in the end.
        async fn text(&mut self, mut page: DuplexStream) -> String {
            (self.output, self.errors) = (None, None);
            let mut text = String::new();
            page.read_to_string(&mut text).await.unwrap();
            text
        }
    }

    async fn copied(stream: &[u8], tty: bool) -> (Sinks, String, String) {
        let ((output, shown), (errors, written)) = (duplex(1024), duplex(1024));
        let mut sinks = Sinks::new(output, errors);
        sinks.copy(&mut Source::new(stream), tty).await;
        let shown = sinks.text(shown).await;
        let written = sinks.text(written).await;
        (sinks, shown, written)
    }

    const PIECES: &[u8] = b"\x01\0\0\0\0\0\0\x03out\x02\0\0\0\0\0\0\x03err\x01\0\0\0\0\0\0\x01!";

    #[tokio::test]
    async fn pieces_go_to_their_streams() {
        let (sinks, output, errors) = copied(PIECES, false).await;
        assert!(sinks.losses.is_empty());
        assert_eq!((output.as_str(), errors.as_str()), ("out!", "err"));
    }

    #[tokio::test]
    async fn a_terminal_gets_the_bytes_as_they_are() {
        // The first bytes look like a header.
        let (sinks, output, _) = copied(b"\x01\0\0\0\0\0\0\x03out", true).await;
        assert!(sinks.losses.is_empty());
        assert_eq!(output, "\u{1}\0\0\0\0\0\0\u{3}out");
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_is_a_loss() {
        let (sinks, output, _) = copied(b"\x01\0\0\0\0\0\0\x09out", false).await;
        assert!(matches!(
            sinks.losses[..],
            [Loss::Source(SourceError::Within(_))]
        ));
        assert_eq!(output, "out");
        let (sinks, ..) = copied(b"\x01\0\0", false).await;
        assert_eq!(sinks.losses.len(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_reported_and_the_rest_is_read() {
        let full = tokio::fs::File::create("/dev/full").await.unwrap();
        let (errors, written) = duplex(1024);
        let mut sinks = Sinks::new(full, errors);
        sinks.copy(&mut Source::new(PIECES), false).await;
        assert!(matches!(sinks.losses[..], [Loss::Output(_)]));
        assert_eq!(sinks.text(written).await, "err");
        assert_eq!(sinks.tail.lines(), ["outerr!"]);
        assert!(!sinks.broken_pipe().is_cancelled());
    }

    #[tokio::test]
    async fn who_asks_to_end_does_not_wait_for_a_reader() {
        // A pipe that is full after four bytes, and nobody reads it.
        let (full, _unread) = duplex(4);
        let (errors, written) = duplex(1024);
        let mut sinks = Sinks::new(full, errors);
        sinks.asked_to_end().cancel();
        let pieces = [b"\x01\0\0\0\0\0\0\x09too long!", PIECES].concat();
        sinks.copy(&mut Source::new(&pieces[..]), false).await;
        assert!(sinks.losses.is_empty());
        assert_eq!(sinks.text(written).await, "err");
    }

    #[tokio::test]
    async fn a_closed_pipe_is_no_loss() {
        let (closed, _) = duplex(1024);
        let mut sinks = Sinks::new(closed, tokio::io::sink());
        sinks.copy(&mut Source::new(PIECES), false).await;
        assert!(sinks.losses.is_empty());
        assert!(sinks.broken_pipe().is_cancelled());
    }

    #[tokio::test]
    async fn a_pause_within_a_piece_at_the_end_loses_nothing() {
        let (mut engine, ours) = duplex(1024);
        let ended = CancellationToken::new();
        let (output, shown) = duplex(1024);
        let mut sinks = Sinks::new(output, tokio::io::sink());
        let mut source = Source::until(ours, ended.clone(), Duration::from_secs(60));
        let sent = async {
            engine.write_all(b"\x01\0\0\0\0\0\0\x06one").await.unwrap();
            ended.cancel();
            tokio::task::yield_now().await;
            engine.write_all(b"two").await.unwrap();
            drop(engine);
        };
        tokio::join!(sinks.copy(&mut source, false), sent);
        assert!(sinks.losses.is_empty());
        assert_eq!(sinks.text(shown).await, "onetwo");
    }

    #[tokio::test]
    async fn an_engine_that_does_not_end_the_output_is_a_loss() {
        let (mut engine, ours) = duplex(1024);
        engine.write_all(PIECES).await.unwrap();
        let ended = CancellationToken::new();
        ended.cancel();
        let mut sinks = Sinks::new(tokio::io::sink(), tokio::io::sink());
        let mut source = Source::until(ours, ended, Duration::from_millis(1));
        sinks.copy(&mut source, false).await;
        assert!(matches!(
            sinks.losses[..],
            [Loss::Source(SourceError::Silent)]
        ));
    }
}
