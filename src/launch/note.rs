//! Things that people should know although nothing is wrong.

/// A remark about a decision, for standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// One line, sentence case, no trailing period.
    pub message: String,
}

impl Note {
    /// Creates a note.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
