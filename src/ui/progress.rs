//! Shows a build while it runs.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::screen::Screen;
use super::{Stream, Ui};
use crate::execute::event::Event;
use crate::redact::Redactor;
use crate::report::{BuildState, Intake, Mode, Moment, Reporter};

/// How long a picture stays: at most 30 in a second.
const FRAME: Duration = Duration::from_millis(34);

impl Ui {
    /// Shows a build until the last sender of its events is gone, and returns what is known of it
    /// then.
    ///
    /// The secrets are masked in everything that is shown, from now on.
    pub async fn show_build(
        &mut self,
        mode: Mode,
        redactor: Redactor,
        mut events: Receiver<Event>,
    ) -> BuildState {
        let mut show = Show::new(self, mode, redactor);
        let mut ticks = interval(FRAME);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => show.event(event),
                    None => break,
                },
                _ = ticks.tick(), if show.live => show.draw(""),
            }
        }
        show.finish()
    }
}

struct Show<'a> {
    ui: &'a mut Ui,
    reporter: Box<dyn Reporter>,
    intake: Intake,
    state: BuildState,
    screen: Screen,
    start: Instant,
    live: bool,
}

impl<'a> Show<'a> {
    fn new(ui: &'a mut Ui, mode: Mode, redactor: Redactor) -> Self {
        let live = ui.stderr.is_live();
        ui.redact(&redactor);
        Self {
            reporter: mode.reporter(live),
            intake: Intake::new(redactor, mode.controls()),
            state: BuildState::default(),
            screen: Screen::default(),
            start: Instant::now(),
            live,
            ui,
        }
    }

    /// Takes in an event. Only what is to stay is written at once; the live lines wait for the
    /// next tick, so that a thousand events make no thousand pictures.
    fn event(&mut self, event: Event) {
        let event = self.intake.take(event);
        self.state.update(&event, self.start.elapsed());
        let page = self
            .reporter
            .event(&event, moment(&self.state, self.start, &self.ui.stderr));
        self.ui.stdout.write(&page.stdout);
        if !self.live {
            self.ui.stderr.write(&page.stderr);
        } else if !page.stderr.is_empty() {
            self.draw(&page.stderr);
        }
    }

    /// Writes `text` for good and the live lines below it.
    fn draw(&mut self, text: &str) {
        let lines = self
            .reporter
            .live(moment(&self.state, self.start, &self.ui.stderr));
        self.screen.update(&mut self.ui.stderr, text, lines);
    }

    fn finish(mut self) -> BuildState {
        // The lines that a step had begun when the build ended.
        let rest = self.intake.finish();
        self.event(rest);
        let page = self
            .reporter
            .finish(moment(&self.state, self.start, &self.ui.stderr));
        if self.live {
            self.screen
                .update(&mut self.ui.stderr, &page.stderr, Vec::new());
        } else {
            self.ui.stderr.write(&page.stderr);
        }
        self.ui.stdout.write(&page.stdout);
        self.state
    }
}

fn moment<'a>(state: &'a BuildState, start: Instant, stream: &Stream) -> Moment<'a> {
    Moment {
        state,
        now: start.elapsed(),
        view: stream.view(),
    }
}
