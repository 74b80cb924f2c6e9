//! Makes raw events fit to be shown: whole log lines, no secrets, nothing that controls a terminal.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::buildkit::Digest;
use crate::buildkit::progress::{SolveStatus, Vertex, VertexLog, VertexWarning};
use crate::execute::event::{BuiltTarget, Event, TargetOutcome};
use crate::redact::Redactor;
use crate::text::clean_text;

/// A line that does not end is passed on in pieces of this size.
const LONGEST_LINE: usize = 64 * 1024;

/// The gate that every event passes before a reporter sees it.
///
/// The engine cuts the output of a step anywhere, also in the middle of a secret. So logs are held
/// back until their line ends or is begun again (a carriage return, as progress bars write it), and
/// only then searched for secrets. Of a step that two targets share, the engine sends the output to
/// both: here it passes once.
#[derive(Debug, Default)]
pub struct Intake {
    redactor: Redactor,
    controls: Controls,
    outputs: HashMap<(Digest, i64), Output>,
}

/// What becomes of control characters in names, errors and notes. The output of steps keeps them:
/// reporters need its carriage returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Controls {
    /// They are left out.
    #[default]
    Removed,
    /// They stay, for a reporter that escapes them.
    Kept,
}

/// What a step has written to one of its streams.
#[derive(Debug, Default)]
struct Output {
    /// The beginning of a line whose end has not come yet.
    open_line: Vec<u8>,
    /// When the last piece was written, and that piece.
    latest: Option<(Timestamp, Vec<u8>)>,
}

impl Output {
    /// Returns whether a piece has come before: the engine sends those of a stream in order.
    fn knows(&self, log: &VertexLog) -> bool {
        self.latest.as_ref().is_some_and(|(timestamp, data)| {
            log.timestamp < *timestamp || (log.timestamp == *timestamp && log.data == *data)
        })
    }
}

impl Intake {
    /// Creates an intake that masks these secrets.
    pub fn new(redactor: Redactor, controls: Controls) -> Self {
        Self {
            redactor,
            controls,
            outputs: HashMap::new(),
        }
    }

    /// Makes an event fit to be shown.
    pub fn take(&mut self, mut event: Event) -> Event {
        match &mut event {
            Event::Progress { target: _, status } => self.status(status),
            Event::TargetStarted { target: _, at: _ } => {}
            Event::TargetFinished {
                target: _,
                at: _,
                result,
            } => self.outcome(result),
            Event::Note {
                level: _,
                target: _,
                message,
            } => self.text(message),
        }
        event
    }

    /// Returns the lines that never ended, at the end of the build.
    pub fn finish(&mut self) -> Event {
        let mut keys: Vec<_> = self.outputs.keys().cloned().collect();
        keys.sort();
        let logs = keys
            .into_iter()
            .filter_map(|key| self.close(&key))
            .collect();
        Event::Progress {
            target: None,
            status: SolveStatus {
                logs,
                ..SolveStatus::default()
            },
        }
    }

    fn status(&mut self, status: &mut SolveStatus) {
        let SolveStatus {
            vertexes,
            statuses,
            logs,
            warnings,
        } = status;
        let written = std::mem::take(logs).into_iter();
        logs.extend(written.filter_map(|log| self.log(log)));
        for vertex in vertexes {
            if vertex.completed.is_some() {
                let keys = [1, 2].map(|stream| (vertex.digest.clone(), stream));
                logs.extend(keys.iter().filter_map(|key| self.close(key)));
            }
            self.vertex(vertex);
        }
        for status in statuses {
            self.text(&mut status.id);
            self.text(&mut status.name);
        }
        for warning in warnings {
            self.warning(warning);
        }
    }

