//! The one rule by which a profile takes over what it inherits.
//!
//! The nearer file wins, key by key. Tables merge by name; a list or a value replaces the inherited
//! one; `[[when]]` blocks of the parent come before the profile's own, so that its own match last.

use super::source_file::Located;

/// A value that can be completed with an inherited one.
pub trait Merge {
    /// Returns the value, completed with what only the parent has.
    #[must_use]
    fn merge(self, parent: Self) -> Self;
}

impl<T> Merge for Option<T> {
    fn merge(self, parent: Self) -> Self {
        self.or(parent)
    }
}

/// What the parent has comes first: of what both name, the last one counts.
impl<T> Merge for Vec<T> {
    fn merge(self, mut parent: Self) -> Self {
        parent.extend(self);
        parent
    }
}

impl<T> Merge for Located<T> {
    fn merge(self, _parent: Self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_value_wins() {
        assert_eq!(Some(1).merge(Some(2)), Some(1));
        assert_eq!(None.merge(Some(2)), Some(2));
        assert_eq!(Some(1).merge(None), Some(1));
    }
}
