//! Definitions of flags.

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagKind {
    /// Nothing, or `=true` and its like.
    Switch,
    /// As [`Self::Switch`], and also a next argument that is `TRUE` or `FALSE` (no image can have
    /// such a name, so docker's own grammar is untouched).
    SwitchOrWord,
    /// A value, named here as the help shows it.
    Value(&'static str),
}

/// What giving a flag again does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The last one counts.
    Replaces,
    /// They add up.
    Adds,
}

/// One flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlagDef {
    /// The long name, without dashes.
    pub name: &'static str,
    /// The one-letter name, without its dash.
    pub short: Option<char>,
    /// What it takes.
    pub kind: FlagKind,
    /// What giving it again does.
    pub repeat: Repeat,
    /// What it is for, in one line for the help; empty for a deprecated or second spelling, which
    /// the help leaves out.
    pub about: &'static str,
}

impl FlagDef {
    /// Defines a flag that is on or off.
    pub const fn switch(name: &'static str, about: &'static str) -> Self {
        Self::new(name, FlagKind::Switch, Repeat::Replaces, about)
    }

    /// Defines a flag with one value, of which the last counts.
    pub const fn value(name: &'static str, value: &'static str, about: &'static str) -> Self {
        Self::new(name, FlagKind::Value(value), Repeat::Replaces, about)
    }

    /// Defines a flag whose values add up.
    pub const fn list(name: &'static str, value: &'static str, about: &'static str) -> Self {
        Self::new(name, FlagKind::Value(value), Repeat::Adds, about)
    }

    const fn new(name: &'static str, kind: FlagKind, repeat: Repeat, about: &'static str) -> Self {
        Self {
            name,
            short: None,
            kind,
            repeat,
            about,
        }
    }

    /// Gives the flag a one-letter name.
    #[must_use]
    pub const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    /// Lets a switch also take a next argument `TRUE` or `FALSE`.
    #[must_use]
    pub const fn or_word(mut self) -> Self {
        self.kind = FlagKind::SwitchOrWord;
        self
    }
}

/// Lists flags, one a line: the constructor with its arguments, and perhaps a letter.
macro_rules! flags {
    ($($takes:ident($($part:literal),+) $(short $letter:literal)?;)*) => {
        &[$(FlagDef::$takes($($part),+)$(.short($letter))?),*]
    };
}

pub(super) use flags;

/// All flags that a command knows.
#[derive(Clone, Debug)]
pub struct FlagTable {
    defs: Vec<&'static FlagDef>,
}

impl FlagTable {
    /// Puts a table together. A definition replaces an earlier one of the same name.
    pub fn new(parts: &[&'static [FlagDef]]) -> Self {
        let mut defs: Vec<&'static FlagDef> = Vec::new();
        for def in parts.iter().copied().flatten() {
            match defs.iter_mut().find(|known| known.name == def.name) {
                Some(known) => *known = def,
                None => defs.push(def),
            }
        }
        Self { defs }
    }

    /// Returns all definitions, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = &'static FlagDef> {
        self.defs.iter().copied()
    }

    /// Returns the flag with this long name.
    pub fn long(&self, name: &str) -> Option<&'static FlagDef> {
        self.iter().find(|def| def.name == name)
    }

    /// Returns the flag with this letter.
    pub fn short(&self, letter: char) -> Option<&'static FlagDef> {
        self.iter().find(|def| def.short == Some(letter))
    }
}
