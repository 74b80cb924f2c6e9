//! `dynrun list`: the deployments that are shipped.

use clap::Parser;

use super::verb::Verb;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::deploy::Shipped;
use crate::problem::{Problem, Problems};
use crate::suggest::closest;
use crate::text::Table;

/// List the deployments that are shipped, or print one
///
/// To copy one: `dynrun list vllm-local > my.toml`.
#[derive(Debug, Parser)]
pub(super) struct List {
    /// Deployment to print
    name: Option<String>,
}

impl Verb for List {
    fn run(self, edge: &mut Edge) -> Result<Exit, Problems> {
        let Some(name) = &self.name else {
            let mut table = Table::new(["DEPLOYMENT", "WHAT"]);
            for shipped in Shipped::ALL {
                table.row([shipped.name, shipped.about()]);
            }
            let text = table.render(edge.ui.stdout.look());
            edge.ui.print_painted(text.trim_end());
            return Ok(Exit::Done);
        };
        let shipped = Shipped::find(name).ok_or_else(|| unknown(name))?;
        edge.ui.print(shipped.text.trim_end());
        Ok(Exit::Done)
    }
}

fn unknown(name: &str) -> Problem {
    let problem = Problem::usage(format!("No deployment `{name}` is shipped"));
    match closest(name, Shipped::ALL.iter().map(|shipped| shipped.name)) {
        Some(similar) => problem.hint(format!("Did you mean `dynrun list {similar}`?")),
        None => problem.hint("List them: `dynrun list`"),
    }
}
