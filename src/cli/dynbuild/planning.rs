//! From what was typed to a decided plan: gathers profile and facts, and resolves them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::consent::{OutsideRead, outside_reads};
use super::secret_values::secret_file;
use super::sets;
use crate::cli::edge::{Edge, real};
use crate::cli::profiles;
use crate::docker::platform::Platform;
use crate::git::Checkout;
use crate::plan::stages::Fragments;
use crate::plan::{
    Candidate, Expansion, Facts, HostUser, Origin, Product, Resolution, SecretSource, SetTable,
    Setting, Settings, choose_fragments, expand, known_secrets, resolve_all,
};
use crate::problem::{Problem, Problems};
use crate::profile::{Profile, Store};
use crate::text::utf8_rename;
use crate::toml_file::{Merge as _, Table};
use crate::tree::SourceTree;

/// A plan and the fragments that it is made of.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) resolution: Resolution,
    pub(super) fragments: Fragments,
    /// What wants a yes before it is built.
    pub(super) outside_reads: Vec<OutsideRead>,
    /// What has it.
    pub(super) allowed_reads: Vec<Setting<String>>,
}

/// What every plan of a run stands on, read once: profiles, fragments, and the build context.
pub(super) struct Ground {
    pub(super) store: Store,
    /// Sets that the repository names.
    sets: Table<SetTable>,
    context: PathBuf,
    pub(super) facts: Facts,
}

/// What plans are made from.
struct Ingredients {
    settings: Settings,
    products: Vec<Product>,
    candidates: BTreeMap<String, Candidate>,
    fragments: Fragments,
}

/// Decides what to build.
///
/// # Errors
/// Returns all that is wrong with what was asked for, the profile and the fragments.
pub(super) fn plan(mut settings: Settings, edge: &Edge) -> Result<Planned, Problems> {
    let ground = Ground::read(&mut settings, edge)?;
    planned(ground.ingredients(settings, None, edge)?, edge)
}

fn planned(ingredients: Ingredients, edge: &Edge) -> Result<Planned, Problems> {
    let expansion = ingredients.expand()?;
    let families = &expansion.families;
    let mut resolution = resolve_all(families)?;
    resolution.notes.extend(expansion.left_out);
    let mut reads = Vec::new();
    for family in families {
        let (profile, settings) = (family.profile, &family.settings);
        for read in outside_reads(&resolution.plan, profile, settings, edge) {
            if !reads.contains(&read) {
                reads.push(read);
            }
        }
    }
    Ok(Planned {
        outside_reads: reads,
        allowed_reads: ingredients.settings.allowed_reads.clone(),
        resolution,
        fragments: ingredients.fragments,
    })
}

/// Joins the Dockerfile of each target that was asked for.
///
/// # Errors
/// Returns all that is wrong with the choice, the profile and the fragments.
pub(super) fn dockerfiles(mut settings: Settings, edge: &Edge) -> Result<Vec<String>, Problems> {
    let ground = Ground::read(&mut settings, edge)?;
    let ingredients = ground.ingredients(settings, None, edge)?;
    let mut texts = Vec::new();
    for family in ingredients.expand()?.families {
        for names in choose_fragments(family.profile, &family.settings, family.facts)? {
            texts.push(ingredients.fragments.compose(&names)?.join().text);
        }
    }
    Ok(texts)
}

impl Ingredients {
    fn expand(&self) -> Result<Expansion<'_>, Problems> {
        expand(&self.products, &self.settings, &self.candidates)
    }
}

impl Ground {
    /// Reads everything for builds with these settings, whatever their framework.
    ///
    /// # Errors
    /// Fails where profiles, fragments or the context cannot be read.
    pub(super) fn read(settings: &mut Settings, edge: &Edge) -> Result<Self, Problems> {
        settle_directory(settings, edge);
        let directory = settings.profile_dir.as_ref();
        let directory = directory.map(|setting| setting.value.as_path());
        let store = profiles::store(directory, edge)?;
        let context = context(settings, edge)?;
        let facts = facts(&context, profiles::fragments(directory, edge)?, edge)?;
        Ok(Self {
            store,
            sets: sets::of_repository(&context)?,
            context,
            facts,
        })
    }

    /// Decides what to build of one profile.
    ///
    /// # Errors
    /// Returns all that is wrong with what was asked for, the profile and the fragments.
    pub(super) fn plan(
        &self,
        profile: &Profile,
        mut settings: Settings,
        edge: &Edge,
    ) -> Result<Planned, Problems> {
        settle_directory(&mut settings, edge);
        planned(self.ingredients(settings, Some(profile), edge)?, edge)
    }

