//! `key=value,key=value`: the form of `--output`, `--attest`, `--cache-from` and `--cache-to`.
//!
//! An engine drops attributes that it does not know without a word, so we refuse them.

use std::collections::BTreeMap;

use super::csv::{self, CsvError};
use super::number::{NumberError, boolean};
use crate::suggest::closest;

/// How the layers of images and caches can be packed.
pub(crate) const COMPRESSIONS: &[&str] = &["gzip", "zstd", "estargz", "uncompressed"];

/// Why a text is no list of attributes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributesError {
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
pub fn attributes(
    text: &str,
    shorthand: &str,
) -> Result<BTreeMap<String, String>, AttributesError> {
    let fields = csv::record(text)?;
    if let [value] = fields.as_slice()
        && !value.contains('=')
    {
        return Ok(BTreeMap::from([(shorthand.to_owned(), value.clone())]));
    }
    fields.iter().map(|field| attribute(field)).collect()
}

fn attribute(field: &str) -> Result<(String, String), AttributesError> {
    let (key, value) = field
        .split_once('=')
        .ok_or_else(|| AttributesError::NoValue(field.to_owned()))?;
    Ok((key.trim().to_lowercase(), value.to_owned()))
}

/// An attribute that nobody would read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{kind}` has no attribute `{key}`")]
pub struct UnknownAttribute {
    /// What has types, for example `Output type`.
    pub what: &'static str,
    /// The type.
    pub kind: String,
    /// What was written.
    pub key: String,
    /// What the type has.
    pub known: Vec<&'static str>,
}

impl UnknownAttribute {
    pub(super) fn hint(&self) -> String {
        match closest(&self.key, self.known.iter().copied()) {
            Some(known) => format!("Did you mean `{known}`?"),
            None if self.known.is_empty() => "Leave it out".to_owned(),
            None => format!("It has {}", self.known.join(", ")),
        }
    }
}

/// Refuses the first attribute that is none of the known ones.
pub(super) fn check_known(
    fields: &BTreeMap<String, String>,
    known: &[&'static str],
    (what, kind): (&'static str, &str),
) -> Result<(), UnknownAttribute> {
    let unknown = fields.keys().find(|key| {
        let key = if is_annotation(key) { ANNOTATION } else { key };
        !known.contains(&key)
    });
    match unknown {
        None => Ok(()),
        Some(key) => Err(UnknownAttribute {
            what,
            kind: kind.to_owned(),
            key: key.clone(),
            known: known.to_vec(),
        }),
    }
}

/// Takes an attribute out that is true or false.
pub(super) fn take_boolean(
    fields: &mut BTreeMap<String, String>,
    key: &str,
) -> Result<Option<bool>, NumberError> {
    fields.remove(key).map(|text| boolean(&text)).transpose()
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
