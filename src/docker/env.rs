//! `--env NAME[=VALUE]`.

use std::fmt;
use std::str::FromStr;

use super::hinted::hinted;

/// A variable for a container.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvVar {
    name: String,
    value: Option<String>,
}

/// Why a variable could not be read. Never holds its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a variable has no name before its `=`")]
pub struct EnvError;

hinted!(
    EnvError,
    "write `NAME=VALUE`, or `NAME` to pass your own variable"
);

impl EnvVar {
    /// Makes a variable with a value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
        }
    }

    /// Returns the name, which is not empty; docker allows anything else but `=`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the value; nothing if only the name was given.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// Fills in a missing value from the caller's variables. If there is none, the name alone
    /// remains; the engine then takes the variable away that the image may set.
    #[must_use]
    pub fn or_from(mut self, lookup: impl Fn(&str) -> Option<String>) -> Self {
        if self.value.is_none() {
            self.value = lookup(&self.name);
        }
        self
    }
}

impl FromStr for EnvVar {
    type Err = EnvError;

    fn from_str(text: &str) -> Result<Self, EnvError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        if name.is_empty() {
            return Err(EnvError);
        }
        Ok(Self {
            name: name.to_owned(),
            value,
        })
    }
}

impl fmt::Display for EnvVar {
    /// Prints it as the engine is sent it, with its value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Debug for EnvVar {
    /// Shows the name only: values are often secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvVar")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_missing_value_is_looked_up() {
        let lookup = |name: &str| (name == "HOME").then(|| "/home/u".to_owned());
        let sent = |text: &str| text.parse::<EnvVar>().unwrap().or_from(lookup).to_string();
        assert_eq!(sent("HOME"), "HOME=/home/u");
        assert_eq!(sent("HOME="), "HOME=");
        assert_eq!(sent("OTHER"), "OTHER");
    }

    #[test]
    fn debug_does_not_show_the_value() {
        let token: EnvVar = "HF_TOKEN=hunter2".parse().unwrap();
        assert!(!format!("{token:?}").contains("hunter2"));
    }

    proptest! {
        #[test]
        fn what_is_read_is_printed_and_read_back(text in ".{0,12}") {
            if let Ok(variable) = text.parse::<EnvVar>() {
                prop_assert_eq!(variable.to_string(), text);
            }
        }
    }
}
