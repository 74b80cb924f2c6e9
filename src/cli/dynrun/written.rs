//! Files that people go on with: none is replaced unasked.

use std::io::Write as _;
use std::path::Path;

use crate::cli::edge::Edge;
use crate::problem::Problem;

/// Writes to a file, or to standard output if none is named.
pub(super) fn write(
    path: Option<&Path>,
    force: bool,
    text: &str,
    edge: &mut Edge,
) -> Result<(), Problem> {
    let Some(named) = path else {
        edge.ui.print_file(text);
        return Ok(());
    };
    let path = edge.absolute(named);
    let open = if force {
        fs_err::File::create(&path)
    } else {
        fs_err::File::create_new(&path)
    };
    let written = open.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            let message = format!("`{}` is there already", named.display());
            return Problem::usage(message).hint("Name another file, or replace it: `--force`");
        }
        let mut problem = Problem::usage(format!("Cannot write `{}`", named.display()));
        problem.causes.push(error.to_string());
        problem.hint("Name a file in a directory that you may write to: `-o FILE`")
    })?;
    edge.ui.print(&path.display().to_string());
    Ok(())
}
