//! Reading a repository with the git program.
//!
//! Only commands that look are run, and nothing that the repository's own configuration names is
//! run by them: no hooks, no file system monitor, no pager, no transport, no signature check. The
//! one exception is what `git describe --dirty` cannot do without: the filter of a file that looks
//! changed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::FileTimes;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tempfile::NamedTempFile;

use super::checkout::{Checkout, SourceRevision};
use super::error::GitError;
use super::remote::public_url;
use super::version::Version;

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

/// When all has to be said.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    at: Instant,
    limit: Duration,
}

/// Why the program has no answer.
#[derive(Debug)]
pub(super) enum ProgramError {
    /// It is not there, or cannot be run.
    Absent,
    /// It does not read the repository.
    Refused(GitError),
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

    /// Reads what is checked out in `directory`.
    pub(super) fn read(&self, directory: &Path) -> Result<Checkout, ProgramError> {
        let Some(path) = &self.path else {
            return Err(ProgramError::Absent);
        };
        let repository = Repository {
            path,
            program: self,
            directory,
        };
        match repository.read() {
            Ok(checkout) => Ok(checkout),
            Err(Failure::Absent) => Err(ProgramError::Absent),
            Err(Failure::NoRepository) => Ok(Checkout::NoRepository),
            Err(Failure::Refused(error)) => Err(ProgramError::Refused(error)),
        }
    }

