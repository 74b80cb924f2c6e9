//! Flags of `docker run` on their way to the specification, each with its origin.

use std::fmt;

use crate::docker::run_flags::{CONTAINER, FlagDef, Given, RUN};

/// Why a flag is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was typed.
    Typed,
    /// A profile has it; `file:line`.
    Profile(String),
    /// Another flag of dynrun implies it.
    Implied(&'static str),
    /// dynrun always does so; the reason.
    Standard(&'static str),
    /// A deployment derives it; what from.
    Derived(String),
    /// It was rewritten to what the engine can do.
    Negotiated {
        /// The value before.
        from: String,
        /// The reason.
        why: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Typed => f.write_str("given"),
            Self::Profile(place) => f.write_str(place),
            Self::Implied(flag) => write!(f, "implied by `{flag}`"),
            Self::Standard(reason) => write!(f, "dynrun's default: {reason}"),
            Self::Derived(from) => write!(f, "derived: {from}"),
            Self::Negotiated { from, why } => write!(f, "was `{from}`: {why}"),
        }
    }
}

/// One flag of `docker run`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The long name.
    pub name: &'static str,
    /// Its value, or whether it is on.
    pub given: Given,
    /// Why it is there.
    pub origin: Origin,
}

impl Flag {
    /// A flag with a value.
    pub fn value(name: &'static str, value: impl Into<String>, origin: Origin) -> Self {
        Self {
            name,
            given: Given::Value(value.into()),
            origin,
        }
    }

    /// A flag that is on.
    pub fn on(name: &'static str, origin: Origin) -> Self {
        Self::switch(name, true, origin)
    }

    /// A flag that is on or off.
    pub fn switch(name: &'static str, on: bool, origin: Origin) -> Self {
        Self {
            name,
            given: Given::Switch(on),
            origin,
        }
    }

    /// Returns the value as text; `true` or `false` for a switch.
    pub fn text(&self) -> &str {
        match &self.given {
            Given::Value(value) => value,
            Given::Switch(true) => "true",
            Given::Switch(false) => "false",
        }
    }

    /// Returns the flag as `docker run` takes it, in one or two words.
    pub fn words(&self) -> Vec<String> {
        let name = match self.definition().and_then(|flag| flag.short) {
            // Letters are for what everybody types with letters.
            Some(letter) if "itdepvwu".contains(letter) => format!("-{letter}"),
            _ => format!("--{}", self.name),
        };
        match &self.given {
            Given::Switch(true) => vec![name],
            Given::Switch(false) => vec![format!("--{}=false", self.name)],
            Given::Value(value) => vec![name, value.clone()],
        }
    }

    fn definition(&self) -> Option<&'static FlagDef> {
        CONTAINER
            .iter()
            .chain(RUN)
            .find(|flag| flag.name == self.name)
    }
}

/// Questions to a list of flags.
pub trait Flags {
    /// Returns all flags of this name.
    fn named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a Flag>;

    /// Returns whether there is a flag of this name.
    fn has(&self, name: &str) -> bool;

    /// Returns the last value of this name.
    fn latest<'a>(&'a self, name: &'a str) -> Option<&'a str>;
}

impl Flags for [Flag] {
    fn named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a Flag> {
        self.iter().filter(move |flag| flag.name == name)
    }

    fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    fn latest<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.named(name).next_back().map(Flag::text)
    }
}
