//! The tag of an image.

use std::fmt;
use std::str::FromStr;

use crate::docker::as_text::as_text;
use crate::docker::hinted::Hinted;

/// A tag: letters, digits, `_`, `.` and `-`, at most 128 of them, the first no `.` or `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

/// Why a text is no tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// There is nothing, or nothing that a tag may hold.
    #[error("tag `{0}` is empty")]
    Empty(String),
    /// It holds a character that no tag may hold.
    #[error("tag `{tag}` holds a {character:?}")]
    Character {
        /// The text.
        tag: String,
        /// The first wrong character.
        character: char,
    },
    /// It begins with `.` or `-`.
    #[error("tag `{0}` begins with `.` or `-`")]
    Start(String),
    /// It is longer than 128 characters.
    #[error("tag `{0}` is longer than 128 characters")]
    TooLong(String),
}

impl Hinted for TagError {
    fn hint(&self) -> Option<String> {
        let words = match self {
            Self::Empty(_) => "write a tag such as `latest`, or leave the colon out".to_owned(),
            Self::Character { tag, .. } | Self::Start(tag) | Self::TooLong(tag) => {
                match Tag::sanitized(tag) {
                    Ok(sanitized) => format!("write `{}`", sanitized.tag),
                    Err(_) => "tags hold letters, digits, `_`, `.` and `-`".to_owned(),
                }
            }
        };
        Some(words)
    }
}

/// A tag made from any text, and what had to be changed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sanitized {
    /// The tag.
    pub tag: Tag,
    /// What is different from the text, for people; nothing if it was a tag already.
    pub reason: Option<String>,
}

impl Tag {
    /// The most characters that a tag may have.
    pub const MAX: usize = 128;

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes a tag from a text such as a branch name: `feature/x` becomes `feature-x`.
    ///
    /// Fails if nothing of the text can be in a tag.
    pub fn sanitized(text: &str) -> Result<Sanitized, TagError> {
        Self::shortened(text, Self::MAX)
    }

    /// Does the same, and keeps at most so many characters, for a tag that holds more than the text.
    pub fn shortened(text: &str, most: usize) -> Result<Sanitized, TagError> {
        let replaced: String = text
            .chars()
            .map(|c| if is_tag_char(c) { c } else { '-' })
            .collect();
        let trimmed = replaced.trim_start_matches(['-', '.']);
        let cut = &trimmed[..trimmed.len().min(most)];
        let tag = cut.trim_end_matches('-');
        let tag = if replaced == text && cut.len() == replaced.len() {
            cut
        } else {
            tag
        };
        if tag.is_empty() {
            return Err(TagError::Empty(text.to_owned()));
        }
        let changes = [
            (
                replaced != text,
                "characters that no tag may hold are now `-`",
            ),
            (
                trimmed.len() != replaced.len(),
                "a tag cannot begin with `-` or `.`",
            ),
            (
                cut.len() != trimmed.len(),
                "a tag has at most 128 characters",
            ),
        ];
        let reasons: Vec<_> = changes
            .into_iter()
            .filter_map(|(changed, why)| changed.then_some(why))
            .collect();
        let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
        Ok(Sanitized {
            tag: Self(tag.to_owned()),
            reason,
        })
    }
}

fn is_tag_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        let tag = || text.to_owned();
        if let Some(character) = text.chars().find(|c| !is_tag_char(*c)) {
            return Err(TagError::Character {
                tag: tag(),
                character,
            });
        }
        match text {
            "" => Err(TagError::Empty(tag())),
            _ if text.starts_with(['.', '-']) => Err(TagError::Start(tag())),
            _ if text.len() > Self::MAX => Err(TagError::TooLong(tag())),
            _ => Ok(Self(tag())),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

as_text!(Tag);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("v1.0_x", "v1.0_x", None; "a tag already")]
    #[test_case("a-", "a-", None; "a dash at the end is fine")]
    #[test_case("feature/x y", "feature-x-y", Some("characters that no tag may hold are now `-`"); "a branch")]
    #[test_case("-.x", "x", Some("a tag cannot begin with `-` or `.`"); "a wrong start")]
    #[test_case("/é/x/", "x", Some("characters that no tag may hold are now `-`; a tag cannot begin with `-` or `.`"); "both ends")]
    fn any_text_can_become_a_tag(text: &str, tag: &str, reason: Option<&str>) {
        let sanitized = Tag::sanitized(text).unwrap();
        assert_eq!(
            (sanitized.tag.as_str(), sanitized.reason.as_deref()),
            (tag, reason)
        );
    }

    #[test_case("", TagError::Empty(String::new()))]
    #[test_case("a b", TagError::Character { tag: "a b".to_owned(), character: ' ' })]
    #[test_case("-a", TagError::Start("-a".to_owned()))]
    fn broken_tags_are_refused(text: &str, error: TagError) {
        assert_eq!(text.parse::<Tag>(), Err(error));
    }

    proptest! {
        #[test]
        fn what_is_sanitized_is_a_tag(text in ".{0,140}") {
            if let Ok(sanitized) = Tag::sanitized(&text) {
                prop_assert_eq!(sanitized.tag.as_str().parse(), Ok(sanitized.tag.clone()));
                prop_assert_eq!(sanitized.reason.is_none(), sanitized.tag.as_str() == text);
            }
        }
    }
}