    fn command(&self, path: &Path, directory: &Path) -> Command {
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

/// What a command said, if it ended well.
type Said = Result<String, Failure>;

enum Failure {
    Absent,
    NoRepository,
    Refused(GitError),
}

/// A repository that git is asked about.
struct Repository<'a> {
    path: &'a Path,
    program: &'a GitProgram,
    directory: &'a Path,
}

impl Repository<'_> {
    fn read(&self) -> Result<Checkout, Failure> {
        let kind = self.ask(&[
            "rev-parse",
            "--is-bare-repository",
            "--is-shallow-repository",
        ])?;
        let mut kind = kind.lines().map(|line| line == "true");
        let (bare, shallow) = (kind.next() == Some(true), kind.next() == Some(true));
        let Some(commit) = self.try_ask(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"])?
        else {
            return self.without_commit();
        };
        let top = if bare {
            "--absolute-git-dir"
        } else {
            "--show-toplevel"
        };
        let root = self.ask(&["rev-parse", top])?;
        let time = self.ask(&["rev-list", "--max-count=1", "--timestamp", "HEAD"])?;
        let time = time.split(' ').next().and_then(|time| time.parse().ok());
        let (short_commit, dirty) = self.describe(bare)?;
        let (exact, tags) = self.tags(&commit)?;
        Ok(Checkout::At(SourceRevision {
            root: root.into(),
            short_commit,
            committed_at: time
                .and_then(|time| Timestamp::from_second(time).ok())
                .unwrap_or_default(),
            dirty,
            branch: self.branch()?,
            version: Version::pick(&exact, &self.remote_branches()?, &tags),
            remote: self.remote()?,
            shallow,
            commit,
        }))
    }

    /// HEAD names no commit: its branch has none yet, or the repository is damaged.
    fn without_commit(&self) -> Result<Checkout, Failure> {
        let named = self.try_ask(&["rev-parse", "--verify", "--quiet", "HEAD"])?;
        match named {
            None if self.branch()?.is_some() => Ok(Checkout::NoCommit),
            _ => Err(self.refused("HEAD names no commit".to_owned())),
        }
    }

    /// Returns the abbreviated commit, and whether the tree has changes.
    ///
    /// git writes what it found out about files into the index, so it gets a copy of that.
    fn describe(&self, bare: bool) -> Result<(String, bool), Failure> {
        const MARK: &str = "-dirty";
        let index = if bare { None } else { self.copied_index()? };
        // No tag fits, so that none is searched for in all of the history.
        let mut words = vec!["describe", "--always", "--exclude=*"];
        words.extend((!bare).then_some("--dirty=-dirty"));
        let said = self.ask_with_index(&words, index.as_ref().map(NamedTempFile::path))?;
        Ok(match said.strip_suffix(MARK) {
            Some(short) => (short.to_owned(), true),
            None => (said, false),
        })
    }

    /// Copies the index with its time, by which git knows the files that changed since.
    fn copied_index(&self) -> Result<Option<NamedTempFile>, Failure> {
        let path = self.ask(&["rev-parse", "--git-path", "index"])?;
        let path = self.directory.join(path);
        let copy = || -> io::Result<NamedTempFile> {
            let copy = NamedTempFile::new()?;
            let mut from = fs_err::File::open(&path)?;
            io::copy(&mut from, &mut copy.as_file())?;
            let modified = from.metadata()?.modified()?;
            let times = FileTimes::new().set_modified(modified);
            copy.as_file().set_times(times)?;
            Ok(copy)
        };
        match copy() {
            Ok(copy) => Ok(Some(copy)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.refused(format!("its index cannot be read: {error}"))),
        }
    }

    fn branch(&self) -> Result<Option<String>, Failure> {
        let head = self.try_ask(&["symbolic-ref", "--quiet", "HEAD"])?;
        let branch = head
            .as_deref()
            .and_then(|head| head.strip_prefix("refs/heads/"));
        Ok(branch.map(str::to_owned))
    }

    /// Returns the tags that point to the commit, and all tags that point to a commit.
    fn tags(&self, commit: &str) -> Result<(Vec<String>, Vec<String>), Failure> {
        let listed = self.try_ask(&["for-each-ref", "--format=%(refname)", "refs/tags"])?;
        let names: Vec<_> = listed.iter().flat_map(|text| text.lines()).collect();
        let asked: Vec<_> = names
            .iter()
            .map(|name| format!("{name}^{{commit}}\n"))
            .collect();
        let asked = asked.concat();
        // Of what is no commit, or missing, the answer repeats the question and ends in `missing`.
        let found = self.answer(&["cat-file", "--batch-check=%(objectname)"], asked)?;
        let tagged = names
            .iter()
            .zip(found.lines())
            .filter(|(_, id)| !id.contains(' '));
        let tagged: Vec<_> = tagged
            .filter_map(|(name, id)| Some((name.strip_prefix("refs/tags/")?.to_owned(), id)))
            .collect();
        let exact = tagged.iter().filter(|(_, id)| *id == commit);
        Ok((
            exact.map(|(name, _)| name.clone()).collect(),
            tagged.iter().map(|(name, _)| name.clone()).collect(),
        ))
    }

    fn remote_branches(&self) -> Result<Vec<String>, Failure> {
        let listed = self.try_ask(&["for-each-ref", "--format=%(refname)", "refs/remotes"])?;
        let names = listed.iter().flat_map(|text| text.lines());
        let names = names.filter_map(|name| name.strip_prefix("refs/remotes/"));
        Ok(names.map(str::to_owned).collect())
    }

    /// `origin`, or the first of the other remotes.
    fn remote(&self) -> Result<Option<String>, Failure> {
        let names = self.try_ask(&["remote"])?.unwrap_or_default();
        let mut names = names.lines();
        let name = match names.clone().find(|name| *name == "origin") {
            Some(origin) => origin,
            None => match names.next() {
                Some(first) => first,
                None => return Ok(None),
            },
        };
        let url = self.try_ask(&["remote", "get-url", name])?;
        Ok(url.and_then(|url| public_url(&url)))
    }

    /// Runs a command that must end well.
    fn ask(&self, words: &[&str]) -> Said {
        self.answer(words, String::new())
    }

    fn ask_with_index(&self, words: &[&str], index: Option<&Path>) -> Said {
        let mut command = self.program.command(self.path, self.directory);
        if let Some(index) = index {
            command.env("GIT_INDEX_FILE", index);
        }
        let (status, said, complaint) = self.run_command(command, words, String::new())?;
        if status.success() {
            Ok(said)
        } else {
            Err(self.failure(&complaint))
        }
    }

    /// Runs a command that may have no answer.
    fn try_ask(&self, words: &[&str]) -> Result<Option<String>, Failure> {
        let (status, said, _) = self.run(words, String::new())?;
        Ok(status.success().then_some(said))
    }

    fn answer(&self, words: &[&str], input: String) -> Said {
        let (status, said, complaint) = self.run(words, input)?;
        if status.success() {
            return Ok(said);
        }
        Err(self.failure(&complaint))
    }

    fn failure(&self, complaint: &str) -> Failure {
        let line = complaint.lines().find(|line| line.starts_with("fatal: "));
        let line = line
            .or_else(|| complaint.lines().next())
            .unwrap_or("it failed");
        let reason = line.trim_start_matches("fatal: ");
        if reason.starts_with("not a git repository (or any") {
            return Failure::NoRepository;
        }
        let owned = reason.strip_prefix("detected dubious ownership in repository at '");
        if let Some(path) = owned.and_then(|path| path.strip_suffix('\'')) {
            return Failure::Refused(GitError::Owner { path: path.into() });
        }
        self.refused(reason.to_owned())
    }

    fn refused(&self, reason: String) -> Failure {
        Failure::Refused(GitError::Program {
            path: self.directory.to_owned(),
            reason,
        })
    }

    fn run(&self, words: &[&str], input: String) -> Result<(ExitStatus, String, String), Failure> {
        let command = self.program.command(self.path, self.directory);
        self.run_command(command, words, input)
    }

    fn run_command(
        &self,
        mut command: Command,
        words: &[&str],
        input: String,
    ) -> Result<(ExitStatus, String, String), Failure> {
        command.args(words.iter().map(OsStr::new));
        let spawned = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = spawned.map_err(|_| Failure::Absent)?;
        let mut stdin = child.stdin.take();
        let writer = thread::spawn(move || {
            // A program that does not read all of it has its reasons, which it says.
            stdin
                .as_mut()
                .map(|stdin| stdin.write_all(input.as_bytes()))
        });
        let said = reader(child.stdout.take());
        let complaint = reader(child.stderr.take());
        let status = self.program.wait(&mut child);
        let Ok(Some(status)) = status else {
            return Err(Failure::Refused(GitError::TimedOut {
                path: self.directory.to_owned(),
                limit: self
                    .program
                    .deadline
                    .map_or(Duration::ZERO, |deadline| deadline.limit),
            }));
        };
        drop(writer.join());
        let text = |thread: JoinHandle<String>| thread.join().unwrap_or_default();
        Ok((status, text(said).trim_end().to_owned(), text(complaint)))
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
