//! `dynrun completions` and `dynrun man`: what an installation gives to other programs.

use clap::{Command, Parser};

use super::verb::AboutProgram;
use crate::cli::completion::{self, Shell};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::manual;
use crate::problem::{Problem, Problems};

/// Print the completions of a shell
///
/// For bash: `source <(dynrun completions bash)`.
#[derive(Debug, Parser)]
pub(super) struct Completions {
    /// Shell that is to complete
    #[arg(value_enum)]
    shell: Shell,
}

impl AboutProgram for Completions {
    fn run(self, program: Command, edge: &mut Edge) -> Result<Exit, Problems> {
        edge.ui.print(&completion::script(self.shell, &program));
        Ok(Exit::Done)
    }
}

/// Print the manual page of dynrun or of one of its commands
///
/// To read it: `dynrun man | man -l -`.
#[derive(Debug, Parser)]
pub(super) struct Manual {
    /// Command to describe
    command: Option<String>,
}

impl AboutProgram for Manual {
    fn run(self, program: Command, edge: &mut Edge) -> Result<Exit, Problems> {
        let words: Vec<String> = self.command.into_iter().collect();
        let page = manual::man_page(&program, &words).ok_or_else(|| {
            let message = format!("Unknown command `{}`", words.join(" "));
            Problem::usage(message).hint("List the commands: `dynrun help`")
        })?;
        edge.ui.print_file(&page);
        Ok(Exit::Done)
    }
}
