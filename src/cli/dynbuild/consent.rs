//! What a profile that is not built in reads outside of its repository.
//!
//! Whoever clones a repository and builds with its profiles may not know them. What such a profile
//! has in its own repository, or in the build context, goes without asking; for a secret in the home
//! directory, or a context such as `/etc/ssl`, we want a yes, as `docker buildx bake` does: `--allow`,
//! or `allow` in the user's own file.

use std::path::{Path, PathBuf};

use super::secret_values::secret_file;
use crate::cli::edge::{Edge, real};
use crate::docker::named_context::ContextPlace;
use crate::git;
use crate::plan::{BuildPlan, SecretSource, Setting, Settings, known_secrets};
use crate::problem::{Problem, Problems};
use crate::profile::Profile;
use crate::toml_file::Location;

/// A place outside that a profile wants to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutsideRead {
    /// What it is for, for example ``the secret `key` ``.
    purpose: String,
    path: PathBuf,
    at: Location,
}

/// Returns what the builds of a plan read outside because of profiles in a directory.
pub(super) fn outside_reads(
    plan: &BuildPlan,
    profile: &Profile,
    settings: &Settings,
    edge: &Edge,
) -> Vec<OutsideRead> {
    let Some(directory) = &settings.profile_dir else {
        return Vec::new();
    };
    let directory = &directory.value;
    let mut reads = secrets(plan, profile, settings, edge);
    reads.extend(contexts(plan, profile, settings));
    let context = settings.context.iter().map(|context| context.value.clone());
    let repository = git::top_directory(directory);
    let insides: Vec<_> = context
        .chain([repository.unwrap_or_else(|| directory.clone())])
        .map(|inside| real(&inside))
        .collect();
    reads.retain(|read| {
        let is_of_stranger = Path::new(&read.at.file.name).starts_with(directory);
        let place = real(&read.path);
        is_of_stranger && !insides.iter().any(|inside| place.starts_with(inside))
    });
    reads.dedup();
    reads
}

fn secrets(
    plan: &BuildPlan,
    profile: &Profile,
    settings: &Settings,
    edge: &Edge,
) -> Vec<OutsideRead> {
    let known = known_secrets(profile, settings);
    let planned = plan.targets.iter().flat_map(|target| &target.secrets);
    let reads = planned.filter_map(|secret| {
        let SecretSource::File(path) = &secret.source else {
            return None;
        };
        let known = known.iter().find(|known| known.id == secret.id)?;
        let at = known.source.origin.line()?;
        Some(OutsideRead {
            purpose: format!("the secret `{}`", secret.id),
            path: secret_file(path, edge),
            at: at.clone(),
        })
    });
    reads.collect()
}

fn contexts(plan: &BuildPlan, profile: &Profile, settings: &Settings) -> Vec<OutsideRead> {
    let planned = plan.targets.iter().flat_map(|target| &target.contexts);
    let reads = planned.filter_map(|(name, context)| {
        let (ContextPlace::Directory(path)
        | ContextPlace::Layout {
            directory: path, ..
        }) = &context.place
        else {
            return None;
        };
        let mut asked = settings.contexts.iter();
        if asked.any(|asked| asked.value.name == *name) {
            return None;
        }
        let mut written = profile.contexts.iter();
        let (_, place) = written.find(|(written, _)| written.value == *name)?;
        Some(OutsideRead {
            purpose: format!("the build context `{name}`"),
            path: path.clone(),
            at: place.at.clone(),
        })
    });
    reads.collect()
}

/// Returns what nobody has allowed.
fn refused<'r>(
    reads: &'r [OutsideRead],
    allowed: &[Setting<String>],
    edge: &Edge,
) -> Vec<&'r OutsideRead> {
    let place = |path: &Setting<String>| real(&secret_file(&path.value, edge));
    let places: Vec<_> = allowed.iter().map(place).collect();
    let is_allowed = |read: &&OutsideRead| {
        let path = real(&read.path);
        places.iter().any(|place| path.starts_with(place))
    };
    reads.iter().filter(|read| !is_allowed(read)).collect()
}

/// Says what is read, and what of it would still want a yes; for commands that only show.
pub(super) fn tell(reads: &[OutsideRead], allowed: &[Setting<String>], edge: &mut Edge) {
    let refused = refused(reads, allowed, edge);
    for read in reads {
        let note = if refused.contains(&read) {
            format!("{}; a build wants `{}`", read.message(), read.option())
        } else {
            format!("The profile reads {}, as allowed", read.place())
        };
        edge.ui.note(&note);
    }
}

/// Checks that everything was allowed.
///
/// # Errors
/// Returns what was not.
pub(super) fn check(
    reads: &[OutsideRead],
    allowed: &[Setting<String>],
    edge: &Edge,
) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for read in refused(reads, allowed, edge) {
        let problem = Problem::usage(read.message());
        let hint = format!("If you trust the profile, allow it: `{}`", read.option());
        let excerpt = read.at.excerpt("outside of its repository");
        let always = format!(
            "To allow it in every build: `allow = [\"fs.read={}\"]` in your own file",
            read.path.display()
        );
        problems.push(problem.excerpt(excerpt).hint(hint).hint(always));
    }
    Problems(problems).or(())
}

impl OutsideRead {
    fn message(&self) -> String {
        format!("The profile wants to read {}", self.place())
    }

    fn place(&self) -> String {
        format!("`{}` for {}", self.path.display(), self.purpose)
    }

    fn option(&self) -> String {
        let path = self.path.display().to_string();
        format!("--allow {}", shell_words::quote(&format!("fs.read={path}")))
    }
}
