//! Flags and variables that people wrote, over those that are derived.

use crate::deploy::argument::{Argument, Variable};
use crate::deploy::file::FlagArgs;
use crate::launch::flag::Origin;
use crate::profile::Args;

/// Adds written flags: each replaces what is derived or written before under the same name.
pub(super) fn add_flags(arguments: &mut Vec<Argument>, args: &FlagArgs, skip: &[&str]) {
    for (name, value) in args
        .iter()
        .filter(|(name, _)| !skip.contains(&name.as_str()))
    {
        let argument = Argument {
            words: value.value.words(&name.value),
            origin: Origin::Profile(value.at.to_string()),
        };
        let positive = name.value.strip_prefix("no-").unwrap_or(&name.value);
        arguments.retain(|known| {
            let known = known.name();
            known != name.value && known.strip_prefix("no-").unwrap_or(known) != positive
        });
        arguments.push(argument);
    }
}

/// Adds written variables: each replaces the one of the same name.
pub(super) fn add_variables(variables: &mut Vec<Variable>, env: &Args) {
    for (name, value) in env.iter() {
        variables.retain(|known| known.name != name.value);
        variables.push(Variable {
            name: name.value.clone(),
            value: value.value.0.clone(),
            origin: Origin::Profile(value.at.to_string()),
        });
    }
}
