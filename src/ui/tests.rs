//! Recorded builds on terminals: an emulated one that can be looked at after every write, and the
//! kernel's own.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tokio::sync::mpsc;
use vt100::Parser;

use super::screen::Screen;
use super::stream::size_of;
use super::{PullBar, Settings, Stream, Ui};
use crate::engine::PullProgress;
use crate::execute::event::{BuiltTarget, TargetOutcome};
use crate::redact::Redactor;
use crate::report::replay::Recording;
use crate::report::{BuildState, Intake, Mode, Moment};

fn recording(name: &str) -> Recording {
    let built = BuiltTarget {
        digest: Some("sha256:4f2d".into()),
        tags: vec!["dynamo:latest-dev".into()],
        ..BuiltTarget::default()
    };
    Recording::load(name, "dev", &TargetOutcome::Built(built))
}

fn settings() -> Settings {
    Settings {
        dumb: false,
        utf8: true,
        ..Settings::default()
    }
}

fn parser(columns: u16, rows: u16) -> Parser {
    let [columns, rows] = [columns, rows].map(|count| NonZero::new(count).unwrap());
    Parser::new(rows, columns, 1000)
}

/// An emulated terminal.
#[derive(Clone)]
struct Emulated(Arc<Mutex<Parser>>);

impl Emulated {
    fn new(columns: u16, rows: u16) -> Self {
        Self(Arc::new(Mutex::new(parser(columns, rows))))
    }

    fn stream(&self) -> Stream {
        let terminal = self.clone();
        let size = move || {
            let (rows, columns) = terminal.0.lock().unwrap().screen().size();
            Some((columns.get().into(), rows.get().into()))
        };
        Stream::new(self.clone(), settings(), Some(Box::new(size)))
    }

    /// Returns the lines from the top of the screen down to the cursor, without empty ones at the end.
    fn lines(&self) -> Vec<String> {
        let parser = self.0.lock().unwrap();
        let text = parser.screen().contents();
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }
}

impl Write for Emulated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The line discipline of a real terminal returns to the first column.
        let text = String::from_utf8_lossy(bytes).replace('\n', "\r\n");
        self.0.lock().unwrap().process(text.as_bytes());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A program whose standard error this is.
fn program(stderr: Stream) -> Ui {
    Ui {
        stdout: Stream::new(io::sink(), settings(), None),
        stderr,
    }
}

/// Checks after every event that the screen ends with the whole picture, and nothing of an older one.
fn never_torn(name: &str, columns: u16, rows: u16) -> Emulated {
    let terminal = Emulated::new(columns, rows);
    let mut stream = terminal.stream();
    let mut screen = Screen::default();
    let mut reporter = Mode::Tty.reporter(true);
    let mut intake = Intake::default();
    let mut state = BuildState::default();
    let mut now = Duration::ZERO;
    for (time, event) in recording(name).0 {
        now = time;
        let (event, view) = (intake.take(event), stream.view());
        state.update(&event, now);
        let moment = Moment {
            state: &state,
            now,
            view,
        };
        let page = reporter.event(&event, moment);
        let lines = reporter.live(moment);
        let expected: Vec<_> = lines.iter().map(|line| plain(line)).collect();
        screen.update(&mut stream, &page.stderr, lines);
        assert_eq!(
            terminal.lines(),
            expected,
            "{name} on {columns}x{rows} at {now:?}"
        );
    }
    let view = stream.view();
    let page = reporter.finish(Moment {
        state: &state,
        now,
        view,
    });
    screen.update(&mut stream, &page.stderr, Vec::new());
    terminal
}

/// Returns what is seen of a line: no colour codes, no space at the end.
fn plain(line: &str) -> String {
    crate::text::clean_line(line).trim_end().to_owned()
}

#[test]
fn pictures_are_never_torn() {
    for name in [
        "success",
        "cached",
        "failure",
        "cancelled-sibling",
        "multi-target",
    ] {
        for (columns, rows) in [(80, 24), (40, 10), (20, 4)] {
            never_torn(name, columns, rows);
        }
    }
}

