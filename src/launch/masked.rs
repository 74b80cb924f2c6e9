//! Launches as they are shown: without the values of variables that look like tokens.

use super::decision::Launch;
use super::flag::Flag;
use super::note::Note;
use crate::docker::env::EnvVar;
use crate::docker::run_flags::Given;

/// How the names of such variables end.
const ENDINGS: [&str; 6] = [
    "TOKEN",
    "API_KEY",
    "ACCESS_KEY",
    "SECRET",
    "PASSWORD",
    "PASSWD",
];

/// Returns a launch for showing, and what to tell of it. A line takes the values from the
/// environment, as `docker run -e NAME` does; a request has a placeholder.
pub fn masked(launch: &Launch) -> (Launch, Option<Note>) {
    let mut shown = launch.clone();
    for flag in &mut shown.flags {
        mask_flag(flag);
    }
    for variable in &mut shown.spec.process.env {
        if variable.value().is_some() && is_token(variable.name()) {
            *variable = EnvVar::new(variable.name(), "<not shown>");
        }
    }
    let hidden = shown.spec.process.env != launch.spec.process.env;
    let note = hidden.then(|| Note::new(TOLD));
    (shown, note)
}

const TOLD: &str = "The values of variables that look like tokens are not shown; the line takes them \
     from the environment";

fn mask_flag(flag: &mut Flag) {
    let Given::Value(assignment) = &mut flag.given else {
        return;
    };
    let name = assignment.split_once('=').map(|(name, _)| name.to_owned());
    if let Some(name) = name.filter(|name| flag.name == "env" && is_token(name)) {
        *assignment = name;
    }
}

fn is_token(name: &str) -> bool {
    let name = name.to_uppercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}
