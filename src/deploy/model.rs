//! The model that a deployment serves.

use crate::docker::path::clean;

/// A model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// An id of Hugging Face, or a directory.
    pub source: String,
    /// The name that clients use.
    pub served: String,
    /// The revision, if not the latest.
    pub revision: Option<String>,
}

impl Model {
    /// Takes a model; a directory is served by its last part, because the frontend finds no model
    /// whose name begins with a slash.
    pub fn new(source: &str, served: Option<&str>, revision: Option<&str>) -> Self {
        let directory = directory(source);
        let last = directory.as_deref().and_then(|it| it.rsplit('/').next());
        let usual = last.unwrap_or(source);
        Self {
            source: source.to_owned(),
            served: served.unwrap_or(usual).to_owned(),
            revision: revision.map(str::to_owned),
        }
    }

    /// Returns whether it is an id of Hugging Face.
    pub fn is_of_hub(&self) -> bool {
        directory(&self.source).is_none()
    }
}

/// A directory of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelDirectory {
    /// Its path on the machine, the shortest.
    pub path: String,
    /// Its path in the containers of members, the same for all.
    pub inside: String,
}

/// Returns the shortest path of a model that is a directory.
pub fn directory(source: &str) -> Option<String> {
    source.starts_with('/').then(|| clean(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_served_by_its_last_part() {
        let served = |source| Model::new(source, None, None).served;
        assert_eq!(served("/models/tiny/"), "tiny");
        assert_eq!(served("/models/tiny/."), "tiny");
        assert_eq!(served("Qwen/Qwen3-0.6B"), "Qwen/Qwen3-0.6B");
        assert_eq!(Model::new("/a/b", Some("c"), None).served, "c");
    }
}
