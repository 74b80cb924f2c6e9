//! `dynrun export`: a deployment for others to run.

use std::path::{Path, PathBuf};

use clap::Parser;

use super::deployment::{DeploymentArgs, load, profile};
use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::deploy::{ExportFormat, Exported};
use crate::problem::{Problem, Problems};

/// Write a deployment as Compose file, `DynamoGraphDeployment`, systemd units or script
///
/// What the format cannot say is noted at the head of the file. Values of secrets are never
/// written.
#[derive(Debug, Parser)]
pub(super) struct Export {
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// Format: compose, dgd, quadlet, sh
    #[arg(long, value_name = "FORMAT")]
    format: ExportFormat,
    /// Directory to write to, if not standard output
    #[arg(long, short, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,
}

impl Verb for Export {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let deployment = load(&self.deployment, edge)?.deployment;
        let exported = Exported::new(&deployment, self.format, |name| profile(name, edge))?;
        for note in &exported.notes {
            edge.ui.note(note);
        }
        match (&self.output, exported.files.as_slice()) {
            (Some(directory), files) => {
                let directory = edge.absolute(directory);
                for (name, text) in files {
                    let path = directory.join(name);
                    write(&path, text)?;
                    edge.ui.print(&path.display().to_string());
                }
            }
            (None, [(_, text)]) => edge.ui.print_file(text),
            (None, files) => {
                let message = format!("The export has {} files", files.len());
                return Err(Problem::usage(message)
                    .hint("Name a directory for them: `-o DIR`")
                    .into());
            }
        }
        Ok(Exit::Done)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let directory = path.parent().unwrap_or(path);
    let written = fs_err::create_dir_all(directory).and_then(|()| fs_err::write(path, text));
    written.map_err(|error| {
        let mut problem = Problem::usage(format!("Cannot write `{}`", path.display()));
        problem.causes.push(error.to_string());
        problem.hint("Name a directory that you may write to: `-o DIR`")
    })
}
