//! Words of a member's command and variables of its environment, each with its origin.

use std::fmt::Display;

use super::file::FlagArgs;
use crate::launch::flag::{Flag, Origin};
use crate::profile::Args;

/// A flag of a command, or the words before its flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub words: Vec<String>,
    /// Where they come from.
    pub origin: Origin,
}

impl Argument {
    /// Words that are derived.
    pub fn derived(words: &[&str], from: &str) -> Self {
        Self {
            words: words.iter().map(|&word| word.to_owned()).collect(),
            origin: Origin::Derived(from.to_owned()),
        }
    }

    /// Returns the flag's name without dashes.
    pub fn name(&self) -> &str {
        let word = self.words.first().map_or("", String::as_str);
        word.trim_start_matches('-')
    }
}

/// A command in the making.
#[derive(Debug, Default)]
pub(super) struct Arguments(pub(super) Vec<Argument>);

impl Arguments {
    /// Adds a flag that is derived.
    pub(super) fn add(&mut self, flag: &str, value: impl Display, from: &str) {
        let words = [flag, &value.to_string()];
        self.0.push(Argument::derived(&words, from));
    }

    /// Adds a flag that is derived, if there is a value for it.
    pub(super) fn add_some(&mut self, flag: &str, value: Option<impl Display>, from: &str) {
        if let Some(value) = value {
            self.add(flag, value, from);
        }
    }

    /// Adds a flag without a value, if it is on.
    pub(super) fn switch(&mut self, flag: &str, on: bool, from: &str) {
        if on {
            self.0.push(Argument::derived(&[flag], from));
        }
    }

    /// Adds flags that people wrote: each replaces what is derived or written before under the same
    /// name.
    pub(super) fn write(&mut self, args: &FlagArgs, skip: &[&str]) {
        let written = args.iter();
        for (name, value) in written.filter(|(name, _)| !skip.contains(&name.as_str())) {
            let positive = name.value.strip_prefix("no-").unwrap_or(&name.value);
            self.0.retain(|known| {
                let known = known.name();
                known != name.value && known.strip_prefix("no-").unwrap_or(known) != positive
            });
            self.0.push(Argument {
                words: value.value.words(&name.value),
                origin: Origin::Profile(value.at.to_string()),
            });
        }
    }
}

/// Returns a flag of docker that is derived.
pub(super) fn derived(name: &'static str, value: impl Into<String>, from: &str) -> Flag {
    Flag::value(name, value, Origin::Derived(from.to_owned()))
}

/// A variable of a member's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// An environment in the making.
#[derive(Debug, Default)]
pub(super) struct Variables(pub(super) Vec<Variable>);

impl Variables {
    /// Adds a variable that is derived.
    pub(super) fn add(&mut self, name: &str, value: impl Display, from: &str) {
        self.0.push(Variable {
            name: name.to_owned(),
            value: value.to_string(),
            origin: Origin::Derived(from.to_owned()),
        });
    }

    /// Adds a variable that is derived, if there is a value for it.
    pub(super) fn add_some(&mut self, name: &str, value: Option<impl Display>, from: &str) {
        if let Some(value) = value {
            self.add(name, value, from);
        }
    }

    /// Adds variables that people wrote: each replaces the one of the same name.
    pub(super) fn write(&mut self, env: &Args) {
        for (name, value) in env.iter() {
            self.0.retain(|known| known.name != name.value);
            self.0.push(Variable {
                name: name.value.clone(),
                value: value.value.0.clone(),
                origin: Origin::Profile(value.at.to_string()),
            });
        }
    }
}
