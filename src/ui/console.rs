//! What a program says, and where it goes.

use std::io;
#[cfg(test)]
use std::io::Write;

use super::problem::{headed, render_problems};
use super::{Settings, Stream};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::redact::Redactor;
use crate::text::{Tone, clean_line, clean_text};

/// Says things: results on stdout, everything else on stderr.
#[derive(Debug)]
pub struct Ui {
    /// Where results go.
    pub stdout: Stream,
    /// Where notes, warnings, problems and progress go.
    pub stderr: Stream,
}

impl Ui {
    /// Takes the process's streams.
    pub fn new(settings: &Settings) -> Self {
        Self {
            stdout: Stream::stdout(settings.clone()),
            stderr: Stream::stderr(settings.clone()),
        }
    }

    /// Writes to other places, which are no terminals.
    #[cfg(test)]
    pub fn to_writers(
        settings: &Settings,
        stdout: impl Write + Send + 'static,
        stderr: impl Write + Send + 'static,
    ) -> Self {
        Self {
            stdout: Stream::new(stdout, settings.clone(), None),
            stderr: Stream::new(stderr, settings.clone(), None),
        }
    }

    /// Masks these secrets from now on, in everything that is said.
    pub fn redact(&mut self, redactor: &Redactor) {
        self.stdout.redact(redactor.clone());
        self.stderr.redact(redactor.clone());
    }

    /// Writes a result to stdout, without what could control a terminal.
    pub fn print(&mut self, result: &str) {
        self.print_painted(&clean_text(result));
    }

    /// Writes the text of a file to stdout: as it is for a program, which may need every byte.
    pub fn print_file(&mut self, text: &str) {
        if self.stdout.is_terminal() {
            self.print(text);
        } else {
            self.print_painted(text);
        }
    }

    /// Writes a result that was painted, and cleaned before that, to stdout.
    pub fn print_painted(&mut self, result: &str) {
        if result.ends_with('\n') {
            self.stdout.write(result);
        } else {
            self.stdout.write_line(result);
        }
    }

    /// Says something that is worth knowing.
    pub fn note(&mut self, message: &str) {
        self.say(Tone::Note, "note", message);
    }

    /// Says something that deserves attention.
    pub fn warn(&mut self, message: &str) {
        self.say(Tone::Warning, "warning", message);
    }

    /// Says what helps against what was said last.
    pub fn hint(&mut self, message: &str) {
        self.say(Tone::Hint, "  hint", message);
    }

    /// Shows a line that somebody else wrote, below what was said last.
    pub fn quote(&mut self, line: &str) {
        let line = format!("  | {}", clean_line(line));
        self.stderr.write_line(&line);
    }

    /// Says what is wrong and how to fix it.
    pub fn problems(&mut self, problems: &Problems) {
        self.stderr
            .write(&render_problems(problems, self.stderr.look()));
    }

    /// Ends the saying. That stdout could not be written is said on stderr.
    ///
    /// # Errors
    ///
    /// What could not be written, for example because the disk is full. The names of the streams
    /// are in the error.
    pub fn finish(mut self) -> io::Result<()> {
        if let Some(error) = self.stdout.failure() {
            let mut problem = Problem::new(ProblemKind::Step, "Cannot write the result to stdout");
            problem.causes.push(error.to_string());
            let problem = problem.hint("Make room where the output goes, and try again");
            self.problems(&problem.into());
        }
        let named = |name: &'static str| {
            move |error: io::Error| {
                io::Error::new(error.kind(), format!("write to {name}: {error}"))
            }
        };
        self.stdout.finish().map_err(named("stdout"))?;
        self.stderr.finish().map_err(named("stderr"))
    }

    fn say(&mut self, tone: Tone, word: &str, message: &str) {
        let look = self.stderr.look();
        let lines = headed(look, tone, word, message);
        self.stderr.write_line(&lines.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Captured;
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn results_and_talk_go_apart_and_secrets_nowhere() {
        let (stdout, stderr) = (Captured::default(), Captured::default());
        let mut ui = Ui::to_writers(&Settings::default(), stdout.clone(), stderr.clone());
        ui.redact(&Redactor::new(&[Secret::new("canary")]));
        ui.print("sha256:4f2d");
        ui.note("The build context is canary");
        ui.warn("Two\nlines");
        ui.problems(&Problem::usage("No such thing: canary").into());
        ui.finish().unwrap();
        assert_eq!(stdout.text(), "sha256:4f2d\n");
        insta::assert_snapshot!(stderr.text(), @r"
        note: The build context is ****
        warning: Two
                 lines
        error: No such thing: ****
        ");
    }
}
