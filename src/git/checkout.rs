//! What is checked out in a directory.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use git2::{
    ErrorClass, ErrorCode, Index, IndexEntryExtendedFlag, Repository, Status, StatusOptions,
};
use jiff::Timestamp;

use super::error::GitError;
use super::remote::public_url;
use super::version::{Version, VersionOrigin};

/// The extension of an index with whole directories for entries, as libgit2 names it when it
/// refuses to read that.
const SPARSE_INDEX: &str = "sdir";

/// What git knows about a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkout {
    /// The directory is in no repository.
    NoRepository,
    /// The repository has no commit yet.
    NoCommit,
    /// A commit is checked out.
    At(SourceRevision),
}

/// A commit and its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRevision {
    /// The top directory of the working tree; the repository itself if it is bare.
    pub root: PathBuf,
    /// The commit, 40 hexadecimal digits.
    pub commit: String,
    /// The commit, abbreviated as `core.abbrev` says, but unambiguous.
    pub short_commit: String,
    /// When it was committed.
    pub committed_at: Timestamp,
    /// Whether files that git tracks differ from the commit.
    pub dirty: bool,
    /// The branch; `None` on a detached HEAD.
    pub branch: Option<String>,
    /// The version.
    pub version: Version,
    /// Where the repository comes from, without credentials.
    pub remote: Option<String>,
    /// Whether history was cut off, so that tags may be missing.
    pub shallow: bool,
}

/// Returns the top directory of the working tree around `directory`, if there is one.
pub fn top_directory(directory: &Path) -> Option<PathBuf> {
    let repository = Repository::discover(directory).ok()?;
    repository.workdir().map(Path::to_owned)
}

impl Checkout {
    /// Reads what is checked out in `directory`, which may lie below the repository's top.
    pub fn read(directory: &Path) -> Result<Self, GitError> {
        match read(directory) {
            Ok(checkout) => Ok(checkout),
            Err(error) if error.code() == ErrorCode::Owner => Err(GitError::Owner {
                path: trusted_as(directory),
            }),
            Err(error) if error.message().contains(SPARSE_INDEX) => Err(GitError::SparseIndex {
                path: directory.to_owned(),
            }),
            Err(source) => Err(GitError::Unreadable {
                path: directory.to_owned(),
                source,
            }),
        }
    }

    /// Returns the commit that is checked out, if there is one.
    pub fn revision(&self) -> Option<&SourceRevision> {
        match self {
            Self::At(revision) => Some(revision),
            Self::NoRepository | Self::NoCommit => None,
        }
    }
}

impl SourceRevision {
    /// Returns the version as image names say it: `v1.2.0`, or `v1.2.0.dev.0a1b2c3` between
    /// releases, with `.dirty` at the end if the tree has changes.
    pub fn describe(&self) -> String {
        let dirty = if self.dirty { ".dirty" } else { "" };
        let number = &self.version.number;
        match self.version.origin {
            VersionOrigin::ExactTag(_) => format!("v{number}{dirty}"),
            VersionOrigin::ReleaseBranch(_)
            | VersionOrigin::HighestTag(_)
            | VersionOrigin::Nothing => {
                format!("v{number}.dev.{}{dirty}", self.short_commit)
            }
        }
    }
}

fn read(directory: &Path) -> Result<Checkout, git2::Error> {
    let repository = match Repository::discover(directory) {
        Ok(repository) => repository,
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(Checkout::NoRepository),
        Err(error) => return Err(error),
    };
    let head = match repository.head() {
        Ok(head) => head,
        Err(error) if is_unborn(&error) => return Ok(Checkout::NoCommit),
        Err(error) => return Err(error),
    };
    let commit = head.peel_to_commit()?;
    let (exact, tags) = tags(&repository, commit.id())?;
    let version = Version::pick(&exact, &remote_branches(&repository)?, &tags);
    let time = commit.committer().when().seconds();
    Ok(Checkout::At(SourceRevision {
        root: repository.workdir().unwrap_or(repository.path()).to_owned(),
        commit: commit.id().to_string(),
        short_commit: short_id(&commit)?,
        committed_at: Timestamp::from_second(time).unwrap_or_default(),
        dirty: is_dirty(&repository)?,
        branch: branch_name(&head),
        version,
        remote: remote_url(&repository),
        shallow: repository.is_shallow(),
    }))
}

fn is_unborn(error: &git2::Error) -> bool {
    // A branch that was deleted below HEAD is reported as not found.
    matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound)
        && error.class() == ErrorClass::Reference
}

