//! A container's output: with a terminal the bytes as they are, without one both streams in one,
//! each piece behind a header of eight bytes (type, three zeros, length).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::tail::Tail;

const BUFFER: usize = 32 * 1024;

/// Where a container's output goes, and a copy of its last lines.
pub struct Sinks {
    /// Its standard output, and everything with a terminal.
    pub output: Box<dyn AsyncWrite + Send + Unpin>,
    /// Its standard error.
    pub errors: Box<dyn AsyncWrite + Send + Unpin>,
    /// What it said last, for a diagnosis.
    pub tail: Tail,
}

impl Sinks {
    /// Writes to these.
    pub fn new(
        output: impl AsyncWrite + Send + Unpin + 'static,
        errors: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        Self {
            output: Box::new(output),
            errors: Box::new(errors),
            tail: Tail::default(),
        }
    }

    /// Copies everything up to the end of the stream.
    ///
    /// # Errors
    /// Fails when the stream breaks, is no multiplexed one, or an output is closed.
    pub async fn copy(
        &mut self,
        source: &mut (impl AsyncRead + Unpin),
        tty: bool,
    ) -> io::Result<()> {
        if tty {
            self.copy_raw(source).await
        } else {
            self.copy_multiplexed(source).await
        }
    }

    async fn copy_raw(&mut self, source: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = source.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            self.tail.push(&buffer[..count]);
            self.output.write_all(&buffer[..count]).await?;
            self.output.flush().await?;
        }
    }

    async fn copy_multiplexed(&mut self, source: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        let mut header = [0; 8];
        while read_header(source, &mut header).await? {
            let [kind, _, _, _, length @ ..] = header;
            let mut left = u32::from_be_bytes(length) as usize;
            while left > 0 {
                let room = left.min(buffer.len());
                let count = source.read(&mut buffer[..room]).await?;
                if count == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                left -= count;
                let piece = &buffer[..count];
                self.tail.push(piece);
                let sink = match kind {
                    0 | 1 => &mut self.output,
                    2 => &mut self.errors,
                    _ => {
                        return Err(io::Error::other(
                            String::from_utf8_lossy(piece).into_owned(),
                        ));
                    }
                };
                sink.write_all(piece).await?;
                sink.flush().await?;
            }
        }
        Ok(())
    }
}

/// Reads a header; `false` at a clean end.
async fn read_header(
    source: &mut (impl AsyncRead + Unpin),
    header: &mut [u8; 8],
) -> io::Result<bool> {
    match source.read(&mut header[..]).await? {
        0 => Ok(false),
        count => {
            source.read_exact(&mut header[count..]).await?;
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// Something to write to and look at.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl AsyncWrite for Page {
        fn poll_write(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            bytes: &[u8],
        ) -> std::task::Poll<io::Result<usize>> {
            self.0.lock().unwrap().extend(bytes);
            std::task::Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }

        fn poll_shutdown(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            std::task::Poll::Ready(Ok(()))
        }
    }

    async fn copied(stream: &[u8], tty: bool) -> (io::Result<()>, String, String) {
        let (output, errors) = (Page::default(), Page::default());
        let mut sinks = Sinks::new(output.clone(), errors.clone());
        let mut source = stream;
        let result = sinks.copy(&mut source, tty).await;
        (result, output.text(), errors.text())
    }

    #[tokio::test]
    async fn pieces_go_to_their_streams() {
        let stream = b"\x01\0\0\0\0\0\0\x03out\x02\0\0\0\0\0\0\x03err\x01\0\0\0\0\0\0\x01!";
        let (result, output, errors) = copied(stream, false).await;
        result.unwrap();
        assert_eq!((output.as_str(), errors.as_str()), ("out!", "err"));
    }

    #[tokio::test]
    async fn a_terminal_gets_the_bytes_as_they_are() {
        // The first bytes look like a header.
        let (result, output, _) = copied(b"\x01\0\0\0\0\0\0\x03out", true).await;
        result.unwrap();
        assert_eq!(output, "\u{1}\0\0\0\0\0\0\u{3}out");
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_is_an_error() {
        let (result, output, _) = copied(b"\x01\0\0\0\0\0\0\x09out", false).await;
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(output, "out");
        let (result, ..) = copied(b"\x01\0\0", false).await;
        assert!(result.is_err());
    }
}
