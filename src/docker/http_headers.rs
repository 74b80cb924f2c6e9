//! Headers that docker's client adds to its requests to the engine: `HttpHeaders` of `config.json`
//! and `DOCKER_CUSTOM_HEADERS`, which replaces it (docker/cli, `withCustomHeadersFromEnv`).
//!
//! A proxy in front of an engine reads them; many hold a token, so no error shows a value.

use std::fmt;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::csv::{self, CsvError};
use super::hinted::Hinted;

/// What each request says by itself; Go's client ignores these too (`reqWriteExcludeHeader`), and
/// docker's own product name replaces the one of the file.
const OWN: [HeaderName; 7] = [
    header::HOST,
    header::USER_AGENT,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TRAILER,
    header::CONNECTION,
    header::UPGRADE,
];

/// Headers that are added to every request.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HttpHeaders(HeaderMap);

/// Why headers cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The variable is no record.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A field has no name or no value.
    #[error("field {0} is not NAME=VALUE")]
    Pair(usize),
    /// HTTP has no such name.
    #[error("`{0}` is no name of a header")]
    Name(String),
    /// HTTP has no such value.
    #[error("the value of the header `{0}` has a line break or a control character")]
    Value(String),
}

impl Hinted for HeaderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Csv(error) => error.hint(),
            Self::Pair(_) => Some("write `NAME=VALUE,NAME=VALUE`".to_owned()),
            Self::Name(_) => Some("use letters, digits and `-` in the name".to_owned()),
            Self::Value(name) => Some(format!("write the value of `{name}` on one line")),
        }
    }
}

impl HttpHeaders {
    /// Takes names and values, of which a later one replaces an earlier one.
    ///
    /// # Errors
    /// Fails when HTTP could not carry one of them.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, HeaderError> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let Ok(key) = HeaderName::from_bytes(name.as_bytes()) else {
                return Err(HeaderError::Name(name));
            };
            let Ok(mut value) = HeaderValue::from_bytes(value.as_bytes()) else {
                return Err(HeaderError::Value(name));
            };
            value.set_sensitive(true);
            if !OWN.contains(&key) {
                headers.insert(key, value);
            }
        }
        Ok(Self(headers))
    }

    /// Reads `DOCKER_CUSTOM_HEADERS`. Only names lose the white space around them.
    ///
    /// # Errors
    /// Fails when it is no list of `NAME=VALUE`.
    pub fn from_variable(text: &str) -> Result<Self, HeaderError> {
        let fields = csv::record(text)?;
        let pair = |(index, field): (usize, &'_ String)| {
            let (name, value) = field.split_once('=').unwrap_or_default();
            match name.trim() {
                "" => Err(HeaderError::Pair(index + 1)),
                name => Ok((name.to_owned(), value.to_owned())),
            }
        };
        let pairs = fields.iter().enumerate().map(pair);
        Self::new(pairs.collect::<Result<Vec<_>, _>>()?)
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds them to a request, whose own headers stay.
    pub fn add_to(&self, request: &mut HeaderMap) {
        for (name, value) in &self.0 {
            if !request.contains_key(name) {
                request.insert(name, value.clone());
            }
        }
    }
}

impl fmt::Debug for HttpHeaders {
    /// Writes the names only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn sent(headers: &HttpHeaders) -> Vec<String> {
        let mut request = HeaderMap::new();
        request.insert("x-own", HeaderValue::from_static("request"));
        headers.add_to(&mut request);
        let shown = |(name, value): (&HeaderName, &HeaderValue)| {
            format!("{name}={}", String::from_utf8_lossy(value.as_bytes()))
        };
        request.iter().map(shown).collect()
    }

    #[test_case("X-Team=lab", &["x-own=request", "x-team=lab"])]
    #[test_case(" X-A =1,x-b= 2 ", &["x-own=request", "x-a=1", "x-b= 2 "]; "names are trimmed, values are not")]
    #[test_case("\"X-A=1,2\",X-A=3", &["x-own=request", "x-a=3"]; "the last one counts")]
    #[test_case("A=b=c,X-Empty=", &["x-own=request", "a=b=c", "x-empty="]; "only the first equals sign")]
    #[test_case("X-Own=theirs,Host=h,user-agent=u,Upgrade=x", &["x-own=request"]; "the request keeps its own")]
    fn the_variable_is_read_as_docker_does(text: &str, expected: &[&str]) {
        assert_eq!(sent(&HttpHeaders::from_variable(text).unwrap()), expected);
    }

    #[test_case("X-Token", "field 1 is not NAME=VALUE")]
    #[test_case("A=1, =hunter2", "field 2 is not NAME=VALUE")]
    #[test_case("A=1,", "field 2 is not NAME=VALUE")]
    #[test_case("X Y=hunter2", "`X Y` is no name of a header")]
    #[test_case(
        "\"A=hunter2\nB: c\"",
        "the value of the header `A` has a line break or a control character"
    )]
    fn errors_show_no_value(text: &str, expected: &str) {
        let error = HttpHeaders::from_variable(text).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().is_some());
        let headers = HttpHeaders::from_variable("X-Token=hunter2").unwrap();
        assert_eq!(format!("{headers:?}"), "{\"x-token\"}");
    }
}