fn short_id(commit: &git2::Commit<'_>) -> Result<String, git2::Error> {
    let id = commit.as_object().short_id()?;
    Ok(String::from_utf8_lossy(&id).into_owned())
}

fn branch_name(head: &git2::Reference<'_>) -> Option<String> {
    if !head.is_branch() {
        return None;
    }
    head.shorthand().ok().map(str::to_owned)
}

/// As `git describe --dirty`: files that git does not track change nothing.
fn is_dirty(repository: &Repository) -> Result<bool, git2::Error> {
    if repository.is_bare() {
        return Ok(false);
    }
    let mut options = StatusOptions::new();
    options.include_untracked(false).update_index(false);
    let statuses = repository.statuses(Some(&mut options))?;
    let index = repository.index()?;
    let mut changes = statuses.iter().filter(|entry| {
        let missing = entry.status() == Status::WT_DELETED;
        !(missing && is_left_out(&index, entry.path_bytes()))
    });
    Ok(changes.next().is_some())
}

/// Tells whether a sparse checkout leaves a file out, which libgit2 takes for a deletion.
fn is_left_out(index: &Index, path: &[u8]) -> bool {
    let path = Path::new(OsStr::from_bytes(path));
    let entry = index.get_path(path, 0);
    entry.is_some_and(|entry| {
        let flags = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
        flags.contains(IndexEntryExtendedFlag::SKIP_WORKTREE)
    })
}

/// Returns the directory that `safe.directory` must name for git to trust the repository around
/// `directory`: its top, which libgit2 does not tell of one that it refuses.
fn trusted_as(directory: &Path) -> PathBuf {
    let mut around = directory.ancestors();
    let top = around.find(|above| above.join(".git").exists());
    top.unwrap_or(directory).to_owned()
}

/// Returns the tags that point to a commit, and all tags.
fn tags(
    repository: &Repository,
    commit: git2::Oid,
) -> Result<(Vec<String>, Vec<String>), git2::Error> {
    let mut exact = Vec::new();
    let mut all = Vec::new();
    for reference in repository.references_glob("refs/tags/*")? {
        let reference = reference?;
        let Some(name) = reference
            .name()
            .ok()
            .and_then(|name| name.strip_prefix("refs/tags/"))
        else {
            continue;
        };
        all.push(name.to_owned());
        // An annotated tag points to the commit through a tag object.
        if reference
            .peel_to_commit()
            .is_ok_and(|tagged| tagged.id() == commit)
        {
            exact.push(name.to_owned());
        }
    }
    Ok((exact, all))
}

fn remote_branches(repository: &Repository) -> Result<Vec<String>, git2::Error> {
    let mut names = Vec::new();
    for branch in repository.branches(Some(git2::BranchType::Remote))? {
        let (branch, _) = branch?;
        names.extend(branch.name().ok().flatten().map(str::to_owned));
    }
    Ok(names)
}

/// `origin`, or the only other remote.
fn remote_url(repository: &Repository) -> Option<String> {
    let remote = repository.find_remote("origin").ok().or_else(|| {
        let names = repository.remotes().ok()?;
        let name = names.get(0).ok().flatten()?.to_owned();
        repository.find_remote(&name).ok()
    })?;
    public_url(remote.url().ok()?)
}

#[cfg(test)]
mod tests {
    use git2::{Oid, RepositoryInitOptions, Signature, Time};
    use tempfile::TempDir;

    use super::*;

    /// A repository in a temporary directory.
    struct Fixture {
        directory: TempDir,
        repository: Repository,
    }

    impl Fixture {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let mut options = RepositoryInitOptions::new();
            options.initial_head("main");
            let repository = Repository::init_opts(directory.path(), &options).unwrap();
            Self {
                directory,
                repository,
            }
        }

        fn path(&self) -> &Path {
            self.directory.path()
        }

