//! `--metadata-file`: a place that is looked at before the build, and written to after it.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::cli::exit::Exit;
use crate::execute::file_obstacle;
use crate::problem::{Problem, ProblemKind, Problems};

/// The file that was asked for.
pub(super) struct MetadataFile(PathBuf);

impl MetadataFile {
    /// A place that cannot be written to is told before the build, not after an hour of it.
    pub(super) fn new(path: PathBuf) -> Result<Self, Problem> {
        match file_obstacle(&path) {
            None => Ok(Self(path)),
            Some(obstacle) => {
                let message = format!("The metadata cannot be written to `{}`", path.display());
                Err(obstacle.problem(message, "--metadata-file FILE"))
            }
        }
    }

    /// Writes the file; if that fails, it is reported as well as how the builds ended: what was
    /// wrong with them comes first.
    pub(super) fn write(&self, text: &str, end: Result<Exit, Problems>) -> Result<Exit, Problems> {
        let Err(error) = write(&self.0, text) else {
            return end;
        };
        let problem = Problem::new(
            ProblemKind::Step,
            format!("The metadata cannot be written: {error}"),
        );
        match end {
            Ok(_) => {
                let hint = "The build itself is done; name a place that can be written: \
                            `--metadata-file FILE`";
                Err(problem.hint(hint).into())
            }
            Err(mut problems) => {
                problems.0.push(problem);
                Err(problems)
            }
        }
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Whoever reads the file sees the old text or all of the new one. What is no plain file, such as
/// `/dev/stdout`, a pipe or a link, is written to where it is.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let existing = path.symlink_metadata().ok();
    let is_plain = existing.as_ref().is_none_or(std::fs::Metadata::is_file);
    if !is_plain || access(directory(path), Access::WRITE_OK).is_err() {
        return fs_err::write(path, text);
    }
    // As any new file: the umask decides who may read it.
    let mut file = tempfile::Builder::new()
        .prefix(".dynbuild-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(directory(path))?;
    if let Some(existing) = existing {
        fs_err::set_permissions(file.path(), existing.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    match file.persist(path) {
        Ok(_) => Ok(()),
        // A file that is mounted over another one, as containers do.
        Err(error) if error.error.kind() == io::ErrorKind::ResourceBusy => {
            fs_err::write(path, text)
        }
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Problem {
        Problem::new(ProblemKind::Step, "The step failed")
    }

    #[test]
    fn what_failed_is_told_before_the_file_that_cannot_be_written() {
        let place = tempfile::tempdir().unwrap();
        let file = MetadataFile::new(place.path().join("meta.json")).unwrap();
        // It goes away while the build runs.
        place.close().unwrap();
        let problems = file.write("{}", Err(failed().into())).unwrap_err().0;
        assert_eq!(problems[0], failed());
        let told = &problems[1];
        assert!(told.message.starts_with("The metadata cannot be written"));
        assert!(told.hints.is_empty(), "nothing is done: {:?}", told.hints);

        let problems = file.write("{}", Ok(Exit::Done)).unwrap_err().0;
        assert!(problems[0].hints[0].starts_with("The build itself is done"));
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_and_keeps_its_mode() {
        let place = tempfile::tempdir().unwrap();
        let [path, other] = ["meta.json", "other"].map(|name| place.path().join(name));
        fs_err::write(&path, "old").unwrap();
        fs_err::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        fs_err::hard_link(&path, &other).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "new");
        // Whoever has the old file open still reads all of it.
        assert_eq!(fs_err::read_to_string(&other).unwrap(), "old");
        let mode = fs_err::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let names = fs_err::read_dir(place.path()).unwrap();
        assert_eq!(names.count(), 2, "nothing unfinished is left");
    }

    #[test]
    fn a_link_is_written_through() {
        let place = tempfile::tempdir().unwrap();
        let [path, link] = ["meta.json", "link"].map(|name| place.path().join(name));
        fs_err::write(&path, "old and longer").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "new");
    }
}
