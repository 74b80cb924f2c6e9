//! `key=value,key=value`: the form of `--output`, `--cache-from` and `--cache-to`.

use std::collections::BTreeMap;

use super::csv::{self, CsvError};

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

#[cfg(test)]
mod tests {
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
}