    /// Returns the lines that `log` completes, and keeps what is left.
    fn log(&mut self, log: VertexLog) -> Option<VertexLog> {
        let key = (log.vertex.clone(), log.stream);
        let output = self.outputs.entry(key).or_default();
        if output.knows(&log) {
            return None;
        }
        output.open_line.extend_from_slice(&log.data);
        output.latest = Some((log.timestamp, log.data));
        let open = &mut output.open_line;
        let complete = match open.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')) {
            Some(end) => end + 1,
            None if open.len() >= LONGEST_LINE => open.len(),
            None => return None,
        };
        let rest = open.split_off(complete);
        let data = std::mem::replace(open, rest);
        Some(VertexLog {
            data: self.redactor.show_bytes(&data).into_owned(),
            ..log
        })
    }

    /// Returns the line that never ended, if the step wrote one.
    fn close(&mut self, key: &(Digest, i64)) -> Option<VertexLog> {
        let output = self.outputs.get_mut(key)?;
        let timestamp = output.latest.as_ref()?.0;
        if output.open_line.is_empty() {
            return None;
        }
        let mut data = std::mem::take(&mut output.open_line);
        data.push(b'\n');
        Some(VertexLog {
            vertex: key.0.clone(),
            stream: key.1,
            data: self.redactor.show_bytes(&data).into_owned(),
            timestamp,
        })
    }

    fn vertex(&self, vertex: &mut Vertex) {
        self.text(&mut vertex.name);
        self.text(&mut vertex.error);
        if let Some(group) = &mut vertex.progress_group {
            self.text(&mut group.name);
        }
    }

    fn warning(&self, warning: &mut VertexWarning) {
        self.text(&mut warning.url);
        let data = warning.source_info.as_mut().map(|source| &mut source.data);
        let short = std::iter::once(&mut warning.short);
        for bytes in warning.detail.iter_mut().chain(short).chain(data) {
            *bytes = self.redactor.show_bytes(bytes).into_owned();
        }
    }

    fn outcome(&self, outcome: &mut TargetOutcome) {
        match outcome {
            TargetOutcome::Failed { error, vertex: _ } => self.text(error),
            TargetOutcome::Built(built) => self.built(built),
            TargetOutcome::Withheld | TargetOutcome::Cancelled => {}
        }
    }

    fn built(&self, built: &mut BuiltTarget) {
        let BuiltTarget {
            digest,
            image_id,
            tags,
            pushed,
            size: _,
            size_of: _,
        } = built;
        for digest in digest.iter_mut().chain(image_id) {
            *digest = self.shown(digest.as_str()).into();
        }
        for tag in tags.iter_mut().chain(pushed) {
            self.text(tag);
        }
    }

    fn text(&self, text: &mut String) {
        *text = self.shown(text);
    }

    fn shown(&self, text: &str) -> String {
        let shown = self.redactor.show(text);
        match self.controls {
            Controls::Removed => clean_text(&shown),
            Controls::Kept => shown.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildkit::progress::VertexStatus;
    use crate::secret::Secret;

    fn progress(status: SolveStatus) -> Event {
        Event::Progress {
            target: None,
            status,
        }
    }

    fn intake_of(secret: &str) -> Intake {
        let redactor = Redactor::new(&[Secret::new(secret)]);
        Intake::new(redactor, Controls::default())
    }

    fn log(data: &str) -> Event {
        log_at(0, data)
    }

    fn log_at(second: i64, data: &str) -> Event {
        progress(SolveStatus {
            logs: vec![VertexLog {
                vertex: "sha256:a".into(),
                stream: 1,
                data: data.into(),
                timestamp: Timestamp::from_second(second).unwrap(),
            }],
            ..SolveStatus::default()
        })
    }

    fn done() -> Event {
        progress(SolveStatus {
            vertexes: vec![Vertex {
                digest: "sha256:a".into(),
                completed: Some(Timestamp::UNIX_EPOCH),
                ..Vertex::default()
            }],
            ..SolveStatus::default()
        })
    }

    fn logged(event: &Event) -> String {
        let Event::Progress { status, .. } = event else {
            panic!("not progress: {event:?}")
        };
        let data = status
            .logs
            .iter()
            .flat_map(|log| log.data.clone())
            .collect();
        String::from_utf8(data).unwrap()
    }

    #[test]
    fn a_secret_that_the_engine_cuts_in_two_is_masked() {
        let mut intake = intake_of("hf_canary");
        assert_eq!(logged(&intake.take(log("one\ntoken hf_ca"))), "one\n");
        assert_eq!(logged(&intake.take(log("nary and"))), "");
        assert_eq!(logged(&intake.take(done())), "token **** and\n");
    }

    #[test]
    fn a_line_that_is_begun_again_passes() {
        let mut intake = intake_of("hf_canary");
        assert_eq!(logged(&intake.take(log("10% hf_can"))), "");
        assert_eq!(logged(&intake.take(log("ary\r20% hf_"))), "10% ****\r");
        assert_eq!(logged(&intake.take(done())), "20% hf_\n");
    }

    #[test]
    fn the_output_of_a_shared_step_passes_once() {
        let mut intake = Intake::default();
        let pieces = [
            (1, "one\n"),
            (2, "two\n"),
            (1, "one\n"),
            (2, "two\n"),
            (3, "three\n"),
        ];
        let passed = pieces.map(|(second, data)| logged(&intake.take(log_at(second, data))));
        assert_eq!(passed, ["one\n", "two\n", "", "", "three\n"]);
    }

    #[test]
    fn lines_that_never_end_come_at_the_end() {
        let mut intake = Intake::default();
        intake.take(log("no end"));
        assert_eq!(logged(&intake.finish()), "no end\n");
        assert_eq!(logged(&intake.finish()), "");
    }

    #[test]
    fn an_endless_line_is_not_kept_in_memory() {
        let mut intake = Intake::default();
        assert_eq!(
            logged(&intake.take(log(&"x".repeat(LONGEST_LINE)))).len(),
            LONGEST_LINE
        );
    }

    #[test]
    fn nothing_that_an_engine_says_controls_the_terminal() {
        let evil = "a\x1b]52;c;eA==\x07\u{9b}2J\u{202e}b";
        let vertex = Vertex {
            name: evil.into(),
            error: evil.into(),
            ..Vertex::default()
        };
        let status = VertexStatus {
            id: evil.into(),
            name: evil.into(),
            ..VertexStatus::default()
        };
        let built = BuiltTarget {
            digest: Some(evil.into()),
            image_id: Some(evil.into()),
            tags: vec![evil.into()],
            ..BuiltTarget::default()
        };
        let events = [
            progress(SolveStatus {
                vertexes: vec![vertex],
                statuses: vec![status],
                ..SolveStatus::default()
            }),
            Event::TargetFinished {
                target: "runtime".into(),
                at: Timestamp::UNIX_EPOCH,
                result: TargetOutcome::Built(built),
            },
        ];
        for event in events {
            let shown = serde_json::to_string(&Intake::default().take(event)).unwrap();
            assert!(
                shown.contains("a2Jb") && !shown.contains("\\u001b"),
                "{shown}"
            );
            assert!(!shown.contains(['\u{9b}', '\u{202e}']), "{shown}");
        }
    }

    #[test]
    fn notes_and_errors_are_masked() {
        let mut intake = intake_of("canary");
        let failed = Event::TargetFinished {
            target: "runtime".into(),
            at: Timestamp::UNIX_EPOCH,
            result: TargetOutcome::Failed {
                error: "curl canary".into(),
                vertex: None,
            },
        };
        assert!(!format!("{:?}", intake.take(failed)).contains("canary"));
    }
}
