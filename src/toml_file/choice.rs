//! Values that are one of a few words.

use super::error::FileError;
use super::reader::{FromToml, Node, Reader};
use crate::text::Words;

/// An enum of words in a file.
pub(crate) trait Choice: Words {
    /// What the words name, for example `source`.
    const WHAT: &'static str;
}

impl<T: Choice> FromToml for T {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        let word = String::from_toml(key, node, reader)?;
        let found = Self::from_word(&word);
        if found.is_none() {
            let at = reader.at(node.span());
            reader.report(FileError::UnknownValue {
                what: T::WHAT,
                value: word,
                valid: T::WORDS.iter().map(ToString::to_string).collect(),
                at,
            });
        }
        found
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
        $crate::text::words! {
            $(#[$doc])*
            #[derive(Hash, PartialOrd, Ord, schemars::JsonSchema, serde::Serialize)]
            pub enum $name {
                $($(#[$variant_doc])* #[serde(rename = $word)] $variant = $word,)*
            }
        }

        impl $crate::toml_file::Choice for $name {
            const WHAT: &'static str = $what;
        }

        impl $name {
            /// Returns the value that a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                $crate::text::Words::from_word(word)
            }

            /// Returns every word.
            pub const fn words() -> &'static [&'static str] {
                <Self as $crate::text::Words>::WORDS
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
