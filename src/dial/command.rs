//! A child process whose standard input and output are a byte stream.

use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, Join, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// How much of the child's complaints is kept, in bytes.
const COMPLAINT_LIMIT: u64 = 4096;

/// The stream. The child ends with it.
pub(super) struct CommandStream {
    pipes: Join<ChildStdout, ChildStdin>,
    /// What the child writes to its standard error; taken when it has been reported.
    complaint: Option<JoinHandle<String>>,
    child: Child,
}

impl CommandStream {
    /// Starts the child.
    pub(super) fn start(line: &[String]) -> io::Result<Self> {
        let (program, arguments) = line.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            // Ctrl-C must reach us only: the connection is still needed to cancel in the engine.
            .process_group(0)
            .spawn()?;
        let no_pipe = || io::Error::from(io::ErrorKind::BrokenPipe);
        let output = child.stdout.take().ok_or_else(no_pipe)?;
        let input = child.stdin.take().ok_or_else(no_pipe)?;
        let errors = child.stderr.take().ok_or_else(no_pipe)?;
        let complaint = Some(tokio::spawn(read_complaint(errors)));
        Ok(Self {
            pipes: tokio::io::join(output, input),
            complaint,
            child,
        })
    }
}

impl CommandStream {
    /// Waits for the child to close its standard error; gives what it wrote there, once.
    fn poll_complaint(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Error>> {
        let Some(task) = &mut self.complaint else {
            return Poll::Ready(None);
        };
        let complaint = ready!(Pin::new(task).poll(context)).unwrap_or_default();
        self.complaint = None;
        Poll::Ready((!complaint.is_empty()).then(|| io::Error::other(complaint)))
    }
}

/// Reads the first of the child's complaints, and lets the rest go so that it never blocks.
async fn read_complaint(mut errors: ChildStderr) -> String {
    let mut text = Vec::new();
    let mut first = (&mut errors).take(COMPLAINT_LIMIT);
    if first.read_to_end(&mut text).await.is_ok() {
        tokio::io::copy(&mut errors, &mut tokio::io::sink())
            .await
            .ok();
    }
    String::from_utf8_lossy(&text).trim().to_owned()
}

impl AsyncRead for CommandStream {
    /// Ends with the child's complaint, if it made one, instead of a bare end of the stream.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.pipes).poll_read(context, buffer))?;
        if buffer.filled().len() > before || buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let complaint = ready!(self.poll_complaint(context));
        Poll::Ready(complaint.map_or(Ok(()), Err))
    }
}

impl AsyncWrite for CommandStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        // A child that complains and ends is often seen here first, as a broken pipe.
        match ready!(Pin::new(&mut self.pipes).poll_write(context, data)) {
            Ok(count) => Poll::Ready(Ok(count)),
            Err(error) => {
                let complaint = ready!(self.poll_complaint(context));
                Poll::Ready(Err(complaint.unwrap_or(error)))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipes).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipes).poll_shutdown(context)
    }
}

impl Drop for CommandStream {
    fn drop(&mut self) {
        // kill_on_drop does the same later; asking now lets `ssh` go before the program ends.
        self.child.start_kill().ok();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    fn shell(script: &str) -> CommandStream {
        CommandStream::start(&["sh".into(), "-c".into(), script.into()]).unwrap()
    }

    #[tokio::test]
    async fn carries_bytes_both_ways() {
        let mut stream = shell("cat");
        stream.write_all(b"hello").await.unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello");
    }

    #[tokio::test]
    async fn ends_with_what_the_child_complained_about() {
        let mut stream = shell("echo 'Permission denied (publickey).' >&2; exit 255");
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.to_string(), "Permission denied (publickey).");
    }

    #[tokio::test]
    async fn a_write_to_a_child_that_has_ended_fails_with_its_complaint() {
        let mut stream = shell("echo gone >&2; exit 1");
        stream.child.wait().await.unwrap();
        let error = stream.write_all(b"hello").await.unwrap_err();
        assert_eq!(error.to_string(), "gone");
    }

    #[tokio::test]
    async fn a_child_that_says_nothing_just_ends() {
        let mut text = String::new();
        assert_eq!(shell("true").read_to_string(&mut text).await.unwrap(), 0);
    }
}