#[test]
fn the_last_picture_is_replaced_by_the_result() {
    insta::assert_snapshot!(never_torn("success", 80, 24).lines().join("\n"), @r#"
    ✔ base             2 steps                                                 0.7s
    ✔ wheel_builder    2 steps                                                 1.9s
    ✔ framework        1 step                                                  1.1s
    ✔ runtime          3 steps                                                 0.7s
    ✔ dev              1 step                                                  0.7s
    ✔ dev built in 4.5s
     tag    dynamo:latest-dev
     digest sha256:4f2d
    Done in 4.5s · 9 steps run, 0 cached · context 109 kB sent
    Slowest steps
         1.9s  [wheel_builder 2/2] RUN for i in 1 2 3 4 5 6; do echo "Compiling cr…
         1.1s  [framework 1/1] RUN printf '\033[32mResolved\033[0m 12 packages\n';…
    "#);
}

#[test]
fn a_note_goes_above_the_picture() {
    let terminal = Emulated::new(40, 10);
    let mut stream = terminal.stream();
    let mut screen = Screen::default();
    screen.update(&mut stream, "", vec!["one".into(), "two".into()]);
    screen.update(&mut stream, "note: something\n", vec!["three".into()]);
    assert_eq!(terminal.lines(), ["note: something", "three"]);
}

#[test]
fn a_picture_that_the_terminal_broke_is_erased_as_a_whole() {
    let terminal = Emulated::new(10, 10);
    let mut stream = terminal.stream();
    let mut screen = Screen::default();
    // As if drawn when the terminal was wider: it takes two rows now.
    screen.update(&mut stream, "", vec!["0123456789abc".into(), "next".into()]);
    screen.update(&mut stream, "", vec!["small".into()]);
    assert_eq!(terminal.lines(), ["small"]);
}

#[test]
fn a_pull_is_one_line_that_goes_away() {
    for (columns, shown) in [
        (
            100,
            "pulling, 1 of 2 layers: [━━━━━━━━━━╸         ] 4.00 GB / 8.00 GB,",
        ),
        (60, "pulling, 1 of 2 layers: 4.00 GB / 8.00 GB,"),
    ] {
        let terminal = Emulated::new(columns, 10);
        let mut ui = program(terminal.stream());
        let mut bar = PullBar::default();
        let half = [
            ("a", "Already exists", 0, 0),
            ("b", "Downloading", 4_000_000_000, 8_000_000_000),
        ];
        bar.draw(&mut ui, &PullProgress::after(&half));
        let lines = terminal.lines();
        assert!(lines.len() == 1 && lines[0].starts_with(shown), "{lines:?}");
        bar.clear(&mut ui);
        ui.note("Digest: sha256:4f2d");
        assert_eq!(terminal.lines(), ["note: Digest: sha256:4f2d"]);
    }
}

#[test]
fn a_bar_that_the_terminal_broke_goes_away_as_a_whole() {
    let terminal = Emulated::new(20, 10);
    let mut ui = program(terminal.stream());
    let mut bar = PullBar::default();
    bar.draw(
        &mut ui,
        &PullProgress::after(&[("b", "Downloading", 4_000_000_000, 8_000_000_000)]),
    );
    assert!(terminal.lines()[0].len() > 20, "it was not broken");
    bar.clear(&mut ui);
    assert!(terminal.lines().is_empty());
}

#[test]
fn without_a_terminal_a_pull_draws_nothing() {
    let stderr = Captured::default();
    let mut ui = Ui::to_writers(&settings(), io::sink(), stderr.clone());
    let mut bar = PullBar::default();
    bar.draw(&mut ui, &PullProgress::after(&[("b", "Downloading", 4, 8)]));
    bar.clear(&mut ui);
    assert_eq!(stderr.text(), "");
}

/// Opens a pseudo-terminal of the kernel: the side of the terminal, and that of the program.
fn pseudo_terminal(columns: u16, rows: u16) -> (File, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let slave = File::options().read(true).write(true).open(name).unwrap();
    resize(&slave, columns, rows);
    (master.into(), slave)
}

fn resize(terminal: &File, columns: u16, rows: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).unwrap();
}

/// Reads what a program writes to a pseudo-terminal until it closes it.
fn read_all(mut master: File) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        // The kernel reports the end as an error (EIO).
        while let Ok(count @ 1..) = master.read(&mut buffer) {
            all.extend_from_slice(&buffer[..count]);
        }
        all
    })
}

#[tokio::test]
async fn a_build_on_a_real_terminal_that_is_resized() {
    let (master, slave) = pseudo_terminal(80, 24);
    let written = read_all(master);
    let (for_size, for_resize) = (slave.try_clone().unwrap(), slave.try_clone().unwrap());
    let size = Box::new(move || size_of(&for_size));
    let mut ui = program(Stream::new(slave, settings(), Some(size)));
    let (sender, receiver) = mpsc::channel(1000);
    let player = tokio::spawn(async move {
        for (number, (_, event)) in recording("success").0.into_iter().enumerate() {
            sender.send(event).await.unwrap();
            tokio::time::sleep(Duration::from_millis(15)).await;
            if number == 30 {
                resize(&for_resize, 60, 12);
            }
        }
    });
    ui.show_build(Mode::Auto, Redactor::default(), receiver)
        .await;
    player.await.unwrap();
    ui.finish().unwrap();
    let written = written.join().unwrap();
    assert!(
        written.windows(2).any(|bytes| bytes == b"\x1b["),
        "no live picture was drawn"
    );
    let mut parser = parser(80, 24);
    parser.process(&written);
    let text = parser.screen().contents();
    let result = text
        .lines()
        .skip_while(|line| !line.contains("dev built in"));
    let result: Vec<_> = result.map(str::trim_end).collect();
    assert_eq!(
        result[1..3],
        [" tag    dynamo:latest-dev", " digest sha256:4f2d"]
    );
    assert!(
        !text.contains("Building"),
        "a live line was left behind:\n{text}"
    );
}

#[tokio::test]
async fn without_a_terminal_there_are_no_escape_codes() {
    for mode in [
        Mode::Auto,
        Mode::Tty,
        Mode::Plain,
        Mode::RawJson,
        Mode::Quiet,
    ] {
        let (stdout, stderr) = (Emulated::new(80, 24), Captured::default());
        let mut ui = Ui::to_writers(&settings(), stdout, stderr.clone());
        let (sender, receiver) = mpsc::channel(1000);
        for (_, event) in recording("success").0 {
            sender.send(event).await.unwrap();
        }
        drop(sender);
        ui.show_build(mode, Redactor::default(), receiver).await;
        assert!(!stderr.text().contains('\x1b'), "{mode:?}");
    }
}

/// A file that can be read while it is written to.
#[derive(Clone, Default)]
pub(super) struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
