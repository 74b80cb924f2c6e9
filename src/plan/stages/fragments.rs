//! The fragments that exist: those compiled in, overlaid by directories of the user.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::compose::Composition;
use super::error::StagesError;
use super::fragment::Fragment;
use super::overlay::{self, EXTENSION};
use crate::problem::{Problem, Problems};
use crate::suggest;

macro_rules! embed {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/dockerfiles/",
                $name,
                ".Dockerfile"
            )),
        )
    };
}
/// Name and text of every fragment in `dockerfiles/`; a test compares the list with the folder.
const EMBEDDED: &[(&str, &str)] = &[
    embed!("aws"),
    embed!("base"),
    embed!("dev"),
    embed!("dev_tools"),
    embed!("docs"),
    embed!("framework"),
    embed!("frontend"),
    embed!("local-dev"),
    embed!("native"),
    embed!("runtime"),
    embed!("runtime_base"),
    embed!("runtime_image"),
    embed!("runtime_image/trtllm"),
    embed!("scripts"),
    embed!("services"),
    embed!("wheel_builder"),
];

/// All fragments, by name.
#[derive(Clone, Debug, Default)]
pub struct Fragments {
    by_name: BTreeMap<String, Arc<Fragment>>,
}

impl Fragments {
    /// Returns the fragments that are compiled into the program.
    pub fn embedded() -> Self {
        EMBEDDED.iter().copied().collect()
    }

    /// Adds the fragments of a directory, which replace those of the same name.
    ///
    /// # Errors
    /// Fails with everything that cannot be read.
    pub fn overlay(&mut self, directory: &Path) -> Result<(), Problems> {
        for found in overlay::read(directory).map_err(problems)? {
            let file = found.path.display().to_string();
            let fragment = Fragment::from_bytes(found.name.clone(), file, &found.bytes);
            self.by_name.insert(found.name, Arc::new(fragment));
        }
        Ok(())
    }

    /// Returns the fragment called `name`, or an error with the names that exist.
    pub fn get(&self, name: &str) -> Result<Arc<Fragment>, StagesError> {
        self.by_name
            .get(name)
            .cloned()
            .ok_or_else(|| StagesError::MissingFragment {
                name: name.to_owned(),
                closest: suggest::closest(name, self.names()).map(ToOwned::to_owned),
                known: self.names().map(ToOwned::to_owned).collect(),
            })
    }

    /// Joins the fragments of these names in order, each once.
    ///
    /// # Errors
    /// Fails with every name that does not exist; otherwise with everything that is wrong inside the fragments.
    pub fn compose<'a>(
        &self,
        names: impl IntoIterator<Item = &'a String>,
    ) -> Result<Composition, Problems> {
        let mut seen = BTreeSet::new();
        let names = names.into_iter().filter(|name| seen.insert(*name));
        let mut found = Vec::new();
        let mut missing = Vec::new();
        for name in names {
            match self.get(name) {
                Ok(fragment) => found.push(fragment),
                Err(error) => missing.push(error),
            }
        }
        if missing.is_empty() {
            Composition::new(found).map_err(problems)
        } else {
            Err(problems(missing))
        }
    }

    /// Returns the names of all fragments, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

fn problems(errors: Vec<StagesError>) -> Problems {
    Problems(errors.into_iter().map(Problem::from).collect())
}

impl<N: AsRef<str>, T: AsRef<str>> FromIterator<(N, T)> for Fragments {
    /// Creates the fragments from their names and texts.
    fn from_iter<I: IntoIterator<Item = (N, T)>>(texts: I) -> Self {
        let fragments = texts.into_iter().map(|(name, text)| {
            let name = name.as_ref();
            let file = format!("dockerfiles/{name}{EXTENSION}");
            let fragment = Fragment::new(name, file, text.as_ref());
            (name.to_owned(), Arc::new(fragment))
        });
        Self {
            by_name: fragments.collect(),
        }
    }
}

