//! Flags applied to a specification, by docker's rules.

use super::facts::HostFacts;
use super::flag::Flag;
use super::image::Chosen;
use super::option::{self, Conflict, Draft, Refusal};
use super::spec::ContainerSpec;
use crate::docker::run_flags::Given;
use crate::problem::{Problem, ProblemKind, Problems, capitalized};

/// Why a flag cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The value is not one of the flag's.
    #[error("{}", said(flag, value, &refusal.why))]
    Value {
        /// The flag.
        flag: &'static str,
        /// What was given.
        value: String,
        /// Why not, and what fixes it.
        refusal: Refusal,
    },
    /// Docker has the flag, dynrun does not.
    #[error("`--{0}` is a flag of `docker run` that dynrun does not have")]
    LeftToDocker(&'static str),
    /// Two flags exclude each other.
    #[error(transparent)]
    Conflict(#[from] Conflict),
}

/// Names the value once: most reasons do already.
fn said(flag: &str, value: &str, why: &str) -> String {
    if why.contains(value) && !value.is_empty() {
        format!("Invalid `--{flag}`: {why}")
    } else {
        format!("Invalid value `{value}` for `--{flag}`: {why}")
    }
}

impl From<ApplyError> for Problem {
    fn from(error: ApplyError) -> Self {
        let mut problem = Self::new(ProblemKind::Usage, capitalized(&error.to_string()));
        let hint = match &error {
            ApplyError::Value { refusal, .. } => refusal.hint.as_deref(),
            ApplyError::LeftToDocker(_) => {
                Some("`dynrun --dry-run` prints a `docker run` line that you can add it to")
            }
            ApplyError::Conflict(_) => Some("Leave one of them out"),
        };
        problem.hints.extend(hint.map(capitalized));
        problem
    }
}

/// Applies flags in order.
///
/// # Errors
/// Returns what is wrong with any of the flags; if none is wrong, which of them exclude each
/// other.
pub fn specification(
    flags: &[Flag],
    host: &HostFacts,
    chosen: &Chosen,
) -> Result<ContainerSpec, Problems> {
    let mut draft = Draft::new(host);
    let errors: Vec<_> = flags
        .iter()
        .filter_map(|flag| apply(flag, &mut draft).err())
        .collect();
    if !errors.is_empty() {
        return Err(problems(errors));
    }
    let conflicts = |found: Vec<Conflict>| problems(found.into_iter().map(ApplyError::from));
    let mut spec = draft.finish().map_err(conflicts)?;
    spec.image.clone_from(&chosen.image);
    spec.command.clone_from(&chosen.command);
    Ok(spec)
}

fn apply(flag: &Flag, draft: &mut Draft<'_>) -> Result<(), ApplyError> {
    let Some(option) = option::find(flag.name) else {
        return Err(ApplyError::LeftToDocker(flag.name));
    };
    // The table's test keeps kinds and effects together.
    match &flag.given {
        Given::Switch(on) => option.effect.switch(draft, *on),
        Given::Value(value) => {
            let set = option.effect.set(draft, value);
            set.map_err(|refusal| ApplyError::Value {
                flag: flag.name,
                value: value.clone(),
                refusal,
            })?;
        }
    }
    Ok(())
}

fn problems(errors: impl IntoIterator<Item = ApplyError>) -> Problems {
    Problems(errors.into_iter().map(Problem::from).collect())
}
