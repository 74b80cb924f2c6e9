//! What GitHub Actions gets besides the log: remarks next to the code, and a summary of the job.

use std::io::Write as _;
use std::path::Path;

use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::OFlags;

use super::edge::{Edge, real};
use crate::report::Annotation;

impl Edge {
    /// Writes remarks on stderr, where the runner finds them, if one runs us and they are wanted.
    pub(super) fn annotate(&mut self, annotations: impl IntoIterator<Item = Annotation>) {
        let on_github = self.environment.get("GITHUB_ACTIONS") == Some("true");
        if !on_github || !self.annotations {
            return;
        }
        // Profiles and fragments are named without symbolic links.
        let workspace = self.environment.get("GITHUB_WORKSPACE");
        let workspace = workspace.map(|path| real(Path::new(path)));
        for annotation in annotations {
            let line = annotation.github(workspace.as_deref(), self.ui.stderr.redactor());
            self.ui.stderr.write_line(&line);
        }
    }

    /// Adds Markdown to the page of the job, if there is one.
    pub(super) fn summarise(&mut self, markdown: &str) {
        let Some(path) = self.environment.get("GITHUB_STEP_SUMMARY") else {
            return;
        };
        let path = self.absolute(Path::new(path));
        let text = self.ui.stderr.redactor().show(markdown);
        let file = fs_err::OpenOptions::new()
            .create(true)
            .append(true)
            // A pipe that nobody reads is refused instead of waited for.
            .custom_flags(nonblocking())
            .open(path);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        if let Err(error) = written {
            self.ui
                .warn(&format!("The summary of the job is missing: {error}"));
        }
    }
}

fn nonblocking() -> i32 {
    i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default()
}
