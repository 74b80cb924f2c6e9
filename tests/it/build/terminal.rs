//! The live display on a real terminal.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::Parser;

use super::sample::{SHELL, Sample};
use crate::support::engines::{self, Engine, unique};
use crate::support::processes::{HANG, eventually, runs};

const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

const SIZE: PtySize = PtySize {
    rows: ROWS.get(),
    cols: COLUMNS.get(),
    pixel_width: 0,
    pixel_height: 0,
};

/// `dynbuild` on a terminal, and what is on its screen.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    output: Receiver<Vec<u8>>,
    parser: Parser,
}

impl Terminal {
    fn start(sample: &Sample, engine: &Engine, arguments: &[&str]) -> Self {
        let pty = native_pty_system().openpty(SIZE).expect("a terminal");
        let dynbuild = sample.dynbuild(engine);
        let mut command = CommandBuilder::new(dynbuild.get_program());
        command.env_clear();
        command.args(dynbuild.get_args());
        command.args(arguments);
        for (name, value) in dynbuild.get_envs() {
            command.env(name, value.expect("only set ones"));
        }
        command.env("TERM", "xterm-256color");
        command.cwd(sample.path(""));
        let child = pty.slave.spawn_command(command).expect("started");
        let mut reader = pty.master.try_clone_reader().expect("a reader");
        let (sender, output) = channel();
        spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut piece) {
                sender.send(piece[..length].to_vec()).ok();
            }
        });
        Self {
            child,
            master: pty.master,
            output,
            parser: Parser::new(ROWS, COLUMNS, 1000),
        }
    }

    /// Waits until the screen shows that.
    fn until_shown(&mut self, text: &str) {
        while !self.screen().contains(text) {
            let piece = self.output.recv_timeout(HANG);
            let piece = piece.unwrap_or_else(|_| panic!("no `{text}` on:\n{}", self.screen()));
            self.parser.process(&piece);
        }
    }

    fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Types something.
    fn press(&self, keys: &[u8]) {
        let mut writer = self.master.take_writer().expect("a writer");
        writer.write_all(keys).expect("typed");
    }

    /// Waits for the end; returns the exit code.
    fn end(&mut self) -> u32 {
        let mut status = None;
        eventually("the program's end", || {
            while let Ok(piece) = self.output.try_recv() {
                self.parser.process(&piece);
            }
            status = self.child.try_wait().expect("a child");
            status.is_some()
        });
        while let Ok(piece) = self
            .output
            .recv_timeout(std::time::Duration::from_millis(200))
        {
            self.parser.process(&piece);
        }
        status.expect("ended").exit_code()
    }
}

#[test]
fn the_live_tree_ends_in_a_summary_with_nothing_torn() {
    for engine in engines::all() {
        let sample =
            Sample::new("RUN for i in 1 2 3 4 5 6; do echo line $i {salt}; sleep 0.3; done\n");
        let image = engine.image("terminal");
        let mut terminal = Terminal::start(&sample, &engine, &["-t", image.name()]);
        terminal.until_shown("RUN for i in");
        assert_eq!(terminal.end(), 0, "{}", terminal.screen());
        let screen = terminal.screen();
        assert_eq!(screen.matches("built in").count(), 1, "{screen}");
        assert!(screen.contains(image.name()), "{screen}");
        // The live lines are gone: what is left of the step is its place among the slowest.
        let steps = screen.lines().filter(|line| line.contains("RUN for i in"));
        assert_eq!(steps.count(), 1, "{screen}");
        assert_eq!(screen.matches("steps   ").count(), 1, "{screen}");
        assert!(
            !terminal.parser.screen().hide_cursor(),
            "the cursor is back"
        );
    }
}

#[test]
fn ctrl_c_on_the_terminal_cancels() {
    for engine in engines::all() {
        let marker = unique("sleeper");
        let sample = Sample::with_stages(&format!(
            "FROM {SHELL} AS first\nRUN exec bash -c 'exec -a {marker} sleep 600'\n"
        ));
        let mut terminal = Terminal::start(&sample, &engine, &["--no-load"]);
        eventually("the sleeping step", || runs(&marker));
        terminal.press(b"\x03");
        assert_eq!(terminal.end(), 130, "{}", terminal.screen());
        assert!(
            terminal.screen().contains("cancelled"),
            "{}",
            terminal.screen()
        );
        assert!(
            !terminal.parser.screen().hide_cursor(),
            "the cursor is back"
        );
        eventually("the step's end", || !runs(&marker));
    }
}
