//! What a build would see of a directory, for people: `dynbuild context ls`.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{ContextError, Entry, Filter, Kind, Root, Visitor, WalkOptions, walk};
use crate::docker::ignore::IgnoreFile;
use crate::text_file;

/// What would be sent of a build context, and what would not.
#[derive(Debug, Default, Serialize)]
pub struct Listing {
    /// Everything but directories, in the order of the transfer.
    pub files: Vec<ListedFile>,
    /// What rules left out; a directory that is left out as a whole is one entry.
    pub excluded: Vec<Excluded>,
    /// The bytes that a first build would send, if it copied everything.
    pub total_size: u64,
    /// What would stop a build that copies it.
    #[serde(skip)]
    pub problems: Vec<ContextError>,
}

/// One file that would be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedFile {
    /// The path below the context.
    pub path: String,
    /// The bytes to send; 0 for links, pipes and further names of the same file.
    pub size: u64,
}

/// One path that a rule left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excluded {
    /// The path below the context.
    pub path: String,
    /// The rule as it is written in the file.
    pub rule: String,
    /// The file and line of the rule, for example `.dockerignore:3`.
    pub source: String,
    /// How many files were left out.
    #[serde(skip)]
    pub files: u64,
    /// The bytes that are not sent because of it.
    #[serde(skip)]
    pub size: u64,
}

/// Lists a build context as a build would see it, without an engine.
///
/// The rules are those of `<dockerfile>.dockerignore` if that exists, else of `.dockerignore` in
/// the context, as with docker.
pub fn list(directory: &Path, dockerfile: Option<&Path>) -> Result<Listing, ContextError> {
    let root = Root::open(directory)?;
    let ignore = ignore_file(directory, dockerfile)?;
    let filter = Filter::new(Vec::new(), ignore.rules).map_err(|reason| ContextError::Pattern {
        file: ignore.name.clone(),
        reason,
    })?;
    let mut lister = Lister {
        root: &root,
        filter: &filter,
        source: &ignore.name,
        listing: Listing::default(),
    };
    _ = walk(&root, &filter, WalkOptions::default(), &mut lister);
    Ok(lister.listing)
}

/// More than any ignore file has, in bytes: each of its rules is tried on each file.
pub(crate) const IGNORE_LIMIT: u64 = 1 << 20;

/// Reads the ignore file that a build would use.
fn ignore_file(directory: &Path, dockerfile: Option<&Path>) -> Result<IgnoreFile, ContextError> {
    let of_dockerfile = dockerfile.map(|dockerfile| {
        let mut name = dockerfile.as_os_str().to_owned();
        name.push(".dockerignore");
        PathBuf::from(name)
    });
    for path in of_dockerfile
        .into_iter()
        .chain([directory.join(".dockerignore")])
    {
        let shown = path
            .strip_prefix(directory)
            .unwrap_or(&path)
            .display()
            .to_string();
        match text_file::read(&path, IGNORE_LIMIT) {
            Ok(bytes) => return Ok(IgnoreFile::new(shown, &String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(ContextError::IgnoreFile {
                    name: shown,
                    source,
                });
            }
        }
    }
    Ok(IgnoreFile::default())
}

struct Lister<'a> {
    root: &'a Root,
    filter: &'a Filter,
    source: &'a str,
    listing: Listing,
}

impl Visitor for Lister<'_> {
    fn entry(&mut self, entry: Entry) -> ControlFlow<()> {
        if entry.kind != Kind::Directory {
            let size = entry.content_size();
            self.listing.total_size += size;
            self.listing.files.push(ListedFile {
                path: entry.path,
                size,
            });
        }
        ControlFlow::Continue(())
    }

    fn problem(&mut self, error: ContextError) -> ControlFlow<()> {
        self.listing.problems.push(error);
        ControlFlow::Continue(())
    }

    fn left_out(&mut self, path: &str, is_directory: bool, rule: Option<usize>) -> ControlFlow<()> {
        if let Some(rule) = rule.and_then(|index| self.filter.exclude_rule(index)) {
            let Measure { files, size } = measure(self.root, path, is_directory);
            self.listing.excluded.push(Excluded {
                path: path.to_owned(),
                rule: rule.text.clone(),
                source: format!("{}:{}", self.source, rule.line),
                files,
                size,
            });
        }
        ControlFlow::Continue(())
    }
}

