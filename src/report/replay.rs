//! Replays recorded builds.

use std::time::Duration;

use jiff::Timestamp;

use super::intake::{Controls, Intake};
use super::mode::Mode;
use super::reporter::{Moment, Page, Reporter, View};
use super::state::BuildState;
use crate::buildkit::progress::SolveStatus;
use crate::execute::event::{Event, TargetOutcome};
use crate::redact::Redactor;

/// A recorded build: events and when they happened, counted from the start.
pub(crate) struct Recording(pub(crate) Vec<(Duration, Event)>);

impl Recording {
    /// Reads the lines that `docker buildx build --progress=rawjson` wrote, as the build of one
    /// target that ended like this.
    pub(crate) fn load(name: &str, target: &str, result: &TargetOutcome) -> Self {
        Self::of_targets(&[(name, target)], result)
    }

    /// The same of several targets, each with a recording of its own.
    pub(crate) fn of_targets(recordings: &[(&str, &str)], result: &TargetOutcome) -> Self {
        let read: Vec<_> = recordings
            .iter()
            .map(|(name, target)| (*target, statuses(name)))
            .collect();
        let starts = read
            .iter()
            .filter_map(|(_, statuses)| statuses.iter().find_map(last_time));
        let start = starts.min().unwrap();
        let mut events = Vec::new();
        for (target, statuses) in read {
            events.extend(Self::of_target(target, statuses, start, result));
        }
        events.sort_by_key(|(now, _)| *now);
        Self(events)
    }

    fn of_target(
        name: &str,
        statuses: Vec<SolveStatus>,
        start: Timestamp,
        result: &TargetOutcome,
    ) -> Vec<(Duration, Event)> {
        let target = name.to_owned();
        let started = Event::TargetStarted { target, at: start };
        let mut events = vec![(Duration::ZERO, started)];
        let mut now = Duration::ZERO;
        for status in statuses {
            let time = last_time(&status).map(|time| time.duration_since(start));
            now = now.max(time.and_then(|time| time.try_into().ok()).unwrap_or(now));
            let target = Some(name.to_owned());
            events.push((now, Event::Progress { target, status }));
        }
        let finished = Event::TargetFinished {
            target: name.to_owned(),
            at: start,
            result: result.clone(),
        };
        events.push((now, finished));
        events
    }

    /// Replays everything into a reporter, and returns what it writes for good.
    pub(crate) fn replay(
        self,
        reporter: &mut dyn Reporter,
        redactor: Redactor,
        view: View,
    ) -> Page {
        let mut all = Page::default();
        let mut intake = Intake::new(redactor, Controls::default());
        let mut state = BuildState::default();
        let end = self.0.last().map_or(Duration::ZERO, |(now, _)| *now);
        for (now, event) in self.0 {
            let event = intake.take(event);
            state.update(&event, now);
            all += reporter.event(
                &event,
                Moment {
                    state: &state,
                    now,
                    view,
                },
            );
        }
        all += reporter.finish(Moment {
            state: &state,
            now: end,
            view,
        });
        all
    }

    /// Returns what is known at a moment.
    pub(crate) fn state_at(self, moment: Duration) -> BuildState {
        let mut intake = Intake::default();
        let mut state = BuildState::default();
        for (now, event) in self.0.into_iter().take_while(|(now, _)| *now <= moment) {
            state.update(&intake.take(event), now);
        }
        state
    }
}

/// Returns what a terminal shows at a moment.
pub(super) fn live_of(state: &BuildState, now: Duration, view: View) -> String {
    let reporter = Mode::Tty.reporter(true);
    reporter.live(Moment { state, now, view }).join("\n")
}

fn statuses(name: &str) -> Vec<SolveStatus> {
    let path = format!(
        "{}/tests/data/rawjson/{name}.jsonl",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = fs_err::read_to_string(path).unwrap();
    let parse = |line| serde_json::from_str::<SolveStatus>(line).unwrap();
    text.lines().map(parse).collect()
}

/// Returns the latest time that a message speaks of.
fn last_time(status: &SolveStatus) -> Option<Timestamp> {
    let vertexes = status
        .vertexes
        .iter()
        .filter_map(|vertex| vertex.completed.or(vertex.started));
    let statuses = status.statuses.iter().map(|status| status.timestamp);
    let logs = status.logs.iter().map(|log| log.timestamp);
    vertexes.chain(statuses).chain(logs).max()
}
