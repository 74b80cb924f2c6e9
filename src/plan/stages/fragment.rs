//! One fragment, and places in it.

use std::ops::{Range, RangeInclusive};
use std::sync::{Arc, OnceLock};

use super::error::StagesError;
use crate::dockerfile::{Dockerfile, SyntaxError};
use crate::problem::Excerpt;

/// One Dockerfile fragment.
#[derive(Debug)]
pub struct Fragment {
    /// The name that profiles use, for example `runtime_image/trtllm`.
    pub name: String,
    /// The file as people would name it, for example `dockerfiles/runtime_image/trtllm.Dockerfile`.
    pub file: String,
    /// The text of the file.
    pub text: Arc<str>,
    /// The first line that is not UTF-8 and no comment.
    not_utf8: Option<usize>,
    /// Read when it is first asked for; the fragments of a store are shared by all builds.
    parsed: OnceLock<Result<Arc<Dockerfile>, SyntaxError>>,
}

impl PartialEq for Fragment {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.file, &self.text) == (&other.name, &other.file, &other.text)
    }
}

impl Eq for Fragment {}

impl Fragment {
    /// Creates a fragment.
    pub fn new(
        name: impl Into<String>,
        file: impl Into<String>,
        text: impl Into<Arc<str>>,
    ) -> Self {
        Self {
            name: name.into(),
            file: file.into(),
            text: text.into(),
            not_utf8: None,
            parsed: OnceLock::new(),
        }
    }

    /// Creates a fragment from the bytes of a file: comments may be in any encoding.
    pub(super) fn from_bytes(name: String, file: String, bytes: &[u8]) -> Self {
        let is_comment = |line: &[u8]| line.trim_ascii_start().starts_with(b"#");
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let broken = |line: &[u8]| std::str::from_utf8(line).is_err() && !is_comment(line);
        Self {
            not_utf8: lines.position(broken).map(|index| index + 1),
            ..Self::new(name, file, String::from_utf8_lossy(bytes))
        }
    }

    /// Returns the fragment as a Dockerfile.
    pub fn parsed(&self) -> Result<Arc<Dockerfile>, StagesError> {
        if let Some(line) = self.not_utf8 {
            let start = self.start_of(line);
            let end = self.text[start..]
                .find('\n')
                .map_or(self.text.len(), |end| start + end);
            return Err(StagesError::NotUtf8 {
                at: Box::new(self.excerpt(start..end, "")),
            });
        }
        let parse = || Dockerfile::parse(&self.text).map(Arc::new);
        self.parsed
            .get_or_init(parse)
            .clone()
            .map_err(|error| StagesError::Syntax {
                at: Box::new(self.excerpt(error.span.clone(), "here")),
                reason: error,
            })
    }

    /// Returns the file's own name as one that a stage can have.
    pub(super) fn stage_name(&self) -> Option<String> {
        let name = self.name.rsplit('/').next()?.to_lowercase();
        let is_letter = |byte: u8| byte.is_ascii_lowercase();
        let is_inner =
            |byte: u8| is_letter(byte) || byte.is_ascii_digit() || b"-_.".contains(&byte);
        (name.bytes().next().is_some_and(is_letter) && name.bytes().all(is_inner)).then_some(name)
    }

    /// Returns the place `span` of this fragment, for a message.
    pub fn excerpt(&self, span: Range<usize>, label: impl Into<String>) -> Excerpt {
        Excerpt {
            name: self.file.clone(),
            text: self.text.clone(),
            span,
            label: label.into(),
        }
    }

    /// Returns the line (counted from 1) that the byte at `position` is in.
    pub(super) fn line_of(&self, position: usize) -> usize {
        self.text[..position].matches('\n').count() + 1
    }

    /// Returns the byte where a line (counted from 1) begins.
    pub(super) fn start_of(&self, line: usize) -> usize {
        let lines = self.text.split_inclusive('\n');
        lines.take(line - 1).map(str::len).sum()
    }

    /// Returns the lines (counted from 1) that `span` is on.
    pub(super) fn lines_of(&self, span: &Range<usize>) -> RangeInclusive<usize> {
        let text = self.text[span.clone()].trim_end_matches(['\r', '\n']);
        let first = self.line_of(span.start);
        first..=first + text.matches('\n').count()
    }
}
