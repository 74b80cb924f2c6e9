//! `dynrun version`.

use clap::Parser;

use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::problem::Problems;

/// Print the version of dynrun
#[derive(Debug, Parser)]
pub(super) struct Version {}

impl Verb for Version {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        edge.ui.print(concat!("dynrun ", env!("CARGO_PKG_VERSION")));
        Ok(Exit::Done)
    }
}
