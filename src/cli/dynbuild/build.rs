//! The build itself: `dynbuild --framework … --target …`.

use std::path::Path;

use clap::ValueEnum as _;
use tokio::sync::mpsc;

use super::agents::agents;
use super::args::{BuildArgs, ProgressMode, PublishWhen};
use super::builder;
use super::connection::connect_to;
use super::consent;
use super::details;
use super::id_file::IdFile;
use super::leaks;
use super::metadata_file::MetadataFile;
use super::output_files;
use super::plan::{dry_run, tell_notes};
use super::planning::{Planned, plan};
use super::secret_values::read_secrets;
use super::settings::{redactor, settings};
use crate::builder::Builder;
use crate::buildkit::cache::ActionsService;
use crate::buildkit::session::{Agents, Credentials, SecretStore};
use crate::cli::edge::Edge;
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::interrupt::Interrupt;
use crate::cli::output::json;
use crate::cli::proxies::{own_proxies, passwords, proxies};
use crate::cli::runtime;
use crate::credentials::Keyring;
use crate::docker::call::{Call, Question};
use crate::execute::{
    Built, Finished, Policy, Publish, Resources, Runner, check_destinations, metadata,
};
use crate::plan::PlannedTarget;
use crate::problem::{Problem, ProblemKind, Problems};
use crate::redact::{Redactor, shown_json};
use crate::report::{Annotation, BuildState, Mode, Summary};
use crate::secret::Secret;

/// How many events may wait to be shown.
const WAITING_EVENTS: usize = 256;

/// Runs the command.
pub(super) fn run(args: &BuildArgs, edge: &mut Edge) -> Result<Exit, Problems> {
    let mode = mode(args, edge)?;
    let settings = settings(args, &edge.environment)?;
    edge.ui.redact(&redactor(&settings));
    leaks::warn(&settings, edge);
    let builder = builder::asked(args, &settings, edge)?;
    let planned = plan(settings, edge)?;
    tell_notes(&planned, edge);
    details::of_plan(&planned, edge);
    if args.run.dry_run {
        dry_run(planned, edge);
        return Ok(Exit::Done);
    }
    consent::check(&planned.outside_reads, &planned.allowed_reads, edge)?;
    let question = question(args);
    if question.question != Question::Build {
        return runtime::block_on(ask(question, builder.as_ref(), &planned, edge));
    }
    check_destinations(&planned.resolution.plan)?;
    let id_file = args.results.iidfile.as_deref();
    let id_file = id_file.map(|path| IdFile::new(edge.absolute(path), &planned.resolution.plan));
    let id_file = id_file.transpose()?;
    let metadata_file = args.results.metadata_file.as_deref();
    let metadata_file = metadata_file.map(|path| MetadataFile::new(edge.absolute(path)));
    let metadata_file = metadata_file.transpose()?;
    let asked = Asked {
        mode,
        policy: policy(args),
        builder: builder.as_ref(),
        log_dir: args.run.log_dir.as_deref(),
    };
    let finished = runtime::block_on(run_builds(asked, &planned, edge))?;
    let text = metadata_text(&finished);
    let id = finished.first().and_then(image_id);
    let mut end = end(finished);
    if let (Some(file), Some(id)) = (id_file, id) {
        end = file.write(&id, end);
    }
    match metadata_file {
        Some(file) => file.write(&text, end),
        None => end,
    }
}

/// Returns what the frontend is asked: `--call`, or `--check` for short.
fn question(args: &BuildArgs) -> Call {
    let check = args.run.check == Some(true);
    args.run.call.unwrap_or(Call {
        question: if check {
            Question::Check
        } else {
            Question::Build
        },
        json: false,
    })
}

