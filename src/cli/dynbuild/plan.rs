//! `dynbuild plan`, `render`, `explain` and `--dry-run`: what would be done, without an engine.

use std::collections::BTreeMap;

use super::args::{ExplainArgs, Format, PlanArgs, PlanFormat, RenderArgs};
use super::consent;
use super::leaks;
use super::planning::{Planned, dockerfiles, plan};
use super::settings::{redactor, selection, settings};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::plan::render;
use crate::plan::{BuildPlan, Explained, PlannedTarget, Resolution};
use crate::problem::Problems;

/// Runs `dynbuild plan`.
pub(super) fn run(args: &PlanArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let settings = settings(&args.build, &edge.environment)?;
    edge.ui.redact(&redactor(&settings));
    leaks::warn(&settings, edge);
    let planned = plan(settings, edge)?;
    tell_notes(&planned, edge);
    consent::tell(&planned.outside_reads, &planned.allowed_reads, edge);
    let shown = masked(planned, edge);
    let text = match args.format {
        PlanFormat::Text => render::text(&shown.resolution, args.detail()),
        PlanFormat::Json => render::json(&shown.resolution.plan),
        PlanFormat::Bake => bake(&shown)?,
    };
    edge.ui.print(&text);
    Ok(Exit::Done)
}

/// Returns the plan as a file for `docker buildx bake`, which has the Dockerfiles in it.
fn bake(planned: &Planned) -> Result<String, Problems> {
    let plan = &planned.resolution.plan;
    let mut dockerfiles = BTreeMap::new();
    for target in &plan.targets {
        dockerfiles.insert(target.name.as_str(), dockerfile(planned, target)?);
    }
    let file = render::bake(plan, |target| dockerfiles[target.name.as_str()].clone());
    Ok(json(&file))
}

/// Returns the joined Dockerfile of a target.
fn dockerfile(planned: &Planned, target: &PlannedTarget) -> Result<String, Problems> {
    let composition = planned.fragments.compose(&target.dockerfile.fragments)?;
    Ok(composition.join().text)
}

/// Runs `dynbuild render`.
pub(super) fn render_dockerfile(args: &RenderArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let texts = dockerfiles(selection(&args.selection, &edge.environment)?, edge)?;
    edge.ui.print_file(&texts.join("\n"));
    Ok(Exit::Done)
}

/// Runs `dynbuild explain`.
pub(super) fn explain(args: &ExplainArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let settings = settings(&args.build, &edge.environment)?;
    edge.ui.redact(&redactor(&settings));
    let planned = plan(settings, edge)?;
    let explanation = &planned.resolution.explanation.masked();
    let found = match &args.key {
        Some(key) => explanation.find(key)?,
        None => explanation.values.iter().collect(),
    };
    let text = match (args.format, &args.key) {
        (Format::Text, _) => found.into_iter().map(Explained::text).collect(),
        (Format::Json, Some(_)) => json(&found),
        (Format::Json, None) => json(explanation),
    };
    edge.ui.print(&text);
    Ok(Exit::Done)
}

/// Prints the commands of a build instead of running it: one line for each image.
pub(super) fn dry_run(planned: Planned, edge: &mut Edge) {
    consent::tell(&planned.outside_reads, &planned.allowed_reads, edge);
    let shown = masked(planned, edge).resolution.plan;
    for target in &shown.targets {
        edge.ui.print(&render::buildx_line(&shown, target));
    }
}

/// Returns a plan as it may be shown, and says so if that differs: it would not run as it is.
fn masked(planned: Planned, edge: &mut Edge) -> Planned {
    let resolution = planned.resolution.masked();
    if resolution.plan != planned.resolution.plan || has_masks(&resolution.plan) {
        edge.ui.note(
            "Values that look like secrets are printed as `****`: replace them before you run the line",
        );
    }
    Planned {
        resolution,
        ..planned
    }
}

/// Returns whether a cache has credentials: caches never print them.
fn has_masks(plan: &BuildPlan) -> bool {
    let mut targets = plan.targets.iter();
    targets.any(|target| target.cache_credentials().next().is_some())
}

/// Says what the user should know about the plan; first of all, what is built.
pub(super) fn tell_notes(planned: &Planned, edge: &mut Edge) {
    let Resolution {
        notes, warnings, ..
    } = &planned.resolution;
    let (first, others) = notes.split_at(notes.len().min(1));
    for note in first {
        edge.ui.note(note);
    }
    for warning in warnings {
        edge.ui.warn(warning);
    }
    for note in others {
        edge.ui.note(note);
    }
}
