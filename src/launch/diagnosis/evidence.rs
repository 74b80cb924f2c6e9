//! What is known of a failure.

/// The traces that a failed start or a dead container leaves.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What the engine said, if it refused or the start failed.
    pub engine: Option<String>,
    /// The last lines of the container's output.
    pub log: Vec<String>,
    /// The container's exit code, if it ran.
    pub code: Option<i64>,
    /// Whether the kernel killed a process of it for want of memory; `None` if nobody can say.
    pub out_of_memory: Option<bool>,
    /// The image as named.
    pub image: String,
    /// The `dynbuild` line that makes the image, if there is one.
    pub build_line: Option<String>,
}

impl Evidence {
    /// Returns the first line that contains one of the texts, ignoring case.
    pub(super) fn line_with(&self, texts: &[&str]) -> Option<String> {
        let has = |line: &&str| {
            let line = line.to_lowercase();
            texts.iter().any(|text| line.contains(&text.to_lowercase()))
        };
        let engine = self.engine.iter().flat_map(|text| text.lines());
        // The last one said by the container is nearest to its end.
        let log = self.log.iter().rev().map(String::as_str);
        engine
            .chain(log)
            .find(has)
            .map(|line| line.trim().to_owned())
    }
}
