//! What people type who come from docker, and what it is here.

use clap::error::ContextKind;

use crate::profile::Store;

/// Words that are commands elsewhere.
const WORDS: &[(&str, &str)] = &[
    (
        "bake",
        "Build several images at once: `dynbuild --set NAME`",
    ),
    ("config", "Show what is decided: `dynbuild plan`"),
    ("down", "Did you mean `dynrun down`?"),
    ("exec", "Did you mean `dynrun exec`?"),
    ("images", "Use docker for it: `docker images`"),
    ("inspect", "Show what is decided: `dynbuild plan`"),
    ("logs", "Did you mean `dynrun logs`?"),
    ("prune", "Use docker for it: `docker builder prune`"),
    ("ps", "Did you mean `dynrun ps`?"),
    ("push", "Build and push: `dynbuild --push`"),
    ("run", "Did you mean `dynrun`?"),
    ("stop", "Did you mean `dynrun stop`?"),
    ("up", "Did you mean `dynrun up`?"),
    ("version", "Did you mean `dynbuild --version`?"),
];

/// Options of `docker build` that there are no such of here.
const OPTIONS: &[(&str, &str)] = &[
    ("-D", "Did you mean `--verbose`?"),
    ("--debug", "Did you mean `--verbose`?"),
    ("-f", NO_DOCKERFILE),
    ("--file", NO_DOCKERFILE),
    ("--force-rm", NO_STEP_CONTAINERS),
    ("--rm", NO_STEP_CONTAINERS),
    ("--compress", "Leave it out: only what changed is sent"),
    (
        "--squash",
        "Leave it out: BuildKit does not squash; stages keep layers few",
    ),
];

const NO_DOCKERFILE: &str = "Name the directory of profiles and fragments with `--profile-dir DIR`; \
                             a Dockerfile alone is built by `docker buildx build`";
const NO_STEP_CONTAINERS: &str = "Leave it out: no containers of steps are left behind";

/// Returns what was probably meant by a line that clap refuses.
pub(super) fn hint(error: &clap::Error) -> Option<String> {
    let text = |kind| error.get(kind).map(ToString::to_string);
    if let Some(word) = text(ContextKind::InvalidSubcommand) {
        return of_word(&word);
    }
    let argument = text(ContextKind::InvalidArg)?;
    if !argument.starts_with('-') {
        return of_word(&argument);
    }
    let option = argument.split('=').next().unwrap_or_default();
    find(OPTIONS, option)
}

fn of_word(word: &str) -> Option<String> {
    let is_address = word.contains("://") || word.starts_with("git@");
    if !is_address && (word.starts_with('.') || word.contains('/')) {
        let directory = shell_words::quote(word);
        return Some(format!("Name the build context: `--context {directory}`"));
    }
    let framework = || {
        let is_known = Store::embedded().has(word);
        is_known.then(|| format!("Did you mean `--framework {word}`?"))
    };
    find(WORDS, word).or_else(framework)
}

fn find(table: &[(&str, &str)], word: &str) -> Option<String> {
    let mut rows = table.iter();
    let row = rows.find(|(name, _)| *name == word);
    row.map(|(_, hint)| (*hint).to_owned())
}
