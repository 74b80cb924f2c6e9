//! One of the two output streams.

use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd;

use super::Settings;
use crate::redact::Redactor;
use crate::report::View;
use crate::text::Look;

/// Where terminals that do not know their width are taken to end.
const USUAL_SIZE: (usize, usize) = (80, 24);

/// Returns the columns and rows of a terminal.
pub(super) type SizeOf = Box<dyn Fn() -> Option<(usize, usize)> + Send>;

/// An output stream: writes whole texts, masks secrets, and remembers that its reader went away.
pub struct Stream {
    writer: Box<dyn Write + Send>,
    settings: Settings,
    size: Option<SizeOf>,
    redactor: Redactor,
    failure: Option<io::Error>,
}

impl Stream {
    /// Opens the process's standard output.
    pub fn stdout(settings: Settings) -> Self {
        let terminal = io::stdout().is_terminal();
        let size: SizeOf = Box::new(|| size_of(io::stdout()));
        Self::new(io::stdout(), settings, terminal.then_some(size))
    }

    /// Opens the process's standard error.
    pub fn stderr(settings: Settings) -> Self {
        let terminal = io::stderr().is_terminal();
        let size: SizeOf = Box::new(|| size_of(io::stderr()));
        Self::new(io::stderr(), settings, terminal.then_some(size))
    }

    pub(super) fn new(
        writer: impl Write + Send + 'static,
        settings: Settings,
        size: Option<SizeOf>,
    ) -> Self {
        Self {
            writer: Box::new(writer),
            settings,
            size,
            redactor: Redactor::default(),
            failure: None,
        }
    }

    /// Returns whether the stream goes to a terminal that understands cursor movements.
    pub fn is_live(&self) -> bool {
        self.size.is_some() && !self.settings.dumb
    }

    /// Returns whether the stream goes to a terminal.
    pub fn is_terminal(&self) -> bool {
        self.size.is_some()
    }

    /// Returns what the stream can show at the moment: a terminal may be resized at any time.
    pub fn look(&self) -> Look {
        self.settings.look(self.size().map(|(columns, _)| columns))
    }

    /// Returns the columns and rows at the moment, if the stream goes to a terminal.
    pub fn size(&self) -> Option<(usize, usize)> {
        self.size.as_ref().map(|size| size().unwrap_or(USUAL_SIZE))
    }

    /// Returns what reporters want to know of the stream at the moment.
    pub(super) fn view(&self) -> View {
        View {
            look: self.look(),
            rows: self.size().map(|(_, rows)| rows),
        }
    }

    /// Masks these secrets from now on.
    pub fn redact(&mut self, redactor: Redactor) {
        self.redactor = redactor;
    }

    /// Returns what masks secrets, for texts that are encoded before they are written.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Writes a text as it is, in one piece.
    ///
    /// After a failure nothing more is written; [`finish`](Self::finish) tells what it was.
    pub fn write(&mut self, text: &str) {
        if self.failure.is_some() || text.is_empty() {
            return;
        }
        let text = self.redactor.redact(text);
        let result = self
            .writer
            .write_all(text.as_bytes())
            .and_then(|()| self.writer.flush());
        self.failure = result.err();
    }

    /// Writes a text and ends its last line.
    pub fn write_line(&mut self, text: &str) {
        self.write(&format!("{text}\n"));
    }

    /// Returns whether writing goes nowhere, because the reader went away or the disk is full.
    #[cfg(test)]
    pub fn is_closed(&self) -> bool {
        self.failure.is_some()
    }

    /// Returns what went wrong, if something did that the reader should know: a reader who closes a
    /// pipe early has read enough.
    pub fn failure(&self) -> Option<&io::Error> {
        let failure = self.failure.as_ref();
        failure.filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }

    /// Ends the writing.
    ///
    /// # Errors
    ///
    /// What [`failure`](Self::failure) returns.
    pub fn finish(self) -> io::Result<()> {
        match self.failure {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("look", &self.look())
            .finish_non_exhaustive()
    }
}

pub(super) fn size_of(stream: impl AsFd) -> Option<(usize, usize)> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then(|| (size.ws_col.into(), size.ws_row.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn after_writing_to(kind: io::ErrorKind) -> Stream {
        let mut stream = Stream::new(Broken(kind), Settings::default(), None);
        stream.write("text");
        stream
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let stream = after_writing_to(io::ErrorKind::BrokenPipe);
        assert!(stream.is_closed());
        assert!(stream.finish().is_ok());
    }

    #[test]
    fn a_full_disk_is_one() {
        let stream = after_writing_to(io::ErrorKind::StorageFull);
        assert_eq!(
            stream.finish().unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
    }
}
