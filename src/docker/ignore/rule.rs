//! A pattern and where it was written.

/// One pattern and, if it was read from a file, the place that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The pattern, ready for `Matcher::new`.
    pub pattern: String,
    /// The line as it is written, without surrounding white space.
    pub text: String,
    /// The 1-based line, or 0 if the rule was not read from a file.
    pub line: usize,
}

impl Rule {
    /// Creates a rule that comes from no file.
    pub fn unnamed(pattern: impl Into<String>) -> Self {
        let pattern = pattern.into();
        Self {
            text: pattern.clone(),
            pattern,
            line: 0,
        }
    }
}
