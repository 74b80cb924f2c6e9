//! The git program: where it is, and how it is run.
//!
//! Only commands that look are run, and nothing that the repository's own configuration names is
//! run by them: no hooks, no file system monitor, no pager, no transport, no signature check. The
//! one exception is what `git describe --dirty` cannot do without: the filter of a file that looks
//! changed.

use std::collections::BTreeMap;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Variables that would make git look at another repository than that of the directory.
const ELSEWHERE: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// Variables that configure git, of which libgit2 knows nothing.
const CONFIGURING: [&str; 6] = [
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_SYSTEM",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

/// Options that keep git from running programs and from writing.
const CAREFUL: [&str; 10] = [
    "--no-pager",
    "--no-optional-locks",
    "-c",
    // Empty also for versions that took a hook here.
    "core.fsmonitor=",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.pager=cat",
    "-c",
    "log.showSignature=false",
];

/// The git program, and the environment that it is run in.
#[derive(Clone, Debug, Default)]
pub struct GitProgram {
    /// None if there is no git.
    path: Option<PathBuf>,
    environment: BTreeMap<String, String>,
    deadline: Option<Deadline>,
}

/// How a command ended.
pub(super) struct Ran {
    pub(super) status: ExitStatus,
    /// Its output, without spaces at the end.
    pub(super) said: String,
    pub(super) complaint: String,
}

/// When all has to be said.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    at: Instant,
    limit: Duration,
}

impl GitProgram {
    /// Finds git by the `PATH` of an environment, which it is run in. Relative directories of the
    /// path do not count: the working directory may be anybody's.
    pub fn new(environment: &BTreeMap<String, String>) -> Self {
        let directories = environment.get("PATH").into_iter();
        let directories = directories.flat_map(std::env::split_paths);
        let mut paths = directories
            .filter(|directory| directory.is_absolute())
            .map(|directory| directory.join("git"));
        Self {
            path: paths.find(|path| path.is_file()),
            environment: environment.clone(),
            deadline: None,
        }
    }

    /// Limits the time that all of its commands have together.
    pub(super) fn until(&self, limit: Duration) -> Self {
        Self {
            deadline: Instant::now()
                .checked_add(limit)
                .map(|at| Deadline { at, limit }),
            ..self.clone()
        }
    }

    /// Returns whether the environment configures git in a way that libgit2 passes over.
    pub(super) fn is_configured(&self) -> bool {
        let mut names = CONFIGURING.iter();
        names.any(|name| self.environment.contains_key(*name))
    }

    /// Returns the directories that a search for a repository must not leave.
    pub(super) fn ceilings(&self) -> Vec<PathBuf> {
        let text = self.environment.get("GIT_CEILING_DIRECTORIES");
        let paths = text.into_iter().flat_map(std::env::split_paths);
        paths.filter(|path| !path.as_os_str().is_empty()).collect()
    }

    pub(super) fn home(&self) -> Option<PathBuf> {
        self.environment.get("HOME").map(PathBuf::from)
    }

    /// Returns the configuration files that are read whatever the repository.
    pub(super) fn configuration_files(&self) -> Vec<PathBuf> {
        let variable = |name: &str| self.environment.get(name).map(PathBuf::from);
        let home = self.home();
        let config = variable("XDG_CONFIG_HOME")
            .or_else(|| home.as_ref().map(|home| home.join(".config")))
            .map(|directory| directory.join("git/config"));
        let global = match variable("GIT_CONFIG_GLOBAL") {
            Some(global) => vec![global],
            None => [config, home.map(|home| home.join(".gitconfig"))]
                .into_iter()
                .flatten()
                .collect(),
        };
        let system = variable("GIT_CONFIG_SYSTEM");
        let system = system.unwrap_or_else(|| "/etc/gitconfig".into());
        global.into_iter().chain([system]).collect()
    }

    pub(super) fn command(&self, path: &Path, directory: &Path) -> Command {
        let mut command = Command::new(path);
        command
            .env_clear()
            .envs(&self.environment)
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "")
            .env("GIT_TERMINAL_PROMPT", "0")
            .args(CAREFUL)
            .arg("-C")
            .arg(directory);
        for name in ELSEWHERE {
            command.env_remove(name);
        }
        command
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns how long all of its commands may take together.
    pub(super) fn limit(&self) -> Duration {
        self.deadline
            .map_or(Duration::ZERO, |deadline| deadline.limit)
    }

    /// Runs a command; `None` if there was no time for its end.
    pub(super) fn run(&self, mut command: Command, input: String) -> io::Result<Option<Ran>> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take();
        let writer = thread::spawn(move || {
            // A program that does not read all of it has its reasons, which it says.
            stdin
                .as_mut()
                .map(|stdin| stdin.write_all(input.as_bytes()))
        });
        let said = reader(child.stdout.take());
        let complaint = reader(child.stderr.take());
        let Ok(Some(status)) = self.wait(&mut child) else {
            return Ok(None);
        };
        drop(writer.join());
        let text = |thread: JoinHandle<String>| thread.join().unwrap_or_default();
        Ok(Some(Ran {
            status,
            said: text(said).trim_end().to_owned(),
            complaint: text(complaint),
        }))
    }

    /// Waits for a command as long as there is time.
    fn wait(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        const PAUSE: Duration = Duration::from_millis(2);
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            if self
                .deadline
                .is_some_and(|deadline| Instant::now() > deadline.at)
            {
                child.kill()?;
                child.wait()?;
                return Ok(None);
            }
            thread::sleep(PAUSE);
        }
    }
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What could be read is what there is.
            drop(pipe.read_to_end(&mut bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
