//! From what was typed to a decided plan: gathers profile and facts, and resolves them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::consent::{OutsideRead, outside_reads};
use super::profiles;
use crate::cli::edge::Edge;
use crate::docker::platform::Platform;
use crate::exit::Exit;
use crate::git::Checkout;
use crate::plan::stages::Fragments;
use crate::plan::{
    Facts, HostUser, Resolution, SecretSource, Setting, Settings, choose_fragments, known_secrets,
    resolve,
};
use crate::problem::{Problem, Problems};
use crate::profile::Profile;
use crate::tree::SourceTree;

/// The framework of builds without `--framework`, unless the profiles at hand lack it.
///
/// It is build.sh's default; where it does not exist yet, the one framework that runs everywhere.
const DEFAULT_FRAMEWORKS: [&str; 2] = ["vllm", "dynamo"];

/// A plan and the fragments that it is made of.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) resolution: Resolution,
    pub(super) fragments: Fragments,
    /// What wants a yes before it is built.
    pub(super) outside_reads: Vec<OutsideRead>,
}

/// What a plan is made from.
struct Ingredients {
    profile: Profile,
    settings: Settings,
    facts: Facts,
}

/// Decides what to build.
///
/// # Errors
/// Returns all that is wrong with what was asked for, the profile and the fragments.
pub(super) fn plan(settings: Settings, edge: &Edge) -> Result<Planned, Problems> {
    let Ingredients {
        profile,
        settings,
        facts,
    } = ingredients(settings, edge)?;
    let resolution = resolve(&profile, &settings, &facts)?;
    Ok(Planned {
        outside_reads: outside_reads(&resolution.plan, &profile, &settings, edge),
        resolution,
        fragments: facts.fragments,
    })
}

/// Joins the Dockerfile of each target that was asked for.
///
/// # Errors
/// Returns all that is wrong with the choice, the profile and the fragments.
pub(super) fn dockerfiles(settings: Settings, edge: &Edge) -> Result<Vec<String>, Problems> {
    let Ingredients {
        profile,
        settings,
        facts,
    } = ingredients(settings, edge)?;
    let chosen = choose_fragments(&profile, &settings, &facts)?;
    let texts = chosen.iter().map(|names| {
        let composition = facts.fragments.compose(names)?;
        Ok(composition.join().text)
    });
    texts.collect()
}

fn ingredients(mut settings: Settings, edge: &Edge) -> Result<Ingredients, Problems> {
    settings.profile_dir = settings
        .profile_dir
        .map(|directory| directory.map(|path| real(edge.absolute(&path))));
    let directory = settings
        .profile_dir
        .as_ref()
        .map(|setting| setting.value.clone());
    let store = profiles::store(directory.as_deref(), edge)?;
    let framework = match &settings.framework {
        Some(framework) => framework.value.clone(),
        None => default_framework(&store.frameworks()),
    };
    let profile = store.load(&framework)?;
    let fragments = profiles::fragments(directory.as_deref(), edge)?;
    let context = context(&settings, edge)?;
    let secrets = known_secrets(&profile, &settings);
    let absent = secrets
        .into_iter()
        .filter(|secret| !exists(&secret.source.value, edge));
    let facts = Facts {
        checkout: Checkout::read(&context, &edge.git()),
        tree: SourceTree::read(&context),
        host_platform: Platform::host(),
        source_date_epoch: source_date_epoch(edge)?,
        home: edge.environment.get("HOME").map(str::to_owned),
        absent_secrets: absent.map(|secret| secret.id).collect::<BTreeSet<_>>(),
        user: Some(HostUser {
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
        }),
        fragments,
    };
    settings.context = Some(match settings.context {
        Some(asked) => asked.map(|_| context),
        None => Setting::new(context, crate::plan::Origin::Host),
    });
    Ok(Ingredients {
        profile,
        settings,
        facts,
    })
}

fn default_framework(known: &[&str]) -> String {
    let found = DEFAULT_FRAMEWORKS.iter().find(|name| known.contains(name));
    (*found.unwrap_or(&DEFAULT_FRAMEWORKS[0])).to_owned()
}

/// Returns the build context as an absolute path without symbolic links.
fn context(settings: &Settings, edge: &Edge) -> Result<PathBuf, Problems> {
    let asked = settings
        .context
        .as_ref()
        .map(|setting| setting.value.as_path());
    let path = edge.context(asked);
    let wrong = |why: &str| {
        let message = format!("The build context `{}` {why}", path.display());
        Problem::new(Exit::Usage, message).hint("Name a directory: `--context DIR`")
    };
    let canonical = path.canonicalize().map_err(|error| {
        let mut problem = wrong("cannot be read");
        problem.causes.push(error.to_string());
        problem
    })?;
    if !canonical.is_dir() {
        return Err(wrong("is not a directory").into());
    }
    // A plan is a text, and would name another directory.
    if canonical.to_str().is_none() {
        return Err(wrong("has a name that is not UTF-8").into());
    }
    Ok(canonical)
}

/// Returns a path without symbolic links and `..`, if it exists.
fn real(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

/// Returns whether a secret's value is to be had on this machine.
fn exists(source: &SecretSource, edge: &Edge) -> bool {
    match source {
        SecretSource::Environment(name) => edge.environment.get(name).is_some(),
        // Also a pipe, as `<(…)` makes one; what else it is shows when it is read.
        SecretSource::File(path) => secret_file(path, edge).exists(),
    }
}

/// Returns where a secret's file is: `~/` is the home directory.
pub(super) fn secret_file(path: &str, edge: &Edge) -> PathBuf {
    match (path.strip_prefix("~/"), edge.environment.home()) {
        (Some(below), Some(home)) => home.join(below),
        _ => edge.absolute(Path::new(path)),
    }
}

fn source_date_epoch(edge: &Edge) -> Result<Option<Timestamp>, Problem> {
    const NAME: &str = "SOURCE_DATE_EPOCH";
    let Some(text) = edge.environment.get(NAME) else {
        return Ok(None);
    };
    let seconds = text.parse().ok();
    let timestamp = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    match timestamp {
        Some(timestamp) => Ok(Some(timestamp)),
        None => Err(Problem::new(
            Exit::Usage,
            format!("`{NAME}` is `{text}`, not a number of seconds"),
        )
        .hint(format!(
            "Set it with `export {NAME}=$(git log -1 --format=%ct)`, or unset it"
        ))),
    }
}
