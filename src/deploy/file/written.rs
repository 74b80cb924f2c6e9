//! What the keys of a table say.

use crate::toml_file::{Located, Location};

/// A key that may not be written.
pub(crate) trait Written<T> {
    fn value(&self) -> Option<T>
    where
        T: Copy;

    fn value_or(&self, usual: T) -> T
    where
        T: Copy,
    {
        self.value().unwrap_or(usual)
    }

    fn text(&self) -> Option<&str>
    where
        T: AsRef<str>;

    fn place(&self) -> Option<&Location>;
}

impl<T> Written<T> for Option<Located<T>> {
    fn value(&self) -> Option<T>
    where
        T: Copy,
    {
        self.as_ref().map(|written| written.value)
    }

    fn text(&self) -> Option<&str>
    where
        T: AsRef<str>,
    {
        self.as_ref().map(|written| written.value.as_ref())
    }

    fn place(&self) -> Option<&Location> {
        self.as_ref().map(|written| &written.at)
    }
}
