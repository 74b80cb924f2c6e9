//! `dynrun -it` in a real pseudo-terminal, on real engines.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::engines::{self, Engine};

const IMAGE: &str = "debian:bookworm-slim";

/// A program in a terminal, and what it has shown so far.
struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn std::io::Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts `sh -c SCRIPT`, where `$DYNRUN` is the program, in 24 lines of 80 characters.
    fn script(engine: &Engine, script: &str) -> Self {
        let size = PtySize {
            rows: 24,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", script]);
        command.env_clear();
        command.env("PATH", "/usr/bin:/bin");
        command.env("DYNRUN", env!("CARGO_BIN_EXE_dynrun"));
        command.env("DOCKER_HOST", &engine.host);
        command.env("DYNBUILD_FRAMEWORK", "dynamo");
        let child = pair.slave.spawn_command(command).expect("sh starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let keys = pair.master.take_writer().expect("a writer");
        let shown = Arc::new(Mutex::new(String::new()));
        let page = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                page.lock().expect("no panic").push_str(&text);
            }
        });
        Self {
            master: pair.master,
            keys,
            child,
            shown,
        }
    }

    fn shown(&self) -> String {
        self.shown.lock().expect("no panic").clone()
    }

    fn press(&mut self, keys: &str) {
        self.keys
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
        self.keys.flush().expect("the terminal takes keys");
    }

    fn expect(&self, text: &str) {
        let start = Instant::now();
        while !self.shown().contains(text) {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "no {text:?} in {:?}",
                self.shown()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn resize(&self, rows: u16, cols: u16) {
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.resize(size).expect("the terminal changes");
    }

    fn code(mut self) -> u32 {
        self.child.wait().expect("sh ends").exit_code()
    }
}

#[test]
fn a_shell_has_the_terminal_its_size_and_its_keys() {
    for engine in engines::all() {
        let mut terminal = Terminal::script(
            &engine,
            &format!(
                "before=$(stty -g); $DYNRUN -it {IMAGE} bash --norc; code=$?; \
                      [ \"$before\" = \"$(stty -g)\" ] && echo restored; exit $code"
            ),
        );
        terminal.expect("# ");
        terminal.press("stty size\r");
        terminal.expect("24 80");
        terminal.resize(40, 100);
        std::thread::sleep(Duration::from_millis(500));
        terminal.press("stty size\r");
        terminal.expect("40 100");
        // Ctrl-C is a key for the shell in the container, not a signal for dynrun.
        terminal.press("sleep 1000\r");
        std::thread::sleep(Duration::from_millis(500));
        terminal.press("\u{3}");
        terminal.press("echo still$((40+2))\r");
        terminal.expect("still42");
        terminal.press("exit 6\r");
        terminal.expect("restored");
        assert_eq!(terminal.code(), 6, "{}", engine.name);
    }
}

#[test]
fn detach_keys_leave_the_container_running() {
    for engine in engines::all() {
        let name = engine.container("detach");
        let state = tempfile::tempdir().expect("a directory");
        let line = format!(
            "export XDG_STATE_HOME={}; $DYNRUN -it --name {} {IMAGE} bash --norc; echo code=$?; \
             stty -a | tr ' ' '\\n' | grep -x icanon; $DYNRUN gc --dry-run 2>&1 | cat; echo collected",
            state.path().display(),
            name.name()
        );
        let mut terminal = Terminal::script(&engine, &line);
        terminal.expect("# ");
        terminal.press("\u{10}\u{11}");
        terminal.expect("code=0");
        terminal.expect("icanon");
        terminal.expect("collected");
        let left = format!("dynrun stop {}", name.name());
        assert!(terminal.shown().contains(&left), "{}", terminal.shown());
        let running =
            engine.run(
                engine
                    .docker()
                    .args(["inspect", "-f", "{{.State.Running}}", name.name()]),
            );
        assert_eq!(running, "true");
        let mut again = Terminal::script(&engine, &format!("$DYNRUN attach {}", name.name()));
        std::thread::sleep(Duration::from_millis(300));
        again.press("echo back$((40+2))\r");
        again.expect("back42");
        again.press("exit 3\r");
        assert_eq!(again.code(), 3);
    }
}

#[test]
fn without_raw_mode_ctrl_c_is_a_signal_for_the_container() {
    for engine in engines::newest() {
        let mut terminal = Terminal::script(
            &engine,
            &format!("trap : INT; $DYNRUN {IMAGE} sh -c 'echo up; exec sleep 60'; echo code=$?"),
        );
        terminal.expect("up");
        terminal.press("\u{3}");
        terminal.expect("code=130");
    }
}

#[test]
fn the_terminal_is_restored_when_the_container_is_killed() {
    for engine in engines::newest() {
        let name = engine.container("killed");
        let line = format!(
            "$DYNRUN -it --name {} {IMAGE} bash --norc; echo code=$?; stty -a | tr ' ' '\\n' | grep -x icanon",
            name.name()
        );
        let terminal = Terminal::script(&engine, &line);
        terminal.expect("# ");
        engine.run(engine.docker().args(["kill", name.name()]));
        terminal.expect("code=137");
        terminal.expect("icanon");
    }
}

#[test]
fn a_signal_that_cannot_go_to_the_container_restores_the_terminal() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("pid");
    for engine in engines::newest() {
        let name = engine.container("apart");
        let line = format!(
            "sh -c 'echo $$ > {}; exec $DYNRUN -it --sig-proxy=false --name {} {IMAGE} bash --norc'; \
             echo code=$?; stty -a | tr ' ' '\\n' | grep -x icanon",
            file.display(),
            name.name()
        );
        let terminal = Terminal::script(&engine, &line);
        terminal.expect("# ");
        let pid = fs_err::read_to_string(&file).expect("written");
        let killed = std::process::Command::new("kill").arg(pid.trim()).status();
        assert!(killed.expect("kill starts").success());
        terminal.expect("code=143");
        terminal.expect("icanon");
        let state = ["inspect", "-f", "{{.State.Running}}", name.name()];
        assert_eq!(engine.run(engine.docker().args(state)), "true");
    }
}

#[test]
fn dockers_configuration_names_the_keys_to_detach_with() {
    let directory = tempfile::tempdir().expect("a directory");
    let config = r#"{"detachKeys": "ctrl-x,x"}"#;
    fs_err::write(directory.path().join("config.json"), config).expect("written");
    for engine in engines::newest() {
        let name = engine.container("keys");
        let line = format!(
            "export DOCKER_CONFIG={}; $DYNRUN -it --name {name} {IMAGE} bash --norc; echo run=$?; \
             $DYNRUN attach {name}; echo attach=$?; \
             $DYNRUN exec -it {name} sh -c 'echo in$((40+2)); exec sleep 60'; echo exec=$?",
            directory.path().display(),
            name = name.name()
        );
        let mut terminal = Terminal::script(&engine, &line);
        terminal.expect("# ");
        terminal.press("\u{18}x");
        terminal.expect("run=0");
        std::thread::sleep(Duration::from_millis(500));
        terminal.press("echo back$((40+2))\r");
        terminal.expect("back42");
        terminal.press("\u{18}x");
        terminal.expect("attach=0");
        terminal.expect("in42");
        terminal.press("\u{18}x");
        // The engine tells this as a failure, to docker as well.
        terminal.expect("exec=126");
    }
}
