//! `key=value,key=value`: the form of `--output`, `--attest`, `--cache-from` and `--cache-to`.
//!
//! An engine drops attributes that it does not know without a word, so we refuse them.

use std::collections::BTreeMap;
use std::fmt::Display;

use super::csv::{self, CsvError};
use super::hinted::{Hinted, similar_or};
use super::number::{NumberError, boolean};
use crate::problem::capitalized;

/// How the layers of images and caches can be packed.
pub(crate) const COMPRESSIONS: &[&str] = &["gzip", "zstd", "estargz", "uncompressed"];

/// Why a text is no list of attributes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAttributes {
    /// Not a CSV record.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A field without `=`.
    #[error("`{0}` is not of the form `key=value`")]
    NoValue(String),
}

/// Takes `key=value,…` apart. Keys are lower-cased, as docker does; the last one of a name counts.
///
/// A single field without `=` stands for the value of `shorthand`: `--cache-from REF`, `--output
/// DIR`.
///
/// # Errors
/// Fails on broken quotes and on fields without `=`.
pub fn attributes(text: &str, shorthand: &str) -> Result<BTreeMap<String, String>, NoAttributes> {
    let fields = csv::record(text)?;
    if let [value] = fields.as_slice()
        && !value.contains('=')
    {
        return Ok(BTreeMap::from([(shorthand.to_owned(), value.clone())]));
    }
    fields.iter().map(|field| attribute(field)).collect()
}

fn attribute(field: &str) -> Result<(String, String), NoAttributes> {
    let (key, value) = field
        .split_once('=')
        .ok_or_else(|| NoAttributes::NoValue(field.to_owned()))?;
    Ok((key.trim().to_lowercase(), value.to_owned()))
}

/// Why attributes cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    /// They are no list of attributes.
    #[error("Invalid {what} `{text}`: {reason}")]
    Form {
        /// What has them, for example `output`.
        what: &'static str,
        /// What was written, as it may be shown.
        text: String,
        /// The rule that it breaks.
        reason: NoAttributes,
    },
    /// One that nobody would read.
    #[error("{} type `{kind}` has no attribute `{key}`", capitalized(what))]
    Unknown {
        /// What has them.
        what: &'static str,
        /// Its type.
        kind: &'static str,
        /// What was written.
        key: String,
        /// What the type has.
        known: Vec<&'static str>,
    },
    /// One that is neither true nor false.
    #[error("Invalid {what} `{text}`: {reason}")]
    Value {
        /// What has them.
        what: &'static str,
        /// What was written, as it may be shown.
        text: String,
        /// The rule that it breaks.
        reason: NumberError,
    },
    /// One that has one of a few values, and was given another.
    #[error("Invalid value `{value}` of the {what} attribute `{attribute}`")]
    Word {
        /// What has them.
        what: &'static str,
        /// The attribute.
        attribute: &'static str,
        /// What was written.
        value: String,
        /// The values that there are.
        known: &'static [&'static str],
    },
}

impl Hinted for AttributeError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Form { .. } => return None,
            Self::Unknown { key, known, .. } => similar_or(key, known, |known| match known {
                [] => "Leave it out".to_owned(),
                known => format!("It has {}", known.join(", ")),
            }),
            Self::Value { .. } => "Write `true` or `false`".to_owned(),
            Self::Word { value, known, .. } => similar_or(value, known, |known| {
                format!("Write one of `{}`", known.join("`, `"))
            }),
        };
        Some(capitalized(&hint))
    }
}

/// The attributes of something, and what it is called where one of them is wrong.
pub(super) struct Attributes<'a> {
    what: &'static str,
    /// What was written, as it may be shown.
    shown: &'a dyn Display,
    pub(super) fields: BTreeMap<String, String>,
}

impl<'a> Attributes<'a> {
    /// Takes a text apart as [`attributes`] does.
    pub(super) fn read(
        what: &'static str,
        text: &str,
        shown: &'a dyn Display,
        shorthand: &str,
    ) -> Result<Self, AttributeError> {
        let fields = attributes(text, shorthand).map_err(|reason| AttributeError::Form {
            what,
            text: shown.to_string(),
            reason,
        })?;
        Ok(Self {
            what,
            shown,
            fields,
        })
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.fields.get(key).map(String::as_str)
    }

    /// Refuses the first attribute that is none of those that a type has.
    pub(super) fn check_known(
        &self,
        kind: &'static str,
        known: &[&'static str],
    ) -> Result<(), AttributeError> {
        let unknown = self.fields.keys().find(|key| {
            let key = if is_annotation(key) { ANNOTATION } else { key };
            !known.contains(&key)
        });
        match unknown {
            None => Ok(()),
            Some(key) => Err(AttributeError::Unknown {
                what: self.what,
                kind,
                key: key.clone(),
                known: known.to_vec(),
            }),
        }
    }

    /// Reads an attribute that is true or false.
    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>, AttributeError> {
        let value = self.get(key).map(boolean).transpose();
        value.map_err(|reason| AttributeError::Value {
            what: self.what,
            text: self.shown.to_string(),
            reason,
        })
    }

    /// Takes an attribute out that is true or false.
    pub(super) fn take_boolean(&mut self, key: &str) -> Result<Option<bool>, AttributeError> {
        let value = self.boolean(key)?;
        self.fields.remove(key);
        Ok(value)
    }

    /// Refuses a value that is none of the known ones.
    pub(super) fn check_word(
        &self,
        attribute: &'static str,
        known: &'static [&'static str],
    ) -> Result<(), AttributeError> {
        match self.get(attribute) {
            Some(value) if !known.contains(&value) => Err(AttributeError::Word {
                what: self.what,
                attribute,
                value: value.to_owned(),
                known,
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Stands for all annotations in a list of known attributes.
pub(super) const ANNOTATION: &str = "annotation.KEY";

/// Returns whether an attribute is an annotation: `annotation.KEY`, perhaps of one kind of object
/// (`annotation-index.KEY`) or platform (`annotation[linux/arm64].KEY`).
fn is_annotation(attribute: &str) -> bool {
    const OBJECTS: [&str; 5] = [
        "annotation",
        "annotation-index",
        "annotation-index-descriptor",
        "annotation-manifest",
        "annotation-manifest-descriptor",
    ];
    let Some((object, key)) = attribute.split_once('.') else {
        return false;
    };
    let object = match object.split_once('[') {
        Some((object, platform)) if platform.ends_with(']') => object,
        Some(_) => return false,
        None => object,
    };
    OBJECTS.contains(&object) && !key.is_empty()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test]
    fn pairs_shorthands_and_mistakes() {
        let pairs = attributes("type=registry,Ref=a:1,\"x=b,c\"", "ref").unwrap();
        assert_eq!(pairs["ref"], "a:1");
        assert_eq!(pairs["x"], "b,c");
        assert_eq!(attributes("a:1", "ref").unwrap()["ref"], "a:1");
        assert!(attributes("type=local,out", "dest").is_err());
        assert!(attributes("\"type=local", "dest").is_err());
    }

    #[test_case("annotation.org.opencontainers.image.title" => true)]
    #[test_case("annotation[linux/arm64].a" => true)]
    #[test_case("annotation-manifest-descriptor[linux/amd64].a" => true)]
    #[test_case("annotation-index.a" => true)]
    #[test_case("annotation" => false)]
    #[test_case("annotation." => false)]
    #[test_case("annotations.a" => false)]
    #[test_case("annotation[a.b" => false)]
    fn annotations_have_several_forms(attribute: &str) -> bool {
        is_annotation(attribute)
    }
}
