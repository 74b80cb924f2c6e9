//! `dynrun explain [FLAGS] ...`: each decision and where it came from.

use super::{facts, run};
use crate::cli::edge::Edge;
use crate::exit::Exit;
use crate::launch::decision::{Inputs, Launch};
use crate::launch::explain::{explain, text};
use crate::launch::masked::masked;
use crate::launch::request::{Format, Request};
use crate::problem::Problems;
use crate::text::escape_json;

/// What `dynrun explain` is for.
pub(super) const ABOUT: &str = "Show each decision of a launch and where it came from";

pub(super) fn run(request: &Request, edge: &mut Edge) -> Result<Exit, Problems> {
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
        Format::Json => {
            let json = serde_json::to_string_pretty(&explained).unwrap_or_default();
            escape_json(&json).into_owned()
        }
    };
    edge.ui.print(&shown);
    Ok(Exit::Done)
}