        fn signature() -> Signature<'static> {
            Signature::new("A", "a@example.com", &Time::new(1_700_000_000, 60)).unwrap()
        }

        fn commit(&self, text: &str) -> Oid {
            fs_err::write(self.path().join("file"), text).unwrap();
            let mut index = self.repository.index().unwrap();
            index.add_path(Path::new("file")).unwrap();
            index.write().unwrap();
            let tree = self
                .repository
                .find_tree(index.write_tree().unwrap())
                .unwrap();
            let parent = self
                .repository
                .head()
                .ok()
                .map(|head| head.peel_to_commit().unwrap());
            let parents: Vec<_> = parent.iter().collect();
            let author = Self::signature();
            self.repository
                .commit(Some("HEAD"), &author, &author, text, &tree, &parents)
                .unwrap()
        }

        fn tag(&self, name: &str, commit: Oid) {
            let object = self.repository.find_object(commit, None).unwrap();
            self.repository
                .tag_lightweight(name, &object, false)
                .unwrap();
        }

        fn read(&self) -> SourceRevision {
            Checkout::read(self.path())
                .unwrap()
                .revision()
                .unwrap()
                .clone()
        }
    }

    #[test]
    fn a_directory_without_repository_says_so() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(
            Checkout::read(directory.path()).unwrap(),
            Checkout::NoRepository
        );
    }

    #[test]
    fn a_repository_without_commit_says_so() {
        let fixture = Fixture::new();
        assert_eq!(Checkout::read(fixture.path()).unwrap(), Checkout::NoCommit);
    }

    #[test]
    fn a_commit_is_read_from_a_directory_below_the_top() {
        let fixture = Fixture::new();
        let commit = fixture.commit("one");
        let below = fixture.path().join("a/b");
        fs_err::create_dir_all(&below).unwrap();
        let checkout = Checkout::read(&below).unwrap();
        let revision = checkout.revision().unwrap();
        assert_eq!(revision.commit, commit.to_string());
        assert!(commit.to_string().starts_with(&revision.short_commit));
        assert_eq!(revision.branch.as_deref(), Some("main"));
        assert_eq!(revision.committed_at.as_second(), 1_700_000_000);
        assert!(!revision.dirty && !revision.shallow);
        assert_eq!(
            revision.describe(),
            format!("v0.0.1.dev.{}", revision.short_commit)
        );
    }

    #[test]
    fn tags_lightweight_and_annotated_make_the_version() {
        let fixture = Fixture::new();
        let first = fixture.commit("one");
        let object = fixture.repository.find_object(first, None).unwrap();
        fixture
            .repository
            .tag("v1.2.0", &object, &Fixture::signature(), "one", false)
            .unwrap();
        assert_eq!(fixture.read().describe(), "v1.2.0");
        let second = fixture.commit("two");
        let short = fixture.read().short_commit;
        assert_eq!(fixture.read().describe(), format!("v1.2.0.dev.{short}"));
        fixture.tag("team/nightly", second);
        assert_eq!(
            fixture.read().describe(),
            "vteam/nightly",
            "made valid by the image name"
        );
    }

    #[test]
    fn release_branches_of_origin_count() {
        let fixture = Fixture::new();
        let commit = fixture.commit("one");
        fixture.tag("v9.0.0-test-rc1", commit);
        fixture.commit("two");
        fixture
            .repository
            .reference("refs/remotes/origin/release/0.8.1", commit, false, "test")
            .unwrap();
        let revision = fixture.read();
        assert_eq!(
            revision.version.origin,
            VersionOrigin::ReleaseBranch("origin/release/0.8.1".into())
        );
        assert_eq!(
            revision.describe(),
            format!("v0.8.1.dev.{}", revision.short_commit)
        );
    }

    #[test]
    fn changes_of_tracked_files_make_it_dirty() {
        let fixture = Fixture::new();
        let commit = fixture.commit("one");
        fixture.tag("v1.0.0", commit);
        fs_err::write(fixture.path().join("untracked"), "x").unwrap();
        assert_eq!(fixture.read().describe(), "v1.0.0");
        fs_err::write(fixture.path().join("file"), "changed").unwrap();
        assert_eq!(fixture.read().describe(), "v1.0.0.dirty");
    }

    #[test]
    fn what_a_sparse_checkout_leaves_out_is_no_change() {
        let fixture = Fixture::new();
        let commit = fixture.commit("one");
        fixture.tag("v1.0.0", commit);
        fs_err::remove_file(fixture.path().join("file")).unwrap();
        assert_eq!(fixture.read().describe(), "v1.0.0.dirty");
        let mut index = fixture.repository.index().unwrap();
        let mut entry = index.get_path(Path::new("file"), 0).unwrap();
        entry.flags_extended |= IndexEntryExtendedFlag::SKIP_WORKTREE.bits();
        index.add(&entry).unwrap();
        index.write().unwrap();
        assert_eq!(fixture.read().describe(), "v1.0.0");
    }

    #[test]
    fn the_top_of_a_repository_is_what_git_trusts() {
        let fixture = Fixture::new();
        let below = fixture.path().join("a/b");
        fs_err::create_dir_all(&below).unwrap();
        assert_eq!(trusted_as(&below), fixture.path());
        assert_eq!(trusted_as(Path::new("/no/such")), Path::new("/no/such"));
    }

    #[test]
    fn a_detached_head_has_no_branch() {
        let fixture = Fixture::new();
        let first = fixture.commit("one");
        fixture.commit("two");
        fixture.repository.set_head_detached(first).unwrap();
        let revision = fixture.read();
        assert_eq!(
            (revision.branch, revision.commit),
            (None, first.to_string())
        );
    }

    #[test]
    fn a_worktree_has_its_own_head_and_the_tags_of_all() {
        let fixture = Fixture::new();
        let commit = fixture.commit("one");
        fixture.tag("v3.0.0", commit);
        let elsewhere = tempfile::tempdir().unwrap();
        let path = elsewhere.path().join("tree");
        fixture.repository.worktree("tree", &path, None).unwrap();
        let checkout = Checkout::read(&path).unwrap();
        let revision = checkout.revision().unwrap();
        assert_eq!(revision.describe(), "v3.0.0");
        assert_eq!(revision.branch.as_deref(), Some("tree"));
    }

    #[test]
    fn a_bare_repository_is_never_dirty() {
        let fixture = Fixture::new();
        fixture.commit("one");
        let directory = tempfile::tempdir().unwrap();
        let url = fixture.path().to_str().unwrap();
        git2::build::RepoBuilder::new()
            .bare(true)
            .clone(url, directory.path())
            .unwrap();
        let checkout = Checkout::read(directory.path()).unwrap();
        assert!(!checkout.revision().unwrap().dirty);
    }

    #[test]
    fn a_submodule_tells_about_itself() {
        let inner = Fixture::new();
        let commit = inner.commit("inner");
        let outer = Fixture::new();
        outer.commit("outer");
        let url = inner.path().to_str().unwrap();
        let path = Path::new("module");
        let mut module = outer.repository.submodule(url, path, true).unwrap();
        module.clone(None).unwrap();
        let checkout = Checkout::read(&outer.path().join(path)).unwrap();
        assert_eq!(checkout.revision().unwrap().commit, commit.to_string());
    }

    #[test]
    fn a_shallow_clone_is_marked() {
        let fixture = Fixture::new();
        let commit = fixture.commit("one");
        fs_err::write(
            fixture.repository.path().join("shallow"),
            format!("{commit}\n"),
        )
        .unwrap();
        assert!(fixture.read().shallow);
    }

    #[test]
    fn credentials_of_the_remote_are_dropped() {
        let fixture = Fixture::new();
        fixture.commit("one");
        let url = "https://user:hunter2@example.com/org/repo.git";
        fixture.repository.remote("origin", url).unwrap();
        assert_eq!(
            fixture.read().remote.as_deref(),
            Some("https://example.com/org/repo.git")
        );
    }

    #[test]
    fn a_broken_repository_is_an_error_with_a_hint() {
        use crate::problem::Problem;

        let fixture = Fixture::new();
        fs_err::write(fixture.repository.path().join("HEAD"), "nonsense\n").unwrap();
        let error = Checkout::read(fixture.path()).unwrap_err();
        let problem = Problem::from(error);
        assert!(problem.hints[0].contains("git -C"), "{problem:?}");
    }

    /// Only root can give files away, so other users do not see this one fail.
    #[test]
    fn a_repository_of_somebody_else_is_refused() {
        let fixture = Fixture::new();
        fixture.commit("one");
        let give_away = |path: &Path| std::os::unix::fs::chown(path, Some(12345), None);
        if give_away(fixture.path())
            .and(give_away(fixture.repository.path()))
            .is_err()
        {
            eprintln!("skipped: not root, so no file can be given away");
            return;
        }
        let error = Checkout::read(fixture.path()).unwrap_err();
        assert!(matches!(error, GitError::Owner { .. }), "{error:?}");
    }

    #[test]
    fn a_repository_of_somebody_else_is_named_with_the_mend() {
        use crate::problem::Problem;

        let path = PathBuf::from("/srv/it's theirs");
        let problem = Problem::from(GitError::Owner { path });
        insta::assert_snapshot!(problem.hints[0], @r"Trust it: `git config --global --add safe.directory '/srv/it'\''s theirs'`");
    }
}
