//! What completions offer: the frameworks, targets, devices and features of the profiles at hand.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap_complete::CompletionCandidate;

use super::{sets, user_file};
use crate::cli::edge::Edge;
use crate::cli::environment::Environment;
use crate::cli::profiles;
use crate::profile::{Profile, Store};
use crate::toml_file::{Located, Merge as _};
use crate::ui::Settings;

pub(super) fn frameworks(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, |profile, out| {
        let names = profile.framework.iter();
        let names = names.chain(profile.aliases.iter().flatten());
        out.extend(names.map(|name| candidate(name, profile.description.as_ref())));
    })
}

pub(super) fn targets(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, |profile, out| {
        let targets = profile.targets.iter();
        out.extend(targets.map(|(name, target)| candidate(name, target.description.as_ref())));
    })
}

pub(super) fn devices(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, |profile, out| {
        out.extend(profile.devices.names().map(CompletionCandidate::new));
    })
}

pub(super) fn features(current: &OsStr) -> Vec<CompletionCandidate> {
    offered(current, |profile, out| {
        out.extend(profile.features.names().map(CompletionCandidate::new));
    })
}

pub(super) fn sets(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(edge) = edge() else {
        return Vec::new();
    };
    let words: Vec<OsString> = std::env::args_os().collect();
    let context = value(&words, &["--context", "-C"]).map(Path::new);
    let repository = sets::of_repository(&edge.context(context)).unwrap_or_default();
    let own = user_file::read(&edge.environment);
    let all = own
        .map(|own| own.sets)
        .unwrap_or_default()
        .merge(repository);
    let typed = current.to_string_lossy();
    let offered = all
        .iter()
        .filter(|(name, _)| name.value.starts_with(&*typed));
    offered
        .map(|(name, set)| candidate(name, set.description.as_ref()))
        .collect()
}

fn candidate(name: &Located<String>, about: Option<&Located<String>>) -> CompletionCandidate {
    let about = about.map(|text| text.value.clone().into());
    CompletionCandidate::new(&name.value).help(about)
}

/// Returns what the profiles offer that begins with what was typed, each once. Profiles that cannot
/// be read offer nothing: a completion has no place for errors.
fn offered(
    current: &OsStr,
    of_profile: impl Fn(&Profile, &mut Vec<CompletionCandidate>),
) -> Vec<CompletionCandidate> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let mut candidates = Vec::new();
    for profile in profiles(&words).unwrap_or_default() {
        of_profile(&profile, &mut candidates);
    }
    let typed = current.to_string_lossy();
    candidates.retain(|candidate| candidate.get_value().to_string_lossy().starts_with(&*typed));
    candidates.sort_by(|a, b| a.get_value().cmp(b.get_value()));
    candidates.dedup_by(|a, b| a.get_value() == b.get_value());
    candidates
}

fn edge() -> Option<Edge> {
    let environment = Environment::read().ok()?;
    Some(Edge::new(environment, Settings::default()))
}

/// Returns the profile that the line names, else all of them.
fn profiles(words: &[OsString]) -> Option<Vec<Profile>> {
    let edge = edge()?;
    let directory = value(words, &["--profile-dir"]);
    let directory = profiles::directory(directory.map(Path::new), &edge);
    let store: Store = profiles::store(directory.as_deref(), &edge).ok()?;
    let named = value(words, &["--framework", "-F"]);
    let named = named.or_else(|| edge.environment.get("DYNBUILD_FRAMEWORK"));
    let one = named.and_then(|name| store.load(name).ok());
    match one {
        Some(profile) => Some(vec![profile]),
        None => store.load_all().ok(),
    }
}

/// Returns the last value of an option in a line that may not be complete.
fn value<'w>(words: &'w [OsString], names: &[&str]) -> Option<&'w str> {
    let mut found = None;
    for (index, word) in words.iter().enumerate() {
        let word = word.to_str().unwrap_or_default();
        if names.contains(&word) {
            found = words.get(index + 1).and_then(|value| value.to_str());
        } else if let Some((name, value)) = word.split_once('=')
            && names.contains(&name)
        {
            found = Some(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_on_the_line_counts() {
        let words = ["dynbuild", "-F", "a", "--framework=b", "--target"].map(OsString::from);
        assert_eq!(value(&words, &["--framework", "-F"]), Some("b"));
        assert_eq!(value(&words, &["--profile-dir"]), None);
    }
}
