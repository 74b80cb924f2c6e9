//! The bar of an image that is pulled.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::Ui;
use super::canvas::{Canvas, columns};
use crate::engine::PullProgress;
use crate::text::{clean_line, width};

/// How long a picture stays.
const FRAME: Duration = Duration::from_millis(100);
/// A bar with fewer columns says nothing.
const WIDE: usize = 76;

const WITH_BAR: &str =
    "{msg} [{bar:20}] {decimal_bytes} / {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";
const WITHOUT_BAR: &str = "{msg} {decimal_bytes} / {decimal_total_bytes}, {eta} left";
/// The engine says how large a layer is when its download begins.
const WITHOUT_SIZE: &str = "{msg} {decimal_bytes}, {decimal_bytes_per_sec}";

/// Shows on a terminal how far a pull is: bytes, rate and time left of all layers together. Nothing
/// of it stays.
#[derive(Debug)]
pub struct PullBar {
    bar: ProgressBar,
    canvas: Canvas,
    drawn: Option<Drawn>,
    unpacks: bool,
}

#[derive(Debug)]
struct Drawn {
    at: Instant,
    width: usize,
}

impl Default for PullBar {
    fn default() -> Self {
        let (bar, canvas) = Canvas::with_bar(WITHOUT_SIZE);
        Self {
            bar,
            canvas,
            drawn: None,
            unpacks: false,
        }
    }
}

impl PullBar {
    /// Draws the bar, unless that was done a moment ago or standard error is no terminal.
    pub fn draw(&mut self, ui: &mut Ui, progress: &PullProgress) {
        let recent = self
            .drawn
            .as_ref()
            .is_some_and(|drawn| drawn.at.elapsed() < FRAME);
        if recent || !ui.stderr.is_live() {
            return;
        }
        let columns = columns(&ui.stderr);
        self.set(progress, columns, ui.stderr.look().unicode);
        self.canvas.begin(columns, self.rows(columns));
        self.bar.tick();
        let picture = self.canvas.end();
        self.drawn = Some(Drawn {
            at: Instant::now(),
            width: width(&clean_line(&picture)),
        });
        ui.stderr.write(&picture);
    }

    /// Removes the bar.
    pub fn clear(&mut self, ui: &mut Ui) {
        let columns = columns(&ui.stderr);
        self.canvas.begin(columns, self.rows(columns));
        ui.stderr.write(&self.canvas.end());
        self.drawn = None;
    }

    fn set(&mut self, progress: &PullProgress, columns: usize, unicode: bool) {
        let unpacks = progress.is_downloaded();
        let template = match progress.size() {
            Some(size) => {
                self.bar.set_length(size);
                if columns < WIDE {
                    WITHOUT_BAR
                } else {
                    WITH_BAR
                }
            }
            None => WITHOUT_SIZE,
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let characters = if unicode { "━╸ " } else { "=> " };
            self.bar.set_style(style.progress_chars(characters));
        }
        let verb = if unpacks { "unpacking" } else { "pulling" };
        let (complete, all) = progress.layers();
        self.bar
            .set_message(format!("{verb}, {complete} of {all} layers:"));
        self.bar.set_position(progress.bytes());
        if unpacks != self.unpacks {
            // Unpacking has a pace of its own.
            self.bar.reset_eta();
            self.unpacks = unpacks;
        }
    }

    fn rows(&self, columns: usize) -> usize {
        let drawn = self.drawn.as_ref();
        drawn.map_or(0, |drawn| drawn.width.max(1).div_ceil(columns))
    }
}
