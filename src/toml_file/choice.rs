//! Values that are one of a few words.

use super::error::FileError;
use super::reader::{FromToml, Node, Reader};

/// An enum that is written as one of a few words.
pub(crate) trait Choice: Copy + 'static {
    /// What the words name, for example `source`.
    const WHAT: &'static str;
    /// Every word and its value.
    const ALL: &'static [(&'static str, Self)];
}

impl<T: Choice> FromToml for T {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        let word = String::from_toml(key, node, reader)?;
        let found = T::ALL.iter().find(|(name, _)| *name == word);
        if found.is_none() {
            let at = reader.at(node.span());
            reader.report(FileError::UnknownValue {
                what: T::WHAT,
                value: word,
                valid: T::ALL.iter().map(|(name, _)| (*name).to_owned()).collect(),
                at,
            });
        }
        found.map(|(_, value)| *value)
    }
}

/// A word that is none of those that its kind has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no {what}; there are {}", valid.join(", "))]
pub struct UnknownWord {
    /// What the words name.
    pub what: &'static str,
    /// The word.
    pub word: String,
    /// The words that there are.
    pub valid: &'static [&'static str],
}

/// Defines an enum, its words, and its schema in one place.
macro_rules! choice {
    (
        $(#[$doc:meta])*
        pub enum $name:ident($what:literal) {
            $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            schemars::JsonSchema, serde::Serialize,
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $crate::toml_file::Choice for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }

        impl $name {
            /// Returns the word that stands for the value.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Returns the value that a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Returns every word.
            pub const fn words() -> &'static [&'static str] {
                &[$($word),*]
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::toml_file::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::from_word(word).ok_or_else(|| $crate::toml_file::UnknownWord {
                    what: $what,
                    word: word.to_owned(),
                    valid: Self::words(),
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use choice;

#[cfg(test)]
mod tests {
    use crate::profile::Source;

    #[test]
    fn words_are_read_and_others_refused_with_the_list() {
        assert_eq!("tree".parse(), Ok(Source::Tree));
        let error = "Tree".parse::<Source>().unwrap_err();
        insta::assert_snapshot!(error, @"`Tree` is no source; there are wheel, tree");
    }
}
