//! One record of comma-separated values, by the rules of Go's `encoding/csv`.
//!
//! `--mount`, `--gpus`, `--network` and BuildKit's `--cache-to`, `--output` and `--secret` share
//! it: a field that contains a comma is put in double quotes, and a quote in it is doubled.

use super::hinted::Hinted;

/// Why a record could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// There is no field at all.
    #[error("the value is empty")]
    Empty,
    /// A quote stands inside a field that does not begin with one.
    #[error("a `\"` stands inside field {field}, which does not begin with one")]
    BareQuote {
        /// The number of the field, from 1.
        field: usize,
    },
    /// A quoted field is not closed, or something follows its closing quote.
    #[error("the quotes of field {field} are not closed before the next comma")]
    Unclosed {
        /// The number of the field, from 1.
        field: usize,
    },
}

impl Hinted for CsvError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Empty => None,
            Self::BareQuote { .. } => {
                Some("put the quotes around the whole field: `\"key=a,b\",other=c`".to_owned())
            }
            Self::Unclosed { .. } => {
                Some("a quote inside quotes is written twice: `\"\"`".to_owned())
            }
        }
    }
}

/// Splits the first record of `text` into its fields.
///
/// Empty lines before it are skipped and lines behind it ignored, as docker does.
pub fn record(text: &str) -> Result<Vec<String>, CsvError> {
    let text = text.replace("\r\n", "\n");
    let text = text
        .strip_suffix('\r')
        .unwrap_or(&text)
        .trim_start_matches('\n');
    if text.is_empty() {
        return Err(CsvError::Empty);
    }
    let mut fields = Vec::new();
    let mut rest = Some(text);
    while let Some(text) = rest {
        let (field, after) = match text.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted),
            None => plain_field(text),
        }
        .ok_or_else(|| broken(text, fields.len() + 1))?;
        fields.push(field);
        rest = after;
    }
    Ok(fields)
}

/// Joins fields into a record that [`record`] splits again.
pub fn join<S: AsRef<str>>(fields: &[S]) -> String {
    // An empty line would be skipped, so a single empty field is quoted.
    let needs_quotes = |field: &str| {
        field.contains(['"', ',', '\n', '\r']) || (field.is_empty() && fields.len() == 1)
    };
    let written = fields.iter().map(|field| {
        let field = field.as_ref();
        if needs_quotes(field) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.to_owned()
        }
    });
    written.collect::<Vec<_>>().join(",")
}

type Field<'a> = Option<(String, Option<&'a str>)>;

fn plain_field(text: &str) -> Field<'_> {
    let end = text.find([',', '\n']).unwrap_or(text.len());
    let field = &text[..end];
    let after = text[end..].strip_prefix(',');
    (!field.contains('"')).then(|| (field.to_owned(), after))
}

/// Reads a field whose opening quote is already gone.
fn quoted_field(text: &str) -> Field<'_> {
    let mut field = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        field.push_str(before);
        match after.chars().next() {
            Some('"') => field.push('"'),
            Some(',') => return Some((field, Some(&after[1..]))),
            None | Some('\n') => return Some((field, None)),
            Some(_) => return None,
        }
        rest = &after[1..];
    }
}

fn broken(text: &str, field: usize) -> CsvError {
    if text.starts_with('"') {
        CsvError::Unclosed { field }
    } else {
        CsvError::BareQuote { field }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("a=b", &["a=b"])]
    #[test_case("a,b", &["a", "b"])]
    #[test_case("a,", &["a", ""]; "a comma at the end opens a field")]
    #[test_case(",", &["", ""])]
    #[test_case(r#""a,b",c"#, &["a,b", "c"])]
    #[test_case(r#""a""b""#, &[r#"a"b"#])]
    #[test_case("\"a\nb\",c", &["a\nb", "c"]; "a line break in quotes belongs to the field")]
    #[test_case("\n\na,b\nc", &["a", "b"]; "only the first record counts")]
    #[test_case("a\r\n", &["a"])]
    #[test_case(r#""""#, &[""])]
    fn records_are_split_as_go_does(text: &str, fields: &[&str]) {
        assert_eq!(record(text).unwrap(), fields);
    }

    #[test_case("", CsvError::Empty)]
    #[test_case("\n", CsvError::Empty; "only a line break")]
    #[test_case(r#"a"b"#, CsvError::BareQuote { field: 1 })]
    #[test_case(r#"x,a=",b""#, CsvError::BareQuote { field: 2 })]
    #[test_case(r#""a"#, CsvError::Unclosed { field: 1 })]
    #[test_case(r#""a" ,b"#, CsvError::Unclosed { field: 1 }; "something behind the closing quote")]
    fn broken_quotes_are_refused(text: &str, error: CsvError) {
        assert_eq!(record(text), Err(error));
    }

    proptest! {
        #[test]
        fn any_text_is_split_or_refused(text in r#"[a,"\r\n= ]{0,12}"#) {
            drop(record(&text));
        }

        #[test]
        fn what_is_joined_is_split_again(fields in prop::collection::vec(r#"[aé,"\n= ]{0,6}"#, 1..5)) {
            prop_assert_eq!(record(&join(&fields)).unwrap(), fields);
        }
    }
}
