//! `dynrun import`: a deployment file from what others wrote.

use std::path::PathBuf;

use clap::Parser;

use super::deployment::profile;
use super::verb::Verb;
use super::written::write;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::deploy::Imported;
use crate::problem::{Problem, Problems};
use crate::text_file;
use crate::toml_file::SourceFile;

/// Make a deployment file of a Compose file or a `DynamoGraphDeployment`
///
/// Workers and frontends are found by their commands. What dynrun derives is left out, other flags
/// and variables become `args` and `env`, and what a deployment cannot say is noted with its line,
/// on standard error and at the head of the file.
#[derive(Debug, Parser)]
pub(super) struct Import {
    /// Compose file, or several that `dynrun export` wrote for one machine each, or file with a
    /// `DynamoGraphDeployment`; `-` is standard input
    #[arg(value_name = "FILE", required = true, value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// `DynamoGraphDeployment` to take, of a file with several
    #[arg(long, value_name = "NAME")]
    object: Option<String>,
    /// File to write, if not standard output
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

impl Verb for Import {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let mut files = Vec::new();
        for path in &self.files {
            let text = if path.as_os_str() == "-" {
                text_file::read_text_from(&mut std::io::stdin().lock())
            } else {
                text_file::read_text(&edge.absolute(path))
            };
            let text = text.map_err(|error| unreadable(path, &error))?;
            files.push(SourceFile::new(path.display().to_string(), text));
        }
        let imported = Imported::new(&files, self.object.as_deref(), &|name| profile(name, edge))?;
        write(self.output.as_deref(), self.force, &imported.text, edge)?;
        for note in &imported.notes {
            edge.ui.note(note);
        }
        for reason in &imported.missing {
            edge.ui
                .warn(&format!("The file does not plan yet: {reason}"));
        }
        Ok(Exit::Done)
    }
}

fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Problem {
    let mut problem = Problem::usage(format!("Cannot read `{}`", path.display()));
    problem.causes.push(error.to_string());
    problem.hint("Name a Compose file or a DynamoGraphDeployment: `dynrun import compose.yaml`")
}
