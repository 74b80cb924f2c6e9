//! `dynbuild lint`: checks profiles and Dockerfile fragments, each target as it would be built.

use super::args::{BuildArgs, LintArgs, SelectionArgs};
use super::pins;
use super::planning::{Ground, Planned};
use super::settings::settings;
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::runtime;
use crate::plan::lint::{Finding, Subject, lint};
use crate::plan::stages::Fragments;
use crate::plan::{PlannedTarget, Settings, undeclared_by_all};
use crate::problem::{Problem, Problems};
use crate::profile::{Profile, Source};
use crate::text::counted;

mod engine;

use engine::Checks;

/// The target that has everything which is pinned.
const RUNTIME: &str = "runtime";

/// Runs the command.
pub(super) fn run(args: &LintArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let ground = Ground::read(&mut settings_of(base(args), edge)?, edge)?;
    let chosen = match args.framework.name() {
        Some(name) => vec![ground.store.load(name)?],
        None => ground.store.load_all()?,
    };
    // What is inherited is judged by all that inherit it; a profile that cannot be read is reported
    // when it is asked for.
    let all = ground.store.load_all();
    let all = all.unwrap_or_else(|_| chosen.clone());
    // Combinations share fragments, and what is wrong with them.
    let mut found = Problems::default();
    found.extend_new(undeclared(&chosen, &all, &ground.facts.fragments));
    let mut checked = 0;
    let mut checks = Checks::default();
    for profile in &chosen {
        let selections = combinations(profile, args);
        found.extend_new(selections.is_empty().then(|| nothing_to_build(profile)));
        checked += selections.len();
        for selection in selections {
            match plan_of(&ground, profile, selection, edge) {
                Ok(planned) => {
                    found.extend_new(own_rules(&planned));
                    if args.engine {
                        checks.add(planned);
                    }
                }
                Err(problems) => found.extend_new(problems.0),
            }
        }
    }
    if args.engine {
        let result = runtime::block_on(checks.run(edge));
        found.extend_new(result.unwrap_or_else(|problems| problems).0);
    }
    if args.pins {
        let released = released(&ground, &chosen, args, edge);
        let problems = pins::check(&released, edge).err();
        found.extend_new(problems.unwrap_or_default().0);
    }
    found.or(())?;
    edge.ui.print(&format!(
        "{} checked, nothing found",
        counted(checked, "combination")
    ));
    Ok(Exit::Done)
}

/// What all combinations have in common.
fn base(args: &LintArgs) -> SelectionArgs {
    SelectionArgs {
        profile_dir: args.profile_dir.clone(),
        ..SelectionArgs::default()
    }
}

fn settings_of(selection: SelectionArgs, edge: &Edge) -> Result<Settings, Problems> {
    let build = BuildArgs {
        selection,
        ..BuildArgs::default()
    };
    settings(&build, &edge.environment)
}

fn plan_of(
    ground: &Ground,
    profile: &Profile,
    selection: SelectionArgs,
    edge: &Edge,
) -> Result<Planned, Problems> {
    ground.plan(profile, settings_of(selection, edge)?, edge)
}

/// Plans the images of released wheels, one for each device: all of its targets have the same pins.
fn released(
    ground: &Ground,
    chosen: &[Profile],
    args: &LintArgs,
    edge: &Edge,
) -> Vec<PlannedTarget> {
    let images = chosen.iter().flat_map(|profile| {
        let images = combinations(profile, args).into_iter().filter(|selection| {
            selection.source.as_deref() == Some(Source::Wheel.as_str())
                && selection.target == [RUNTIME.to_owned()]
        });
        images.map(move |selection| (profile, selection))
    });
    // What cannot be planned was reported before.
    let plans =
        images.filter_map(|(profile, selection)| plan_of(ground, profile, selection, edge).ok());
    plans
        .flat_map(|planned| planned.resolution.plan.targets)
        .collect()
}

/// Returns what the chosen profiles set and no stage of any profile declares.
fn undeclared(
    chosen: &[Profile],
    all: &[Profile],
    fragments: &Fragments,
) -> impl Iterator<Item = Problem> {
    let of_chosen = undeclared_by_all(chosen, fragments);
    let of_all = undeclared_by_all(all, fragments).into_iter();
    let found = of_all.filter(move |found| of_chosen.contains(found));
    found.map(|found| Problem::from(Finding::from(found)))
}

fn nothing_to_build(profile: &Profile) -> Problem {
    let name = profile.framework.as_ref().map(|name| name.value.as_str());
    let name = name.unwrap_or_default();
    let message = format!("Nothing of profile `{name}` can be built");
    Problem::usage(message).hint("Give it a target and a device that go together")
}

/// Returns every target of a profile on every device and from every source that it may have.
fn combinations(profile: &Profile, args: &LintArgs) -> Vec<SelectionArgs> {
    let mut selections = Vec::new();
    let framework = profile.framework.as_ref().map(|name| name.value.clone());
    let sources: Vec<&str> = match &profile.sources {
        Some(sources) => sources.iter().map(|source| source.value.as_str()).collect(),
        None => Source::words().to_vec(),
    };
    for device in profile.devices.names() {
        for (target, table) in profile.targets.iter() {
            for &source in &sources {
                let fits = |patterns: &Option<crate::profile::Patterns>, value: &str| {
                    patterns
                        .as_ref()
                        .is_none_or(|patterns| patterns.matches(value))
                };
                let name = framework.as_deref().unwrap_or_default();
                if fits(&table.frameworks, name)
                    && fits(&table.devices, device)
                    && fits(&table.sources, source)
                {
                    selections.push(SelectionArgs {
                        framework: framework.clone().into_iter().collect(),
                        device: vec![device.to_owned()],
                        target: vec![target.value.clone()],
                        source: Some(source.to_owned()),
                        ..base(args)
                    });
                }
            }
        }
    }
    selections
}

fn own_rules(planned: &Planned) -> Vec<Problem> {
    let mut problems = Vec::new();
    for target in &planned.resolution.plan.targets {
        match planned.fragments.compose(&target.dockerfile.fragments) {
            Ok(composition) => {
                let stage = &target.dockerfile.stage;
                let subject = Subject::new(&composition, target.inputs(), stage);
                problems.extend(lint(&subject).into_iter().map(Problem::from));
            }
            Err(errors) => problems.extend(errors.0),
        }
    }
    problems
}
