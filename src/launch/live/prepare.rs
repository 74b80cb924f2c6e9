//! What must be there on the host before a container is made.

use std::path::{Path, PathBuf};

use crate::docker::volume::Volume;
use crate::launch::note::Note;
use crate::problem::{Problem, ProblemKind};

/// A directory that the container is to use, but cannot.
#[derive(Debug, thiserror::Error)]
#[error("Cannot {action} the directory `{}`", path.display())]
struct DirectoryError<'a> {
    /// What could not be done: "make", "write to".
    action: &'static str,
    path: &'a Path,
    source: std::io::Error,
}

impl DirectoryError<'_> {
    /// Says what fixes it. What is outside of the user's home may be shared, and is not theirs to
    /// take.
    fn problem(&self, home: Option<&Path>) -> Problem {
        let path = self.path;
        let problem = Problem::from_error(ProblemKind::Usage, self);
        let theirs = home.is_some_and(|home| path.starts_with(home) && path != home);
        let problem = if theirs && path.exists() {
            problem.hint(format!(
                "Make it yours: `sudo chown -R \"$USER\" {}`",
                shell_words::quote(&path.to_string_lossy())
            ))
        } else {
            problem
        };
        problem.hint("Choose another with `--hf-home DIR`, or none with `--hf-home NONE`")
    }
}

/// Makes directories that the container is to use, and tries to write to them.
///
/// # Errors
/// Returns what is wrong with the first that cannot be used, and how to fix it.
pub fn directories(paths: &[PathBuf], home: Option<&Path>) -> Result<(), Problem> {
    let mut made = paths.iter().map(|path| directory(path));
    made.try_for_each(|made| made.map_err(|error| error.problem(home)))
}

/// Makes a directory as the user if it is missing (the engine would make it as root), and tries to
/// write to it.
///
/// # Errors
/// Fails when it cannot be made or written to.
fn directory(path: &Path) -> Result<(), DirectoryError<'_>> {
    let failed = |action| {
        move |source| DirectoryError {
            action,
            path,
            source,
        }
    };
    fs_err::create_dir_all(path).map_err(failed("make"))?;
    let written = tempfile::Builder::new()
        .prefix(".dynrun-")
        .tempfile_in(path);
    written.map(drop).map_err(failed("write to"))
}

/// Returns what to tell of volumes whose directory is not on this machine: with `-v`, the engine
/// makes one, which is rarely what a wrong letter in a path was meant for.
pub fn missing_sources(binds: &[String]) -> Vec<Note> {
    let missing = |source: &str| {
        let found = Path::new(source).symlink_metadata();
        source.starts_with('/')
            && found.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    };
    let told = binds.iter().filter_map(|bind| {
        let volume: Volume = bind.parse().ok()?;
        let source = volume.source().filter(|source| missing(source))?;
        Some(Note::new(format!(
            "`{source}` of `-v {bind}` does not exist here: the engine makes it, empty and owned by \
             root"
        )))
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_without_a_directory_are_told() {
        let binds = ["/etc:/x", "/no/such:/x:ro", "name:/x", "/anonymous"];
        let notes = missing_sources(&binds.map(str::to_owned));
        let told: Vec<_> = notes.iter().map(|note| note.message.as_str()).collect();
        let expected = "`/no/such` of `-v /no/such:/x:ro` does not exist here: the engine makes it, empty and owned by root";
        assert_eq!(told, [expected]);
    }

    #[test]
    fn a_missing_directory_is_made_and_left_empty() {
        let scratch = tempfile::tempdir().unwrap();
        let cache = scratch.path().join("a/b");
        directory(&cache).unwrap();
        assert_eq!(fs_err::read_dir(&cache).unwrap().count(), 0);
    }

    #[test]
    fn a_file_in_the_way_is_told() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("file");
        fs_err::write(&file, "").unwrap();
        let refused = |home| directories(std::slice::from_ref(&file), home).unwrap_err();
        let problem = refused(None);
        assert!(
            problem.message.starts_with("Cannot make the directory"),
            "{problem}"
        );
        let way_out = "Choose another with `--hf-home DIR`, or none with `--hf-home NONE`";
        assert_eq!(problem.hints, [way_out]);
        let problem = refused(Some(scratch.path()));
        assert!(problem.hints[0].starts_with("Make it yours: `sudo chown"));
        assert_eq!(problem.hints[1], way_out);
    }
}
