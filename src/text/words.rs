//! Enums whose values are words.

/// An enum that [`words`] defines.
pub trait Words: Copy + 'static {
    /// Every value.
    const ALL: &'static [Self];
    /// The word of every value.
    const WORDS: &'static [&'static str];

    /// Returns the value that a word stands for.
    fn from_word(word: &str) -> Option<Self>;
}

/// Defines an enum, the word of each value and perhaps further spellings of it. With an error, and
/// what makes that of any other word, the enum can be parsed.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident $(($error:ty, $refuse:path))? {
            $($(#[$about:meta])* $variant:ident = $word:literal $(| $spelling:literal)*,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$about])* $variant,)*
        }

        impl $crate::text::Words for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),*];
            const WORDS: &'static [&'static str] = &[$($word),*];

            fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word $(| $spelling)* => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl $name {
            /// Returns the word that stands for the value.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        $(impl std::str::FromStr for $name {
            type Err = $error;

            fn from_str(word: &str) -> Result<Self, $error> {
                $crate::text::Words::from_word(word).ok_or_else(|| $refuse(word.to_owned()))
            }
        })?

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
