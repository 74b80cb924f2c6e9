//! The sets of a repository: `dynbuild.toml` at the top of the build context.

use std::io::ErrorKind;
use std::path::Path;

use crate::plan::{REPOSITORY_FILE, SetTable, read_sets};
use crate::problem::{Problem, Problems, capitalized};
use crate::text_file;
use crate::toml_file::{SourceFile, Table};

/// Reads the sets of a build context; most have none.
///
/// # Errors
/// Returns everything that is wrong with the file.
pub(super) fn of_repository(context: &Path) -> Result<Table<SetTable>, Problems> {
    let path = context.join(REPOSITORY_FILE);
    match text_file::read_text(&path) {
        Ok(text) => {
            let file = SourceFile::new(path.display().to_string(), text);
            read_sets(&file).map_err(Problems::from_iter)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Table::default()),
        Err(error) => {
            let message = format!("Cannot read the sets in `{}`", path.display());
            let mut problem = Problem::usage(message);
            problem.causes.push(capitalized(&error.to_string()));
            Err(problem.hint("Make the file readable, or remove it").into())
        }
    }
}