/// Prints what the frontend says of each target; what the checks find are problems.
async fn ask(
    call: Call,
    builder: Option<&Builder>,
    planned: &Planned,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let resources = Resources {
        secrets: SecretStore::default(),
        credentials: credentials(edge)?,
        agents: Agents::default(),
        proxies: proxies(edge)?,
        own_proxies: own_proxies(&edge.environment),
        actions: actions(&edge.environment),
    };
    let runner = Runner::new(&planned.resolution.plan, &planned.fragments, resources)?;
    let (nodes, _) = connect_to(builder, &planned.resolution.plan.targets, edge).await?;
    if call.question == Question::Check && !call.json {
        let found = runner.check(&nodes).await?;
        if !found.0.is_empty() {
            return Err(found);
        }
        edge.ui.print("Check complete, nothing found");
        return Ok(Exit::Done);
    }
    let id = call.question.request_id().unwrap_or_default();
    for answer in runner.ask(&nodes, id, call.json).await? {
        edge.ui.print(&answer);
    }
    Ok(Exit::Done)
}

/// Returns the id of an image, as docker has it: of its configuration where that is said.
fn image_id(target: &Finished) -> Option<String> {
    let response = &target.outcome.as_ref().ok()?.response;
    Some(response.config_digest()?.to_string())
}

/// Returns how to show progress: the flag, else the variable.
fn mode(args: &BuildArgs, edge: &Edge) -> Result<Mode, Problems> {
    let flag = if args.run.quiet {
        Some(ProgressMode::Quiet)
    } else {
        args.run.progress
    };
    if let Some(flag) = flag {
        return Ok(flag.into());
    }
    let variable = ["DYNBUILD_PROGRESS", "BUILDKIT_PROGRESS"]
        .into_iter()
        .find_map(|variable| Some((variable, edge.environment.get(variable)?)));
    match variable {
        None => Ok(Mode::Auto),
        Some((variable, name)) => ProgressMode::from_str(name, false)
            .map(Mode::from)
            .map_err(|_| unknown_mode(name, variable).into()),
    }
}

fn unknown_mode(name: &str, variable: &str) -> Problem {
    let mut problem = Problem::usage(format!("Invalid value `{name}` for `{variable}`"));
    problem.causes.push(format!(
        "Unknown kind of progress `{name}`; the kinds are `auto`, `tty`, `plain`, `rawjson`, \
         `quiet` and `none`"
    ));
    problem.hint(format!("Unset it: `unset {variable}`"))
}

/// Returns how the builds run together.
fn policy(args: &BuildArgs) -> Policy {
    let run = &args.run;
    let usual = Policy::default();
    Policy {
        jobs: run.jobs,
        keep_going: run.keep_going,
        publish: match run.publish {
            Some(PublishWhen::Each) => Publish::Each,
            Some(PublishWhen::Whole) | None => Publish::Whole,
        },
        retries: run.retries.unwrap_or(usual.retries),
    }
}

/// What was asked for about the run.
struct Asked<'a> {
    mode: Mode,
    policy: Policy,
    builder: Option<&'a Builder>,
    /// Where the output of failed steps is written.
    log_dir: Option<&'a Path>,
}

async fn run_builds(
    asked: Asked<'_>,
    planned: &Planned,
    edge: &mut Edge,
) -> Result<Vec<Finished>, Problems> {
    let Asked {
        mode,
        policy,
        builder,
        log_dir,
    } = asked;
    let plan = &planned.resolution.plan;
    let targets = plan.targets.iter();
    let keeps_output = targets.clone().any(|target| target.complete_logs);
    let log_dir = keeps_output.then(|| output_files::directory(log_dir, edge));
    let log_dir = log_dir.transpose()?;
    let secrets = read_secrets(targets.flat_map(|target| &target.secrets), edge)?;
    let proxies = proxies(edge)?;
    let actions = actions(&edge.environment);
    let own_proxies = own_proxies(&edge.environment);
    let mut passwords = passwords(&proxies);
    passwords.extend(own_proxies.passwords().cloned());
    let targets = plan.targets.iter();
    let keys: Vec<_> = targets.flat_map(PlannedTarget::cache_credentials).collect();
    let known = secrets.values().chain(&passwords).chain(&actions.token);
    let redactor = Redactor::new(known.chain(&keys));
    let resources = Resources {
        secrets: SecretStore::new(secrets).map_err(Problem::from)?,
        credentials: credentials(edge)?,
        agents: agents(plan.targets.iter().flat_map(|target| &target.ssh), edge)?,
        proxies,
        own_proxies,
        actions,
    };
    let runner = Runner::new(plan, &planned.fragments, resources)?.with_policy(policy);
    let interrupt = Interrupt::watch()
        .map_err(|error| Problem::usage(format!("Signals cannot be watched: {error}")))?;
    let cancel = interrupt.token();
    let (nodes, engine) = tokio::select! {
        connected = connect_to(builder, &plan.targets, edge) => connected?,
        () = cancel.cancelled() => return Err(cancelled().into()),
    };
    for client in nodes.clients() {
        details::of_engine(client, edge);
    }
    let (events, received) = mpsc::channel(WAITING_EVENTS);
    let show = edge.ui.show_build(mode, redactor.clone(), received);
    let (finished, state) =
        tokio::join!(runner.run(&nodes, engine.as_ref(), events, &cancel), show);
    edge.annotate(state.warnings().iter().map(Annotation::from));
    if !state.targets().is_empty() {
        edge.summarise(&Summary::of(&state).markdown());
    }
    let mut finished = finished?;
    add_diagnoses(&mut finished, &state);
    if let Some(directory) = log_dir {
        output_files::write(&mut finished, &directory, &redactor);
    }
    Ok(finished)
}