/// How much there is of something.
#[derive(Default)]
struct Measure {
    files: u64,
    size: u64,
}

impl Visitor for Measure {
    fn entry(&mut self, entry: Entry) -> ControlFlow<()> {
        if entry.kind != Kind::Directory {
            self.files += 1;
            self.size += entry.content_size();
        }
        ControlFlow::Continue(())
    }

    fn problem(&mut self, _: ContextError) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Measures what is left out; what cannot be read counts as nothing.
fn measure(root: &Root, path: &str, is_directory: bool) -> Measure {
    if !is_directory {
        let size = root.open_file(path).and_then(|file| file.metadata());
        let size = size.map_or(0, |metadata| metadata.len());
        return Measure { files: 1, size };
    }
    let (everything, mut measure) = (Filter::default(), Measure::default());
    if let Ok(root) = Root::open(root.path().join(path)) {
        _ = walk(&root, &everything, WalkOptions::default(), &mut measure);
    }
    measure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Look;

    fn context(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        directory
    }

    fn example() -> tempfile::TempDir {
        context(&[
            (
                ".dockerignore",
                "# build output\ntarget\n*.log\n!keep.log\n",
            ),
            ("src/main.rs", "fn main() {}"),
            ("keep.log", "kept"),
            ("drop.log", "dropped"),
            ("target/debug/a", "12345"),
            ("target/b", "123"),
        ])
    }

    #[test]
    fn json_is_the_documented_shape() {
        let context = example();
        let listing = list(context.path(), None).unwrap();
        insta::assert_snapshot!(serde_json::to_string(&listing).unwrap(), @r#"{"files":[{"path":".dockerignore","size":38},{"path":"keep.log","size":4},{"path":"src/main.rs","size":12}],"excluded":[{"path":"drop.log","rule":"*.log","source":".dockerignore:3"},{"path":"target","rule":"target","source":".dockerignore:2"}],"total_size":54}"#);
    }

    #[test]
    fn text_names_the_large_and_the_left_out() {
        let context = example();
        let listing = list(context.path(), None).unwrap();
        insta::assert_snapshot!(listing.text(Look::PLAIN), @r"
        3 files, 54 B would be sent
        42 B  2 files  (top)
        12 B  1 file   src/

        left out           by the rule  in
        8 B       2 files  target       .dockerignore:2
        7 B       1 file   *.log        .dockerignore:3
        ");
    }

    #[test]
    fn the_ignore_file_of_the_dockerfile_comes_first() {
        let context = context(&[
            (".dockerignore", "a"),
            ("docker/Dockerfile.dockerignore", "b"),
            ("a", ""),
            ("b", ""),
        ]);
        let dockerfile = context.path().join("docker/Dockerfile");
        let excluded = |dockerfile: Option<&Path>| {
            let listing = list(context.path(), dockerfile).unwrap();
            listing
                .excluded
                .into_iter()
                .map(|out| (out.path, out.source))
                .collect::<Vec<_>>()
        };
        let ours = "docker/Dockerfile.dockerignore:1".to_owned();
        assert_eq!(excluded(Some(&dockerfile)), [("b".to_owned(), ours)]);
        assert_eq!(
            excluded(None),
            [("a".to_owned(), ".dockerignore:1".to_owned())]
        );
        assert_eq!(excluded(Some(Path::new("/nowhere/Dockerfile"))).len(), 1);
    }

    #[test]
    fn a_wrong_rule_is_named_with_its_line() {
        let context = context(&[(".dockerignore", "ok\n[a\n")]);
        let error = list(context.path(), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            ".dockerignore:2: `[a` is not a valid pattern"
        );
    }
}
