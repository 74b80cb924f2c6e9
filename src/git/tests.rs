//! Repositories made with libgit2, so that they exist without the git program.

use std::path::{Path, PathBuf};

use git2::{IndexEntryExtendedFlag, Oid, Repository, RepositoryInitOptions, Signature, Time};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;
use test_case::test_case;

use super::error::GitError;
use super::{Checkout, GitProgram, SourceRevision, VersionOrigin, top_directory};

/// Reads without the git program.
fn read(directory: &Path) -> Checkout {
    Checkout::read(directory, &GitProgram::default())
}

/// Returns why git cannot read a directory.
fn refused(directory: &Path) -> GitError {
    match read(directory) {
        Checkout::Unreadable(error) => error,
        other => panic!("it can be read: {other:?}"),
    }
}

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
        let repository = &self.repository;
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let head = repository.head().ok();
        let parent = head.map(|head| head.peel_to_commit().unwrap());
        let parents: Vec<_> = parent.iter().collect();
        let author = Self::signature();
        repository
            .commit(Some("HEAD"), &author, &author, text, &tree, &parents)
            .unwrap()
    }

    fn tag(&self, name: &str, commit: Oid) {
        let object = self.repository.find_object(commit, None).unwrap();
        self.repository
            .tag_lightweight(name, &object, false)
            .unwrap();
    }

    /// A repository with one commit, which has a tag.
    fn tagged(name: &str) -> Self {
        let fixture = Self::new();
        let commit = fixture.commit("one");
        fixture.tag(name, commit);
        fixture
    }

    fn read(&self) -> SourceRevision {
        read(self.path()).revision().unwrap().clone()
    }
}

#[test]
fn a_directory_without_repository_says_so() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(read(directory.path()), Checkout::NoRepository);
}

#[test]
fn a_repository_without_commit_says_so() {
    let fixture = Fixture::new();
    assert_eq!(read(fixture.path()), Checkout::NoCommit);
}

#[test]
fn a_commit_is_read_from_a_directory_below_the_top() {
    let fixture = Fixture::new();
    let commit = fixture.commit("one");
    let below = fixture.path().join("a/b");
    fs_err::create_dir_all(&below).unwrap();
    let checkout = read(&below);
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
    let fixture = Fixture::tagged("v1.0.0");
    fs_err::write(fixture.path().join("untracked"), "x").unwrap();
    assert_eq!(fixture.read().describe(), "v1.0.0");
    fs_err::write(fixture.path().join("file"), "changed").unwrap();
    assert_eq!(fixture.read().describe(), "v1.0.0.dirty");
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_no_change() {
    let fixture = Fixture::tagged("v1.0.0");
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
fn the_top_is_found_from_below_and_passes_over_what_is_no_repository() {
    let fixture = Fixture::new();
    let top = fixture.path().canonicalize().unwrap();
    let below = top.join("a/b");
    fs_err::create_dir_all(below.join(".git")).unwrap();
    assert_eq!(top_directory(&below), Some(top));
    assert_eq!(top_directory(Path::new("/no/such")), None);
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
    let fixture = Fixture::tagged("v3.0.0");
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("tree");
    fixture.repository.worktree("tree", &path, None).unwrap();
    let checkout = read(&path);
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
    let checkout = read(directory.path());
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
    let checkout = read(&outer.path().join(path));
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
fn a_broken_repository_is_no_version_and_a_fix() {
    let fixture = Fixture::new();
    fs_err::write(fixture.repository.path().join("HEAD"), "nonsense\n").unwrap();
    let error = refused(fixture.path());
    assert!(
        error.to_string().starts_with("libgit2 cannot read it: "),
        "{error}"
    );
    assert_eq!(error.fix(), "Install git, which reads such a repository");
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
    let found = refused(fixture.path());
    assert!(matches!(found, GitError::Owner(_)), "{found:?}");
}

#[test]
fn a_repository_of_somebody_else_is_named_with_the_fix() {
    let path = PathBuf::from("/srv/it's theirs");
    insta::assert_snapshot!(GitError::Owner(path).fix(), @r"Trust it: `git config --global --add safe.directory '/srv/it'\''s theirs'`");
}

#[test]
fn a_git_file_that_leads_nowhere_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs_err::write(directory.path().join(".git"), "gitdir: /no/such/place\n").unwrap();
    let text = refused(directory.path()).to_string();
    assert!(
        text.ends_with("points to `/no/such/place`, which does not exist"),
        "{text}"
    );
}

#[test_case(".git/index"; "the index")]
#[test_case(".git/HEAD"; "head")]
#[test_case(".git/config"; "configuration")]
#[test_case(".git/packed-refs"; "packed references")]
#[test_case(".git/info/exclude"; "excluded files")]
#[test_case(".git/refs/tags/deep/v1"; "a tag")]
#[test_case(".git/objects/info/alternates"; "alternates")]
#[test_case(".gitignore"; "ignored files")]
#[test_case(".gitattributes"; "attributes")]
#[test_case("included"; "an included file")]
fn a_fifo_is_named_and_not_opened(name: &str) {
    let fixture = Fixture::new();
    fixture.commit("one");
    let mut config = fixture.repository.config().unwrap();
    config.set_str("include.path", "../included").unwrap();
    let path = fixture.path().join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    if path.exists() {
        fs_err::remove_file(&path).unwrap();
    }
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR, 0).unwrap();
    let GitError::SpecialFile(found) = refused(fixture.path()) else {
        panic!("it is refused for another reason");
    };
    assert_eq!(found.file_name(), path.file_name());
}
