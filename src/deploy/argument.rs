//! Words of a member's command and variables of its environment, each with its origin.

use std::fmt::Display;

use crate::launch::flag::Origin;

/// A flag of a command, or the words before its flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The words.
    pub words: Vec<String>,
    /// Where they come from.
    pub origin: Origin,
}

impl Argument {
    /// A flag that is derived.
    pub fn derived(
        flag: &str,
        value: impl IntoIterator<Item = impl ToString>,
        from: impl Into<String>,
    ) -> Self {
        let value = value.into_iter().map(|word| word.to_string());
        Self {
            words: [flag.to_owned()].into_iter().chain(value).collect(),
            origin: Origin::Derived(from.into()),
        }
    }

    /// Returns the flag's name without dashes.
    pub fn name(&self) -> &str {
        let word = self.words.first().map_or("", String::as_str);
        word.trim_start_matches('-')
    }
}

/// A variable of a member's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Variable {
    /// A variable that is derived.
    pub fn derived(name: &str, value: impl Display, from: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_string(),
            origin: Origin::Derived(from.into()),
        }
    }
}
