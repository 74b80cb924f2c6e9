//! What an export comes to.

/// The files of an export.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Names and texts.
    pub files: Vec<(String, String)>,
    /// What is lost.
    pub notes: Vec<String>,
}