/// Returns what is asked for logins. One that cannot be read hinders only its own registry.
fn credentials(edge: &mut Edge) -> Result<Credentials, Problem> {
    let config = edge.surroundings().docker_config()?;
    for registry in &config.unreadable {
        edge.ui.warn(&format!(
            "Docker's configuration has a login for `{registry}` that cannot be read"
        ));
    }
    let limit = edge.deadline()?.limit_of_answers();
    let keyring = Keyring::new(config).with_helper_limit(limit);
    Ok(Credentials::new(keyring))
}

/// Returns what the job of GitHub Actions says about its cache service, if we run in one.
fn actions(environment: &Environment) -> ActionsService {
    let variable = |name| environment.get(name).map(str::to_owned);
    let is_second = variable("ACTIONS_CACHE_SERVICE_V2");
    ActionsService {
        token: variable("ACTIONS_RUNTIME_TOKEN").map(Secret::new),
        results_url: variable("ACTIONS_RESULTS_URL"),
        cache_url: variable("ACTIONS_CACHE_URL"),
        is_second: is_second
            .is_some_and(|word| ["1", "t", "true"].contains(&&*word.to_lowercase())),
    }
}

fn cancelled() -> Problem {
    Problem::new(ProblemKind::Cancelled, "The build was cancelled")
}

/// Adds what the output of the failed steps tells to the problems of their targets.
fn add_diagnoses(finished: &mut [Finished], state: &BuildState) {
    for target in finished {
        if let Err(problems) = &mut target.outcome {
            state.explain(&target.target, problems, &target.absent_secrets);
        }
    }
}

fn metadata_text(finished: &[Finished]) -> String {
    let built = finished.iter().filter_map(|target| {
        let built: &Built = target.outcome.as_ref().ok()?;
        Some((target.target.as_str(), built))
    });
    json(&shown_json(metadata(finished.len(), built)))
}

/// Joins the ends of all targets: what failed by itself hides those that were cancelled for it.
fn end(finished: Vec<Finished>) -> Result<Exit, Problems> {
    // A set may be in use by halves.
    let published = finished.iter().flat_map(|target| &target.published);
    let unnamed = finished.iter().flat_map(|target| &target.unnamed);
    let left = [
        listed("These names have the new image already", published),
        listed("Uploaded without a name, for the next run to name", unnamed),
    ];
    let failed = finished
        .into_iter()
        .filter_map(|target| target.outcome.err());
    let (cancelled, failed): (Vec<_>, Vec<_>) = failed
        .flat_map(|problems| problems.0)
        .partition(|problem| problem.kind == ProblemKind::Cancelled);
    let mut problems = match (failed.is_empty(), cancelled.into_iter().next()) {
        (false, _) => failed,
        (true, Some(cancelled)) => vec![cancelled],
        (true, None) => return Ok(Exit::Done),
    };
    if let Some(last) = problems.last_mut() {
        last.causes.extend(left.into_iter().flatten());
    }
    Err(Problems(problems))
}

/// Says what registries have although not everything was built.
fn listed<'f>(what: &str, names: impl Iterator<Item = &'f String>) -> Option<String> {
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
}
