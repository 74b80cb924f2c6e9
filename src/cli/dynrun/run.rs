//! `dynrun [FLAGS] [IMAGE] [COMMAND]`.

use std::path::Path;

use super::connection::{connect, detach_keys};
use super::leases::{is_news, leases};
use super::loss::reported;
use super::{diagnosis, facts, wait};
use crate::cli::edge::Edge;
use crate::cli::exit::Exit;
use crate::cli::output::json;
use crate::cli::profiles;
use crate::cli::proxies::proxies;
use crate::cli::runtime::block_on;
use crate::credentials::Keyring;
use crate::docker::env::EnvVar;
use crate::engine::{Engine, short_id};
use crate::launch::decision::{Inputs, Launch};
use crate::launch::facts::HostFacts;
use crate::launch::implied::{SECRETS, SecretFile, SecretSource};
use crate::launch::label::{self, Owner};
use crate::launch::lease::Lease;
use crate::launch::live::signals::Signals;
use crate::launch::live::start::Started;
use crate::launch::live::{Outcome, Remark, Sinks, Starter};
use crate::launch::masked::masked;
use crate::launch::note::Note;
use crate::launch::readiness::{Progress, watch};
use crate::launch::render;
use crate::launch::request::{Format, Request};
use crate::problem::{Problem, ProblemKind, Problems};
use crate::profile::Profile;
use crate::redact::shown_json;
use crate::ui::PullBar;

/// What `dynrun run` is for.
pub(super) const ABOUT: &str = "Launch an image; also without a command's name";

pub(super) fn run(request: &Request, edge: &mut Edge) -> Result<Exit, Problems> {
    edge.verbose = request.verbose;
    if request.format == Format::Json && !request.dry_run {
        let message = "`--format json` prints the request of a dry run";
        let hint = "Add `--dry-run`, or leave `--format` out to start the container";
        return Err(Problem::usage(message).hint(hint).into());
    }
    let profile = profile(request, edge)?;
    let host = facts::host(edge);
    if request.dry_run {
        return dry_run(request, &profile, &host, edge);
    }
    block_on(carry_out(request, &profile, &host, edge))
}

/// Returns the profile of the framework that is meant.
pub(super) fn profile(request: &Request, edge: &Edge) -> Result<Profile, Problems> {
    let directory = request.profile_dir.as_deref().map(Path::new);
    let directory = profiles::directory(directory, edge);
    let store = profiles::store(directory.as_deref(), edge)?;
    let variable = || edge.environment.get("DYNBUILD_FRAMEWORK");
    let framework = request.framework.as_deref().or_else(variable);
    store.load(framework.unwrap_or_else(|| profiles::default_framework(&store)))
}

/// Prints what would be done; asks no engine and makes nothing.
fn dry_run(
    request: &Request,
    profile: &Profile,
    host: &HostFacts,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let mut launch = Launch::decide(Inputs {
        request,
        profile,
        host,
        engine: None,
    })?;
    if request.format == Format::Json {
        // Docker's client does the same for the line that is printed else.
        degrade_terminal(&mut launch, host);
        add_proxies(&mut launch, edge)?;
    }
    let added: Vec<_> = secrets_to_add(&launch).collect();
    launch.notes.extend(added);
    let (launch, hidden) = masked(&launch);
    for note in launch.notes.iter().chain(&hidden) {
        edge.ui.note(&note.message);
    }
    match request.format {
        Format::Text => edge.ui.print(&render::line(&launch)),
        Format::Json => {
            let shown = shown_json(render::create_request(&launch.spec));
            edge.ui.print(&json(&shown));
        }
    }
    Ok(Exit::Done)
}

/// Says what no flag of docker does: secrets are copied into the container before it starts.
fn secrets_to_add(launch: &Launch) -> impl Iterator<Item = Note> + '_ {
    launch.secrets.iter().map(|SecretFile { id, source }| {
        let (value, file) = match source {
            SecretSource::Variable(name) => (format!("the value of `{name}`"), "FILE".to_owned()),
            SecretSource::File(path) => ("the file".to_owned(), path.display().to_string()),
        };
        Note::new(format!(
            "dynrun itself copies {value} to `{SECRETS}/{id}`; for docker, add \
             `--mount type=bind,src={file},dst={SECRETS}/{id},readonly`"
        ))
    })
}

