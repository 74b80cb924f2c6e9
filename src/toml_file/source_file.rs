//! Where a value was written.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::problem::Excerpt;

/// A text file that people wrote, kept whole so that problems can show its lines.
#[derive(Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The file as the user would name it, for example `profiles/vllm.toml`.
    pub name: String,
    /// Its text.
    pub text: Arc<str>,
}

impl SourceFile {
    /// Creates a file that locations can share.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            text: text.into(),
        })
    }
}

/// A range of bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The bytes of its text.
    pub span: Range<usize>,
}

impl Location {
    /// Returns the place as an excerpt that a problem can show, with a few words for the caret.
    pub fn excerpt(&self, label: impl Into<String>) -> Excerpt {
        Excerpt {
            name: self.file.name.clone(),
            text: Arc::clone(&self.file.text),
            span: self.span.clone(),
            label: label.into(),
        }
    }
}

impl fmt::Display for Location {
    /// Writes `file:line`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, _) = self.excerpt("").line_column();
        write!(f, "{}:{line}", self.file.name)
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub at: Location,
}

impl<T> Located<T> {
    /// Converts the value and keeps the place.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Located<U> {
        Located {
            value: convert(self.value),
            at: self.at,
        }
    }
}

impl Located<String> {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.value
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}