/// Joins the shipped stages up to `runtime`, and those that follow it, for the tests of all rooms.
#[cfg(test)]
pub(crate) fn shipped_runtime<const N: usize>(followers: [&str; N]) -> Composition {
    let runtime = [
        "scripts",
        "base",
        "native",
        "wheel_builder",
        "runtime_image",
        "runtime_base",
        "framework",
        "runtime",
    ];
    let names: Vec<_> = runtime
        .iter()
        .chain(&followers)
        .map(ToString::to_string)
        .collect();
    Fragments::embedded().compose(&names).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_below(directory: &Path) -> Vec<String> {
        let mut fragments = Fragments::default();
        fragments.overlay(directory).unwrap();
        fragments.names().map(ToOwned::to_owned).collect()
    }

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("dockerfiles");
        let embedded: Vec<_> = Fragments::embedded().names().map(str::to_owned).collect();
        assert_eq!(embedded, names_below(&folder));
    }

    #[test]
    fn a_directory_replaces_and_adds() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("framework")).unwrap();
        fs_err::write(folder.path().join("base.Dockerfile"), "FROM mine\n").unwrap();
        fs_err::write(folder.path().join("framework/x.Dockerfile"), "FROM y\n").unwrap();
        fs_err::write(folder.path().join("notes.md"), "not a fragment").unwrap();
        let mut fragments = Fragments::embedded();
        fragments.overlay(folder.path()).unwrap();
        let base = fragments.get("base").unwrap();
        assert_eq!(&*base.text, "FROM mine\n");
        assert!(base.file.ends_with("/base.Dockerfile"));
        assert_eq!(&*fragments.get("framework/x").unwrap().text, "FROM y\n");
        assert!(fragments.get("notes").is_err());
    }

    fn refused(make: impl FnOnce(&Path)) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let fragments = folder.path().join("dockerfiles");
        fs_err::create_dir(&fragments).unwrap();
        make(&fragments);
        match Fragments::embedded().overlay(&fragments) {
            Ok(()) => Vec::new(),
            Err(problems) => {
                let shown = fragments.display().to_string();
                let messages = problems
                    .0
                    .iter()
                    .map(|problem| problem.message.replace(&shown, "DIR"));
                messages.collect()
            }
        }
    }

    #[test]
    fn leftovers_of_editors_and_archives_are_no_fragments() {
        let found = refused(|folder| {
            std::os::unix::fs::symlink("me@host.1", folder.join(".#app.Dockerfile")).unwrap();
            fs_err::write(folder.join("._app.Dockerfile"), [0, 5, 22, 7, 255]).unwrap();
            fs_err::create_dir(folder.join(".git")).unwrap();
            fs_err::write(folder.join(".git/x.Dockerfile"), "no").unwrap();
            std::os::unix::fs::symlink("nowhere", folder.join("notes")).unwrap();
        });
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn what_is_no_file_of_the_directory_is_refused_by_name() {
        let found = refused(|folder| {
            let pipe = folder.join("a.Dockerfile");
            let mode = rustix::fs::Mode::RUSR;
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, &pipe, kind, mode, 0).unwrap();
            std::os::unix::fs::symlink("/etc/passwd", folder.join("b.Dockerfile")).unwrap();
            std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
            let large = fs_err::File::create(folder.join("c.Dockerfile")).unwrap();
            large.set_len(5 << 20).unwrap();
        });
        assert_eq!(
            found,
            [
                "The Dockerfile fragment `DIR/a.Dockerfile` is not a regular file",
                "The Dockerfile fragment `DIR/b.Dockerfile` leads out of the directory of the fragments",
                "The Dockerfile fragment `DIR/c.Dockerfile` is larger than 4 MiB",
                "The Dockerfile fragment `DIR/up` leads out of the directory of the fragments",
            ]
        );
    }

    #[test]
    fn links_inside_of_the_directory_are_followed_but_not_for_ever() {
        let found = refused(|folder| {
            fs_err::write(folder.join("a.Dockerfile"), "FROM a\n").unwrap();
            std::os::unix::fs::symlink("a.Dockerfile", folder.join("b.Dockerfile")).unwrap();
        });
        assert_eq!(found, [""; 0]);
        let found = refused(|folder| {
            std::os::unix::fs::symlink(".", folder.join("again")).unwrap();
        });
        let expected = "The Dockerfile fragment `DIR/again` leads to a directory that it is in";
        assert_eq!(found, [expected]);
    }

    #[test]
    fn comments_may_be_in_any_encoding() {
        let parsed = |bytes: &[u8]| {
            let fragment = Fragment::from_bytes("a".into(), "a".into(), bytes);
            fragment.parsed().map(|file| file.stages.len())
        };
        assert_eq!(parsed(b"# Gr\xfc\xdfe\nFROM a\n").unwrap(), 1);
        let error = parsed(b"FROM a\nRUN echo \xfc\n").unwrap_err();
        assert!(matches!(error, StagesError::NotUtf8 { at } if at.line_column() == (2, 1)));
    }

    #[test]
    fn a_missing_fragment_is_answered_with_the_closest() {
        let error = Fragments::embedded()
            .get("runtime_image/trtlm")
            .unwrap_err();
        let StagesError::MissingFragment { closest, known, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(closest.as_deref(), Some("runtime_image/trtllm"));
        assert!(known.contains(&"base".to_owned()));
    }
}
