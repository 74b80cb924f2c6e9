//! What a flag does, and how it says no.

use std::error::Error;

use super::Draft;
use crate::docker::Hinted;
use crate::docker::number::{NumberError, integer};

/// The effect of one flag on the draft.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// The flag is on or off.
    Switch(fn(&mut Draft<'_>, bool)),
    /// The flag has a value, which may be wrong.
    Value(SetValue),
    /// The flag has a value that is kept as it is.
    Text(Field<Option<String>>),
    /// The flag adds a value that is kept as it is.
    Texts(Field<Vec<String>>),
    /// The flag has a whole number.
    Integer(Field<Option<i64>>),
}

type SetValue = fn(&mut Draft<'_>, &str) -> Result<(), Refusal>;

/// Where in the draft a value is kept.
type Field<T> = for<'a> fn(&'a mut Draft<'_>) -> &'a mut T;

impl Effect {
    /// Switches a flag that has no value on or off.
    pub fn switch(self, draft: &mut Draft<'_>, on: bool) {
        if let Self::Switch(set) = self {
            set(draft, on);
        }
    }

    /// Applies the value of a flag.
    ///
    /// # Errors
    /// Says why the value is invalid.
    pub fn set(self, draft: &mut Draft<'_>, text: &str) -> Result<(), Refusal> {
        match self {
            Self::Switch(_) => {}
            Self::Value(set) => set(draft, text)?,
            Self::Text(field) => *field(draft) = Some(text.to_owned()),
            Self::Texts(field) => field(draft).push(text.to_owned()),
            Self::Integer(field) => *field(draft) = Some(integer(text)?),
        }
        Ok(())
    }
}

/// A flag of `docker run` and its effect.
#[derive(Clone, Copy, Debug)]
pub struct RunOption {
    /// The long name, as in [`crate::docker::run_flags`].
    pub name: &'static str,
    /// What it does.
    pub effect: Effect,
}

/// A flag whose value changes one thing of the draft: `value!("pid", text => spec.pid = …)`.
macro_rules! value {
    ($name:literal, $text:ident => $($change:tt)+) => {
        RunOption::value($name, |draft, $text| {
            draft.$($change)+;
            Ok(())
        })
    };
}
pub(super) use value;

pub(super) fn unless_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

impl RunOption {
    pub(super) const fn switch(name: &'static str, set: fn(&mut Draft<'_>, bool)) -> Self {
        let effect = Effect::Switch(set);
        Self { name, effect }
    }

    pub(super) const fn value(name: &'static str, set: SetValue) -> Self {
        let effect = Effect::Value(set);
        Self { name, effect }
    }

    pub(super) const fn text(name: &'static str, field: Field<Option<String>>) -> Self {
        let effect = Effect::Text(field);
        Self { name, effect }
    }

    pub(super) const fn texts(name: &'static str, field: Field<Vec<String>>) -> Self {
        let effect = Effect::Texts(field);
        Self { name, effect }
    }

    pub(super) const fn integer(name: &'static str, field: Field<Option<i64>>) -> Self {
        let effect = Effect::Integer(field);
        Self { name, effect }
    }
}

/// Why a value is wrong, and what fixes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One line without a trailing period.
    pub why: String,
    /// What the reader can do.
    pub hint: Option<String>,
}

impl Refusal {
    /// Says why.
    pub fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: None,
        }
    }

    /// Tells the first of several errors.
    pub(super) fn first<E: Hinted>(errors: Vec<E>) -> Self {
        let first = errors.into_iter().next();
        first.map_or_else(|| Self::new("cannot be read"), Self::from)
    }

    /// Puts an error and its causes into one line.
    fn explain(error: &dyn Error) -> Self {
        let mut why = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            why = format!("{why}: {cause}");
            source = cause.source();
        }
        Self::new(why)
    }

    /// Says what fixes it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl<E: Hinted> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self {
            hint: error.hint(),
            ..Self::explain(&error)
        }
    }
}

impl From<NumberError> for Refusal {
    fn from(error: NumberError) -> Self {
        Self::explain(&error)
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::explain(&error)
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::explain(&error)
    }
}
