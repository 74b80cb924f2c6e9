//! `dynbuild lint`: checks profiles and Dockerfile fragments, each target as it would be built.

use std::collections::BTreeMap;

use super::args::{BuildArgs, LintArgs, SelectionArgs};
use super::pins;
use super::planning::{Planned, plan};
use super::profiles;
use super::settings::settings;
use crate::buildkit::cache::ActionsService;
use crate::buildkit::session::{Agents, Credentials, SecretStore};
use crate::cli::edge::Edge;
use crate::cli::runtime;
use crate::credentials::Keyring;
use crate::execute::{Resources, Runner};
use crate::exit::Exit;
use crate::plan::lint::{Finding, Subject, lint};
use crate::plan::stages::Fragments;
use crate::plan::{PlannedTarget, undeclared_by_all};
use crate::problem::{Problem, Problems};
use crate::profile::{Profile, Source};
use crate::text::counted;

/// The target that has everything which is pinned.
const RUNTIME: &str = "runtime";

/// Runs the command.
pub(super) fn run(args: &LintArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let directory = profiles::directory(args.profile_dir.as_deref(), edge);
    let store = profiles::store(directory.as_deref(), edge)?;
    let chosen = match args.framework.name() {
        Some(name) => vec![store.load(name)?],
        None => store.load_all()?,
    };
    // What is inherited is judged by all that inherit it; a profile that cannot be read is told
    // when it is asked for.
    let all = store.load_all().unwrap_or_else(|_| chosen.clone());
    let fragments = profiles::fragments(directory.as_deref(), edge)?;
    let mut problems = undeclared(&chosen, &all, &fragments);
    let (selections, empty) = selections(&chosen, args);
    problems.extend(empty);
    let checked = selections.len();
    for selection in selections {
        let found = check(selection, args.engine, edge);
        // Combinations share fragments: what is wrong with one is told once.
        problems.extend(
            found
                .0
                .into_iter()
                .filter(|problem| !problems.contains(problem))
                .collect::<Vec<_>>(),
        );
    }
    if args.pins {
        let released = released(&chosen, args, edge);
        problems.extend(
            pins::check(&released, edge)
                .err()
                .into_iter()
                .flat_map(|found| found.0),
        );
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    edge.ui.print(&format!(
        "{} checked, nothing found",
        counted(checked, "combination")
    ));
    Ok(Exit::Done)
}

/// Plans the images of released wheels, one for each device: all of its targets have the same pins.
fn released(chosen: &[Profile], args: &LintArgs, edge: &Edge) -> Vec<PlannedTarget> {
    let combinations = chosen
        .iter()
        .flat_map(|profile| combinations(profile, args));
    let images = combinations.filter(|selection| {
        selection.source.as_deref() == Some(Source::Wheel.as_str())
            && selection.target == [RUNTIME.to_owned()]
    });
    let plans = images.filter_map(|selection| {
        let build = BuildArgs {
            selection,
            ..BuildArgs::default()
        };
        // What cannot be planned was reported before.
        let settings = settings(&build, &edge.environment).ok()?;
        plan(settings, edge).ok()
    });
    plans
        .flat_map(|planned| planned.resolution.plan.targets)
        .collect()
}

/// Returns what the chosen profiles set and no stage of any profile declares, each once.
fn undeclared(chosen: &[Profile], all: &[Profile], fragments: &Fragments) -> Vec<Problem> {
    let of_chosen = undeclared_by_all(chosen, fragments);
    let mut problems = Vec::new();
    for found in undeclared_by_all(all, fragments) {
        if of_chosen.contains(&found) {
            let problem = Problem::from(Finding::from(found));
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

/// Returns what to check of all profiles, and a problem for each of which there is nothing.
fn selections(chosen: &[Profile], args: &LintArgs) -> (Vec<SelectionArgs>, Vec<Problem>) {
    let (mut selections, mut empty) = (Vec::new(), Vec::new());
    for profile in chosen {
        let of_profile = combinations(profile, args);
        if of_profile.is_empty() {
            let name = profile.framework.as_ref().map(|name| name.value.as_str());
            let message = format!(
                "Nothing of profile `{}` can be built",
                name.unwrap_or_default()
            );
            let problem = Problem::new(Exit::Usage, message);
            empty.push(problem.hint("Give it a target and a device that go together"));
        }
        selections.extend(of_profile);
    }
    (selections, empty)
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
                        profile_dir: args.profile_dir.clone(),
                        ..SelectionArgs::default()
                    });
                }
            }
        }
    }
    selections
}

fn check(selection: SelectionArgs, on_engine: bool, edge: &mut Edge) -> Problems {
    let build = BuildArgs {
        selection,
        ..BuildArgs::default()
    };
    let planned = settings(&build, &edge.environment).and_then(|settings| plan(settings, edge));
    let planned = match planned {
        Ok(planned) => planned,
        Err(problems) => return problems,
    };
    let own = own_rules(&planned);
    if !on_engine || !own.0.is_empty() {
        return own;
    }
    match runtime::block_on(engine_rules(&planned, edge)) {
        Ok(problems) | Err(problems) => problems,
    }
}

fn own_rules(planned: &Planned) -> Problems {
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
    Problems(problems)
}

/// Asks the engine for BuildKit's own checks.
async fn engine_rules(planned: &Planned, edge: &Edge) -> Result<Problems, Problems> {
    let resources = Resources {
        secrets: SecretStore::default(),
        credentials: Credentials::new(Keyring::default()),
        agents: Agents::default(),
        proxies: BTreeMap::new(),
        actions: ActionsService::default(),
    };
    let runner = Runner::new(&planned.resolution.plan, &planned.fragments, resources)?;
    let (client, _) = super::connection::connect(edge).await?;
    runner.check(&client).await
}
