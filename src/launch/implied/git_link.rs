//! A checkout whose `.git` is a file: a worktree, a submodule, or one with `--separate-git-dir`.
//!
//! The file names a directory elsewhere, without which git finds no repository in the container, and
//! neither do setuptools-scm and maturin. So what it names is mounted too, where the file leads.

use std::path::{Component, Path, PathBuf};

use super::bind::bind;
use crate::git::GitDirectory;
use crate::launch::flag::{Flag, Origin};
use crate::launch::note::Note;

/// Where the checkout is in the container.
pub(super) const WORKSPACE: &str = "/workspace";

/// What `.git` of the workspace leads to, outside of it.
pub(super) struct GitLink<'a> {
    named: &'a GitDirectory,
}

impl<'a> GitLink<'a> {
    /// Returns the link, unless it leads to a place within the workspace.
    pub(super) fn of(root: &Path, named: &'a GitDirectory) -> Option<Self> {
        (!named.shared.starts_with(root)).then_some(Self { named })
    }

    /// Returns the mount of the directory that all worktrees share.
    pub(super) fn flag(&self, origin: Origin) -> Option<Flag> {
        let target = self.target()?;
        let source = self.named.shared.to_str()?;
        Some(bind(source, target.to_str()?, false, origin))
    }

    /// Returns where git in the container looks for the directory.
    ///
    /// `shared` holds the worktree's own directory, or is it.
    fn target(&self) -> Option<PathBuf> {
        let seen = clean(&Path::new(WORKSPACE).join(&self.named.written));
        let below = self.named.own.strip_prefix(&self.named.shared).ok()?;
        let target = seen.ancestors().nth(below.components().count())?;
        (seen.ends_with(below) && target != Path::new("/")).then(|| target.to_owned())
    }

    /// Says so where git will not find its repository.
    pub(super) fn note(&self) -> Option<Note> {
        if self.target().is_none() || self.named.is_submodule {
            return Some(Note::new(format!(
                "`.git` of the workspace leads to `{}`, and git in the container cannot follow it: \
                 versions that are taken from git are not found there",
                self.named.own.display()
            )));
        }
        // Submodules lead to their directories by relative paths, from where the worktree is here.
        let note = "git in the container finds no repository in the submodules of this worktree: \
                    run git for them here, or mount a clone instead of a worktree";
        self.named.has_submodules.then(|| Note::new(note))
    }
}

/// Takes `.` and `..` away. Links are those of the container, which nobody knows here.
fn clean(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir => {}
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn flag(written: &str, own: &str, shared: &str) -> Option<String> {
        let named = GitDirectory {
            written: written.into(),
            own: own.into(),
            shared: shared.into(),
            is_submodule: false,
            has_submodules: false,
        };
        let link = GitLink::of(Path::new("/src/wt"), &named)?;
        Some(link.flag(Origin::Typed)?.text().to_owned())
    }

    #[test_case("/src/main/.git/worktrees/wt", Some("/src/main/.git:/src/main/.git"))]
    #[test_case("../main/.git/worktrees/wt", Some("/src/main/.git:/main/.git"); "relative")]
    #[test_case("/link/main/.git/worktrees/wt", Some("/src/main/.git:/link/main/.git"); "through a link")]
    #[test_case("/link/to/it", None; "a link to itself")]
    fn the_directory_of_all_worktrees_is_mounted(written: &str, expected: Option<&str>) {
        let found = flag(written, "/src/main/.git/worktrees/wt", "/src/main/.git");
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn a_separate_directory_is_mounted_and_one_inside_is_not() {
        let found = flag("../data", "/src/data", "/src/data");
        assert_eq!(found.as_deref(), Some("/src/data:/data"));
        assert_eq!(flag("data", "/src/wt/data", "/src/wt/data"), None);
    }
}
