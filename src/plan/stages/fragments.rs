//! The fragments that exist: those compiled in, overlaid by directories of the user.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::{Composition, StagesError};
use crate::problem::{Problem, Problems};
use crate::suggest;

/// What a fragment's file name ends with.
const EXTENSION: &str = ".Dockerfile";

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
    embed!("docs"),
    embed!("framework"),
    embed!("frontend"),
    embed!("local-dev"),
    embed!("native"),
    embed!("runtime"),
    embed!("runtime_base"),
    embed!("runtime_image"),
    embed!("runtime_image/trtllm"),
    embed!("services"),
    embed!("wheel_builder"),
];

/// One Dockerfile fragment.
#[derive(Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The name that profiles use, for example `runtime_image/trtllm`.
    pub name: String,
    /// The file as people would name it, for example `dockerfiles/runtime_image/trtllm.Dockerfile`.
    pub file: String,
    /// The text of the file.
    pub text: Arc<str>,
}

/// All fragments, by name.
#[derive(Clone, Debug)]
pub struct Fragments {
    by_name: BTreeMap<String, Arc<Fragment>>,
}

impl Fragments {
    /// Returns the fragments that are compiled into the program.
    pub fn embedded() -> Self {
        let mut fragments = Self {
            by_name: BTreeMap::new(),
        };
        for (name, text) in EMBEDDED {
            fragments.insert(name, format!("dockerfiles/{name}{EXTENSION}"), text);
        }
        fragments
    }

    /// Adds the fragments of a directory, which replace those of the same name.
    pub fn overlay(&mut self, directory: &Path) -> Result<(), StagesError> {
        self.overlay_below(directory, "")
    }

    fn overlay_below(&mut self, directory: &Path, prefix: &str) -> Result<(), StagesError> {
        let read = |source| StagesError::Read {
            path: directory.to_owned(),
            source,
        };
        for entry in fs_err::read_dir(directory).map_err(read)? {
            let path = entry.map_err(read)?.path();
            let Some(file_name) = path.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if path.is_dir() {
                self.overlay_below(&path, &format!("{prefix}{file_name}/"))?;
            } else if let Some(stem) = file_name.strip_suffix(EXTENSION) {
                let text = fs_err::read_to_string(&path).map_err(read)?;
                self.insert(
                    &format!("{prefix}{stem}"),
                    path.display().to_string(),
                    &text,
                );
            }
        }
        Ok(())
    }

    fn insert(&mut self, name: &str, file: String, text: &str) {
        let fragment = Fragment {
            name: name.to_owned(),
            file,
            text: text.into(),
        };
        self.by_name.insert(name.to_owned(), Arc::new(fragment));
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
        let mut fragments = Self {
            by_name: BTreeMap::new(),
        };
        for (name, text) in texts {
            let name = name.as_ref();
            fragments.insert(
                name,
                format!("dockerfiles/{name}{EXTENSION}"),
                text.as_ref(),
            );
        }
        fragments
    }
}

/// Joins the shipped stages up to `runtime`, and those that follow it, for the tests of all rooms.
#[cfg(test)]
pub(crate) fn shipped_runtime<const N: usize>(followers: [&str; N]) -> Composition {
    let runtime = [
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
        let mut fragments = Fragments {
            by_name: BTreeMap::new(),
        };
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