async fn carry_out(
    request: &Request,
    profile: &Profile,
    host: &HostFacts,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    let engine = connect(edge).await?;
    let host = &HostFacts {
        hf_home: host.hf_home.filter(|_| engine.is_local()),
        ..host.clone()
    };
    let engine_facts = if request.no_defaults {
        None
    } else {
        Some(facts::engine(&engine).await?)
    };
    let mut launch = Launch::decide(Inputs {
        request,
        profile,
        host,
        engine: engine_facts.as_ref(),
    })?;
    degrade_terminal(&mut launch, host);
    if !request.no_defaults {
        name_owner(&mut launch);
    }
    add_proxies(&mut launch, edge)?;
    let keys = &mut launch.spec.launch.detach_keys;
    if keys.is_none() {
        *keys = detach_keys(edge)?;
    }
    for note in std::mem::take(&mut launch.notes) {
        if !note.is_lasting || is_news(&note, &engine, edge) || edge.verbose {
            edge.ui.note(&note.message);
        }
    }
    let keyring = keyring(edge)?;
    let mut pull = PullBar::default();
    let started = Starter {
        engine: &engine,
        host,
        keyring: &keyring,
        heard: &mut |remark| match remark {
            Remark::Note(note) => {
                pull.clear(&mut edge.ui);
                edge.ui.note(&note.message);
            }
            Remark::Pulls(progress) => pull.draw(&mut edge.ui, progress),
            Remark::Pulled => pull.clear(&mut edge.ui),
        },
    }
    .start(&mut launch)
    .await?;
    if launch.spec.launch.detach {
        let name = launch.spec.name.as_deref();
        return background(&started, name, request, &engine, edge).await;
    }
    let _lease = lease(&started, &launch, edge);
    let outcome = Box::pin(foreground(started, &launch, request, &engine, edge)).await?;
    if let Some(found) = outcome.diagnosis {
        diagnosis::show(&found, edge);
    }
    Ok(reported(&outcome.losses, outcome.end.into(), edge))
}

/// `-it` without a terminal, as in CI, fails in docker; here it goes on without.
fn degrade_terminal(launch: &mut Launch, host: &HostFacts) {
    let streams = &mut launch.spec.streams;
    let attached = !launch.spec.launch.detach;
    if attached && streams.tty && streams.interactive && !host.stdin_is_terminal {
        streams.tty = false;
        launch.notes.push(Note::new(
            "Standard input is not a terminal: `-t` is left out, and the container reads what is piped in",
        ));
    }
}

/// Gives the container the proxies of docker's configuration, as docker's client does; `-e` wins.
fn add_proxies(launch: &mut Launch, edge: &Edge) -> Result<(), Problem> {
    let env = &mut launch.spec.process.env;
    for (name, value) in proxies(edge)? {
        if !env.iter().any(|variable| variable.name() == name) {
            env.push(EnvVar::new(name, value));
        }
    }
    Ok(())
}

/// Leaves a label by which `dynrun gc` knows that nobody follows the container any more. One in
/// the background has no owner.
fn name_owner(launch: &mut Launch) {
    if launch.spec.launch.detach {
        return;
    }
    if let Some(owner) = Owner::this_process() {
        let labels = &mut launch.spec.labels;
        labels.insert(label::OWNER.to_owned(), owner.to_string());
    }
}

/// Leaves a note for `dynrun gc` while the container is followed, see [`Lease`]. Without one the
/// container is only never an orphan, which is nothing to tell.
fn lease(started: &Started, launch: &Launch, edge: &Edge) -> Option<Lease> {
    let owned = launch.spec.labels.contains_key(label::OWNER);
    let leases = leases(edge).filter(|_| owned)?;
    leases.take(&started.id).ok()
}

async fn background(
    started: &Started,
    name: Option<&str>,
    request: &Request,
    engine: &Engine,
    edge: &mut Edge,
) -> Result<Exit, Problems> {
    edge.ui.print(&started.id);
    let Some(wish) = request.wait else {
        return Ok(Exit::Done);
    };
    let name = name.unwrap_or_else(|| short_id(&started.id));
    let signals = Signals::catch();
    let mut signals = signals.map_err(|error| Problem::from_error(ProblemKind::Usage, &error))?;
    let caught = tokio::select! {
        exit = wait::until_ready(engine, &started.id, name, wish, edge) => return exit,
        caught = signals.next() => caught,
    };
    edge.ui.note(&format!(
        "The container is still running in the background; stop it with `dynrun stop {name}`"
    ));
    Ok(caught.into())
}

async fn foreground(
    started: Started,
    launch: &Launch,
    request: &Request,
    engine: &Engine,
    edge: &mut Edge,
) -> Result<Outcome, Problems> {
    let mut sinks = Sinks::new(tokio::io::stdout(), tokio::io::stderr());
    let id = started.id.clone();
    let follow = started.follow(launch, &mut sinks);
    let Some(wish) = request.wait else {
        return Ok(follow.await?);
    };
    let address = wait::engine_address(edge);
    let mut follow = std::pin::pin!(follow);
    let report = |progress: Progress| wait::show(&progress, edge);
    let ready = watch(engine, &id, wish, address.as_deref(), report);
    let readiness = tokio::select! {
        outcome = &mut follow => return Ok(outcome?),
        readiness = ready => readiness?,
    };
    let name = launch.spec.name.as_deref();
    wait::conclude(&readiness, name.unwrap_or_else(|| short_id(&id)), edge);
    Ok(follow.await?)
}

/// Returns what is asked for a login, if the image has to be pulled. What is wrong with docker's
/// configuration is nothing to say here: most images are in the engine already.
pub(super) fn keyring(edge: &Edge) -> Result<Keyring, Problem> {
    let config = edge.surroundings().docker_config().unwrap_or_default();
    let limit = edge.deadline()?.limit_of_answers();
    Ok(Keyring::new(config).with_helper_limit(limit))
}
