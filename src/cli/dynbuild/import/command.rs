//! The command.

use std::io::{IsTerminal as _, Read as _};

use clap::Parser as _;

use super::call::{Call, Script};
use super::table::OPTIONS;
use super::translate::{Translation, translate};
use super::words::{read, split};
use super::{render_py, run_sh};
use crate::cli::dynbuild::args::{Cli, ImportArgs};
use crate::cli::dynbuild::planning::plan;
use crate::cli::dynbuild::settings::settings;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::docker::reference::has_variable;
use crate::plan::render;
use crate::problem::{Problem, Problems};
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
    for refusal in refusals(&translation.words, edge) {
        edge.ui.warn(&refusal);
    }
    Ok(Exit::Done)
}

fn translated(mut call: Call) -> Result<Translation, Problems> {
    let translation = match call.script {
        Script::Build => {
            call.leave_out_others();
            // Its notes are among those of the translation.
            return Ok(translate(read(call)?));
        }
        Script::Run => run_sh::translate(&call.words),
        Script::Render => render_py::translate(&mut call)?,
    };
    call.leave_out_others();
    Ok(Translation {
        notes: [call.notes, translation.notes].concat(),
        ..translation
    })
}

/// Returns why dynbuild would not take the line: what the scripts built and no profile has.
fn refusals(words: &[String], edge: &Edge) -> Vec<String> {
    // What a shell has yet to fill in cannot be judged.
    if words.iter().any(|word| has_variable(word)) {
        return Vec::new();
    }
    // That of run.sh is dynrun's, and `dynbuild render` decides less than a plan.
    let parsed = Cli::try_parse_from(words).ok();
    let Some(cli) = parsed.filter(|cli| words[0] == "dynbuild" && cli.command.is_none()) else {
        return Vec::new();
    };
    let planned = settings(&cli.build, &edge.environment).and_then(|settings| plan(settings, edge));
    let problems = planned.err().map(|problems| problems.0).unwrap_or_default();
    let refused = problems.into_iter();
    refused
        .map(|problem| format!("dynbuild refuses this line: {}", problem.message))
        .collect()
}

fn from_stdin(edge: &mut Edge) -> Result<Vec<String>, Problem> {
    let mut stdin = std::io::stdin().lock();
    let hint = "Put it behind `--`: `dynbuild import -- container/build.sh --framework vllm`";
    if stdin.is_terminal() {
        return Err(Problem::usage("There is no line to import").hint(hint));
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(|error| {
        let message = format!("Standard input cannot be read: {error}");
        Problem::usage(message).hint(hint)
    })?;
    let words = split(&text)?;
    if words.is_empty() {
        return Err(Problem::usage("There is no line to import").hint(hint));
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