    /// Gathers what a plan is made from; `profile` is that of the only framework, if it was loaded.
    fn ingredients(
        &self,
        mut settings: Settings,
        profile: Option<&Profile>,
        edge: &Edge,
    ) -> Result<Ingredients, Problems> {
        settings.sets = settings.sets.merge(self.sets.clone());
        let mut products = settings.take_products()?;
        for product in &mut products {
            if product.frameworks.is_empty() {
                let name = profiles::default_framework(&self.store).to_owned();
                product.frameworks.push(Setting::new(name, Origin::BuiltIn));
            }
        }
        self.settle(&mut settings);
        let mut candidates = BTreeMap::new();
        let mut problems = Problems::default();
        for asked in products.iter().flat_map(|product| &product.frameworks) {
            if candidates.contains_key(&asked.value) {
                continue;
            }
            match profile.map_or_else(|| self.load(asked), |profile| Ok(profile.clone())) {
                Ok(profile) => {
                    let facts = of_profile(&profile, &settings, &self.facts, edge);
                    candidates.insert(asked.value.clone(), Candidate { profile, facts });
                }
                Err(found) => problems.extend_new(found.0),
            }
        }
        problems.or(Ingredients {
            settings,
            products,
            candidates,
            fragments: self.facts.fragments.clone(),
        })
    }

    /// Loads the profile of a framework; whoever asked for one that there is not is named.
    fn load(&self, asked: &Setting<String>) -> Result<Profile, Problems> {
        let blamed = |problem: Problem| match &problem.excerpts[..] {
            [] => asked.origin.blamed_for(problem),
            // What is wrong in a file is shown there.
            [..] => problem,
        };
        let loaded = self.store.load(&asked.value);
        loaded.map_err(|Problems(found)| found.into_iter().map(blamed).collect())
    }

    /// Gives the settings the context that was read.
    fn settle(&self, settings: &mut Settings) {
        let context = self.context.clone();
        settings.context = Some(match settings.context.take() {
            Some(asked) => asked.map(|_| context),
            None => Setting::new(context, Origin::Host),
        });
    }
}

fn settle_directory(settings: &mut Settings, edge: &Edge) {
    settings.profile_dir = settings
        .profile_dir
        .take()
        .map(|directory| directory.map(|path| real(&edge.absolute(&path))));
}

/// Adds to the facts what depends on a profile: which of its secrets are missing here.
fn of_profile(profile: &Profile, settings: &Settings, facts: &Facts, edge: &Edge) -> Facts {
    let secrets = known_secrets(profile, settings).into_iter();
    let absent = secrets.filter(|secret| !exists(&secret.source.value, edge));
    Facts {
        absent_secrets: absent.map(|secret| secret.id).collect(),
        ..facts.clone()
    }
}

fn facts(context: &Path, fragments: Fragments, edge: &Edge) -> Result<Facts, Problems> {
    Ok(Facts {
        checkout: Checkout::read(context, &edge.git()),
        tree: SourceTree::read(context),
        host_platform: Platform::host(),
        source_date_epoch: source_date_epoch(edge)?,
        home: edge.environment.get("HOME").map(str::to_owned),
        absent_secrets: BTreeSet::new(),
        user: Some(HostUser {
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
        }),
        fragments,
    })
}

/// Returns the build context as an absolute path without symbolic links.
pub(super) fn context(settings: &Settings, edge: &Edge) -> Result<PathBuf, Problems> {
    let asked = settings
        .context
        .as_ref()
        .map(|setting| setting.value.as_path());
    let path = edge.context(asked);
    let wrong = |why: &str| {
        let message = format!("The build context `{}` {why}", path.display());
        Problem::usage(message).hint("Name a directory: `--context DIR`")
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
        let message = format!(
            "The build context `{}` has a name that is not UTF-8",
            canonical.display()
        );
        let rename = format!("Rename it: `{}`", utf8_rename(&canonical));
        return Err(Problem::usage(message).hint(rename).into());
    }
    Ok(canonical)
}

/// Returns whether a secret's value is to be had on this machine.
fn exists(source: &SecretSource, edge: &Edge) -> bool {
    match source {
        SecretSource::Environment(name) => edge.environment.get(name).is_some(),
        // Also a pipe, as `<(…)` makes one; what else it is shows when it is read.
        SecretSource::File(path) => secret_file(path, edge).exists(),
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
        None => Err(
            Problem::usage(format!("`{NAME}` is `{text}`, not a number of seconds")).hint(format!(
                "Set it with `export {NAME}=$(git log -1 --format=%ct)`, or unset it"
            )),
        ),
    }
}
