//! Things that people should know although nothing is wrong.

/// A remark about a decision, for standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// One line, sentence case, no trailing period.
    pub message: String,
    /// Whether it says the same at every launch on an engine, so that once is enough.
    pub is_lasting: bool,
}

impl Note {
    /// Creates a note.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_lasting: false,
        }
    }

    /// Creates a note about the engine, which holds for every launch.
    pub fn lasting(message: impl Into<String>) -> Self {
        Self {
            is_lasting: true,
            ..Self::new(message)
        }
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
