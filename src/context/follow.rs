//! Paths to follow: the sources of `COPY`, with the symbolic links on the way to them.

use std::collections::BTreeSet;
use std::io;

use rustix::fs::{Dir, FileType};

use super::walk::utf8_target;
use super::{ContextError, Root};
use crate::docker::ignore::{Matcher, Rule};
use crate::docker::path::{clean, join};

/// Returns the patterns of everything that `paths` lead to, as `followlinks.go` of fsutil does.
///
/// Paths may hold wildcards. A link is in the result as well as what it points to; targets that
/// are absolute or leave the root are taken as below it. No patterns at all mean "everything".
pub fn follow_paths(root: &Root, paths: &[String]) -> Result<Vec<String>, ContextError> {
    let mut follower = Follower {
        root,
        found: BTreeSet::new(),
    };
    for path in paths {
        follower.follow(path)?;
    }
    Ok(without_children(follower.found))
}

struct Follower<'a> {
    root: &'a Root,
    /// What was found; also keeps loops of links from being followed twice.
    found: BTreeSet<String>,
}

impl Follower<'_> {
    fn follow(&mut self, path: &str) -> Result<(), ContextError> {
        let path = clean(&format!("/{path}"));
        let mut rest = Some(&path[1..]);
        let mut current = ".".to_owned();
        while let Some(remaining) = rest {
            let (name, behind) = match remaining.split_once('/') {
                Some((name, behind)) => (name, Some(behind)),
                None => (remaining, None),
            };
            current = join(&current, name);
            let targets = self.targets(&current)?;
            if !targets.is_empty() {
                return self.follow_all(current, &targets, behind);
            }
            rest = behind;
        }
        self.found.insert(current);
        Ok(())
    }

    fn follow_all(
        &mut self,
        link: String,
        targets: &[String],
        behind: Option<&str>,
    ) -> Result<(), ContextError> {
        if self.found.insert(link) {
            for target in targets {
                self.follow(&join(target, behind.unwrap_or_default()))?;
            }
        }
        Ok(())
    }

    /// Returns what a path points to, or every link that its wildcards match.
    fn targets(&self, path: &str) -> Result<Vec<String>, ContextError> {
        let (directory, name) = path.rsplit_once('/').unwrap_or((".", path));
        if !has_wildcards(name) {
            return Ok(self.target(path)?.into_iter().collect());
        }
        let links = self.links(directory, name);
        let links = links.map_err(ContextError::reading("list", directory))?;
        let targets = links.iter().map(|link| self.target(&join(directory, link)));
        targets.filter_map(Result::transpose).collect()
    }

    /// Returns what one link points to, as a path below the root that starts with a slash.
    fn target(&self, path: &str) -> Result<Option<String>, ContextError> {
        let is_link = match self.root.stat(path) {
            Ok(stat) => FileType::from_raw_mode(stat.st_mode) == FileType::Symlink,
            Err(error) if is_missing(&error) => false,
            Err(error) => return Err(ContextError::reading("look at", path)(error)),
        };
        if !is_link {
            return Ok(None);
        }
        let target = self.root.read_link(path);
        let target = target.map_err(ContextError::reading("read the link", path))?;
        let target = utf8_target(target, path)?;
        if target.starts_with('/') {
            return Ok(Some(clean(&target)));
        }
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        Ok(Some(clean(&format!("/{directory}/{target}"))))
    }

    /// Returns the symbolic links of a directory whose names match a pattern.
    fn links(&self, directory: &str, pattern: &str) -> io::Result<Vec<String>> {
        let Ok(matcher) = Matcher::new([Rule::unnamed(pattern)]) else {
            return Ok(Vec::new());
        };
        let entries = match self.root.open_directory(directory) {
            Ok(entries) => Dir::new(entries)?,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut links = Vec::new();
        for entry in entries {
            let entry = entry?;
            let may_be_link = matches!(entry.file_type(), FileType::Symlink | FileType::Unknown);
            if let (true, Ok(name)) = (may_be_link, entry.file_name().to_str()) {
                let decision = matcher.matches_or_parent_matches(name);
                links.extend(decision.matched.then(|| name.to_owned()));
            }
        }
        links.sort_unstable();
        Ok(links)
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn has_wildcards(name: &str) -> bool {
    let mut characters = name.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => _ = characters.next(),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// Drops what is below another path; the root itself stands for no filter.
fn without_children(found: BTreeSet<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(found.len());
    for path in found {
        if path == "." {
            return Vec::new();
        }
        let parent = kept.last();
        let is_child = parent.and_then(|last| path.strip_prefix(last.as_str()));
        if !is_child.is_some_and(|rest| rest.starts_with('/')) {
            kept.push(path);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use test_case::test_case;

    use super::*;

    fn tree() -> (tempfile::TempDir, Root) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs_err::create_dir_all(path.join("real/sub")).unwrap();
        fs_err::write(path.join("real/sub/file"), "x").unwrap();
        for (target, link) in [
            ("real", "link"),
            ("/real/sub", "absolute"),
            ("../../../real", "outside"),
            ("loop-b", "loop-a"),
            ("loop-a", "loop-b"),
            ("self/x", "self"),
            ("../link/sub", "real/back"),
            ("missing", "dangling"),
        ] {
            symlink(target, path.join(link)).unwrap();
        }
        let root = Root::open(path).unwrap();
        (directory, root)
    }

    #[test_case(&["real/sub/file"], &["real/sub/file"] ; "no link")]
    #[test_case(&["link/sub"], &["link", "real/sub"] ; "a link on the way")]
    #[test_case(&["absolute"], &["absolute", "real/sub"] ; "an absolute link is below the root")]
    #[test_case(&["outside"], &["outside", "real"] ; "a link cannot leave the root")]
    #[test_case(&["loop-a/x"], &["loop-a", "loop-b"] ; "a loop ends")]
    #[test_case(&["self"], &["self"] ; "a link to below itself ends")]
    #[test_case(&["real/back/file"], &["link", "real/back", "real/sub/file"] ; "two links")]
    #[test_case(&["dangling"], &["dangling", "missing"] ; "a dangling link")]
    #[test_case(&["abs*"], &["abs*", "real/sub"] ; "a wildcard that matches a link")]
    #[test_case(&["real", "real/sub"], &["real"] ; "children are not repeated")]
    #[test_case(&["."], &[] ; "the root is everything")]
    #[test_case(&["/real/../"], &[] ; "the root by another name")]
    fn paths_lead_to(paths: &[&str], expected: &[&str]) {
        let (_directory, root) = tree();
        let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
        assert_eq!(follow_paths(&root, &paths).unwrap(), expected);
    }
}
