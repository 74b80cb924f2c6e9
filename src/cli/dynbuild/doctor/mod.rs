//! `dynbuild doctor`: checks of the host and the engine, each failure with what fixes it.
//!
//! A check is one file with one function from what it needs to [`Finding`]s; [`run`] lists them.

mod disk;
mod engine;
mod finding;
mod git;
mod memory;
mod tls;

use std::path::Path;

use self::finding::{Finding, Status};
use super::args::{DoctorArgs, Format};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::cli::runtime;
use crate::problem::Problems;
use crate::redact::shown_text;
use crate::text::{Look, Mark, Table, Tone, clean_line};

/// Runs the command. The exit code is that of a build that fails for what was found.
pub(super) fn run(args: &DoctorArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let mut findings = runtime::block_on(async { Ok(engine::check(edge).await) })?;
    let has_failed = |finding: &Finding| finding.status == Status::Failed;
    let engine_failed = findings.iter().any(has_failed);
    let meminfo = fs_err::read_to_string("/proc/meminfo").unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    findings.extend([
        memory::check(memory::total(&meminfo), processors),
        git::check(&edge.context(None), &edge.git()),
        tls::check(Path::new(tls::ADDED_AUTHORITIES), Path::new(tls::BUNDLE)),
    ]);
    let text = match args.format {
        Format::Text => render(&findings, edge.ui.stdout.look()),
        Format::Json => json(&findings),
    };
    edge.ui.print_painted(&text);
    Ok(match (engine_failed, findings.iter().any(has_failed)) {
        (true, _) => Exit::Engine,
        (false, true) => Exit::Usage,
        (false, false) => Exit::Done,
    })
}

fn render(findings: &[Finding], look: Look) -> String {
    let mut table = Table::headless();
    for finding in findings {
        let mark = match finding.status {
            Status::Ok => look.paint(Tone::Good, look.mark(Mark::Done)),
            Status::Warning => look.paint(Tone::Warning, "!"),
            Status::Failed => look.paint(Tone::Error, look.mark(Mark::Failed)),
        };
        let detail = clean_line(&shown_text(&finding.detail));
        table.row([mark, finding.check.to_owned(), detail]);
        if let Some(fix) = &finding.fix {
            let fix = clean_line(&shown_text(fix));
            table.row([String::new(), String::new(), format!("fix: {fix}")]);
        }
    }
    table.render(look)
}
