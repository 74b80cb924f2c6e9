//! Reading a repository with the git program.

use std::fs::FileTimes;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use tempfile::NamedTempFile;

use super::checkout::{Checkout, SourceRevision};
use super::error::GitError;
use super::program::{GitProgram, Ran};
use super::remote::public_url;
use super::version::Version;

/// Why the program does not say what is checked out.
pub(super) enum Failure {
    /// It is not there, or cannot be run.
    Absent,
    /// There is no repository.
    NoRepository,
    /// It does not read the repository.
    Refused(GitError),
}

impl GitProgram {
    /// Reads what is checked out in `directory`.
    pub(super) fn read(&self, directory: &Path) -> Result<Checkout, Failure> {
        let repository = Repository {
            path: self.path().ok_or(Failure::Absent)?,
            program: self,
            directory,
        };
        repository.read()
    }
}

/// What a command said, if it ended well.
type Said = Result<String, Failure>;

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
        let said = self.answer(
            &words,
            String::new(),
            index.as_ref().map(NamedTempFile::path),
        )?;
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
        let asked = names.iter().map(|name| format!("{name}^{{commit}}\n"));
        let asked = asked.collect();
        // Of what is no commit, or missing, the answer repeats the question and ends in `missing`.
        let found = self.answer(&["cat-file", "--batch-check=%(objectname)"], asked, None)?;
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
        let origin = names.clone().find(|name| *name == "origin");
        let Some(name) = origin.or_else(|| names.next()) else {
            return Ok(None);
        };
        let url = self.try_ask(&["remote", "get-url", name])?;
        Ok(url.and_then(|url| public_url(&url)))
    }

    /// Runs a command that must end well.
    fn ask(&self, words: &[&str]) -> Said {
        self.answer(words, String::new(), None)
    }

    /// Runs a command that may have no answer.
    fn try_ask(&self, words: &[&str]) -> Result<Option<String>, Failure> {
        let ran = self.run(words, String::new(), None)?;
        Ok(ran.status.success().then_some(ran.said))
    }

    fn answer(&self, words: &[&str], input: String, index: Option<&Path>) -> Said {
        let ran = self.run(words, input, index)?;
        if ran.status.success() {
            Ok(ran.said)
        } else {
            Err(self.failure(&ran.complaint))
        }
    }

    fn run(&self, words: &[&str], input: String, index: Option<&Path>) -> Result<Ran, Failure> {
        let mut command = self.program.command(self.path, self.directory);
        command.args(words);
        command.envs(index.map(|index| ("GIT_INDEX_FILE", index)));
        let ran = self.program.run(command, input);
        let ran = ran.map_err(|_| Failure::Absent)?;
        ran.ok_or_else(|| {
            Failure::Refused(GitError::TimedOut {
                path: self.directory.to_owned(),
                limit: self.program.limit(),
            })
        })
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
            return Failure::Refused(GitError::Owner(path.into()));
        }
        self.refused(reason.to_owned())
    }

    fn refused(&self, reason: String) -> Failure {
        Failure::Refused(GitError::Program {
            path: self.directory.to_owned(),
            reason,
        })
    }
}
