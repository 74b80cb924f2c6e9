//! The model that a deployment serves.

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
        let last = source.trim_end_matches('/').rsplit('/').next();
        let usual = match last {
            Some(last) if source.starts_with('/') => last,
            _ => source,
        };
        Self {
            source: source.to_owned(),
            served: served.unwrap_or(usual).to_owned(),
            revision: revision.map(str::to_owned),
        }
    }

    /// Returns the directory, which all members see at the same path.
    pub fn directory(&self) -> Option<&str> {
        self.source.starts_with('/').then_some(&*self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_served_by_its_last_part() {
        let served = |source| Model::new(source, None, None).served;
        assert_eq!(served("/models/tiny/"), "tiny");
        assert_eq!(served("Qwen/Qwen3-0.6B"), "Qwen/Qwen3-0.6B");
        assert_eq!(Model::new("/a/b", Some("c"), None).served, "c");
    }
}
