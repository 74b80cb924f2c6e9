//! `dynrun explain [FLAGS] ...`: each decision and where it came from.

use std::path::Path;

use super::deployment::{DeploymentArgs, load};
use super::{facts, run};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::deploy::{Deployment, Member, Shipped, explain as explain_member};
use crate::launch::decision::{Inputs, Launch};
use crate::launch::explain::{explain, text};
use crate::launch::masked::masked;
use crate::launch::request::{Format, Request};
use crate::problem::{Problem, Problems};
use crate::suggest::closest;

/// What `dynrun explain` is for.
pub(super) const ABOUT: &str = "Show each decision of a launch and where it came from";

pub(super) fn run(request: &Request, edge: &mut Edge) -> Result<Exit, Problems> {
    if let [file, rest @ ..] = request.words.as_slice()
        && (Path::new(file).extension().is_some_and(|it| it == "toml")
            || Shipped::find(file).is_some())
    {
        return member(file, rest, edge);
    }
    let profile = run::profile(request, edge)?;
    let host = facts::host(edge);
    let launch = Launch::decide(Inputs {
        request,
        profile: &profile,
        host: &host,
        engine: None,
    })?;
    let (launch, hidden) = masked(&launch);
    for note in launch.notes.iter().chain(&hidden) {
        edge.ui.note(&note.message);
    }
    let explained = explain(&launch);
    let shown = match request.format {
        Format::Text => text(&explained),
        Format::Json => json(&explained),
    };
    edge.ui.print(&shown);
    Ok(Exit::Done)
}

/// Explains the members of a deployment: `dynrun explain FILE [MEMBER|WORKER]`.
fn member(file: &str, names: &[String], edge: &mut Edge) -> Result<Exit, Problems> {
    let asked = DeploymentArgs {
        file: Some(file.to_owned()),
        ..DeploymentArgs::default()
    };
    let deployment = load(&asked, edge)?.deployment;
    let members: Vec<&Member> = match names {
        [] => deployment.members.iter().collect(),
        [name] => named(&deployment, name)?,
        [_, extra, ..] => {
            let problem = Problem::usage(format!("Unexpected argument `{extra}`"));
            return Err(problem.hint("Write `dynrun explain FILE MEMBER`").into());
        }
    };
    for member in members {
        edge.ui.print(&format!("{}:", member.name));
        for line in text(&explain_member(member)).lines() {
            edge.ui.print(&format!("  {line}"));
        }
    }
    Ok(Exit::Done)
}

/// Finds a member by its name, or all of a table: `decode-1`, `decode`, `workers.decode`.
fn named<'a>(deployment: &'a Deployment, name: &str) -> Result<Vec<&'a Member>, Problem> {
    let table = name.strip_prefix("workers.").unwrap_or(name);
    let found = |member: &&Member| member.name == name || member.table == table;
    let members: Vec<_> = deployment.members.iter().filter(found).collect();
    if !members.is_empty() {
        return Ok(members);
    }
    let message = format!(
        "The deployment `{}` has no member `{name}`",
        deployment.name
    );
    let names = || deployment.members.iter().map(|member| member.name.as_str());
    let hint = match closest(name, names()) {
        Some(similar) => format!("Did you mean `{similar}`?"),
        None => format!("Members: `{}`", names().collect::<Vec<_>>().join("`, `")),
    };
    Err(Problem::usage(message).hint(hint))
}
