//! The command.

use std::io::{IsTerminal as _, Read as _};

use super::call::{Call, Script};
use super::table::OPTIONS;
use super::translate::{Translation, translate};
use super::words::{read, split};
use super::{render_py, run_sh};
use crate::cli::dynbuild::args::ImportArgs;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::docker::reference::has_variable;
use crate::plan::render;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::text::Table;

/// Runs the command.
pub(in crate::cli::dynbuild) fn run(args: &ImportArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    if args.list {
        list(edge);
        return Ok(Exit::Done);
    }
    let words = match args.line.as_slice() {
        [] => from_stdin(edge)?,
        // The whole line in quotes.
        [line] if line.contains(char::is_whitespace) => {
            warn_of_variables(line, edge);
            split(line)?
        }
        words => words.to_vec(),
    };
    let translation = translated(Call::find(&words)?)?;
    edge.ui.print(&render::shell_line(&translation.words));
    for note in &translation.notes {
        edge.ui.note(note);
    }
    Ok(Exit::Done)
}

fn translated(call: Call) -> Result<Translation, Problems> {
    let notes = call.notes.clone();
    let translation = match call.script {
        // Its notes are among those of the translation.
        Script::Build => return Ok(translate(read(call).map_err(Problems)?)),
        Script::Run => run_sh::translate(&call.words),
        Script::Render => render_py::translate(&call.words).map_err(Problems)?,
    };
    Ok(Translation {
        notes: [notes, translation.notes].concat(),
        ..translation
    })
}

fn from_stdin(edge: &mut Edge) -> Result<Vec<String>, Problem> {
    let mut stdin = std::io::stdin().lock();
    let hint = "Put it behind `--`: `dynbuild import -- container/build.sh --framework vllm`";
    if stdin.is_terminal() {
        return Err(Problem::new(ProblemKind::Usage, "There is no line to import").hint(hint));
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(|error| {
        let message = format!("Standard input cannot be read: {error}");
        Problem::new(ProblemKind::Usage, message).hint(hint)
    })?;
    let words = split(&text)?;
    if words.is_empty() {
        return Err(Problem::new(ProblemKind::Usage, "There is no line to import").hint(hint));
    }
    warn_of_variables(&text, edge);
    Ok(words)
}

fn warn_of_variables(text: &str, edge: &mut Edge) {
    if has_variable(text) {
        edge.ui.warn(
            "Variables and commands in the line are taken literally; \
             behind `--`, your shell fills them in first",
        );
    }
}

fn list(edge: &mut Edge) {
    let mut table = Table::new(["build.sh", "dynbuild", "What differs"]);
    for row in OPTIONS {
        table.row([row.original, row.ours.unwrap_or("-"), row.note]);
    }
    let text = table.render(edge.ui.stdout.look());
    edge.ui.print(&text);
}
