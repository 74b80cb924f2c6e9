//! A fragment of a composition, and the stages that it numbers.

use std::ops::Range;
use std::sync::Arc;

use super::error::StagesError;
use super::fragment::Fragment;
use crate::dockerfile::{Copy, Dockerfile, Instruction, Kind, Spanned};
use crate::problem::Excerpt;

/// A fragment of a composition.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) fragment: Arc<Fragment>,
    pub(super) dockerfile: Arc<Dockerfile>,
    /// The number of stages above it.
    pub(super) offset: usize,
}

/// A `--from=NUMBER`.
pub(super) struct Numbered<'a> {
    pub(super) flag: &'a Spanned<String>,
    pub(super) number: usize,
    is_trigger: bool,
}

impl Part {
    pub(super) fn excerpt(&self, span: &Range<usize>, label: &str) -> Excerpt {
        self.fragment.excerpt(span.clone(), label)
    }

    /// Returns the name that a last stage without one may get.
    pub(super) fn name_to_give(&self) -> Option<String> {
        let last = self.dockerfile.stages.last()?;
        let is_nameless = last.name.is_none();
        self.fragment.stage_name().filter(|_| is_nameless)
    }

    /// Returns where instructions copy from a stage by its number.
    pub(super) fn numbered(&self) -> impl Iterator<Item = Numbered<'_>> {
        self.dockerfile.stages.iter().flat_map(|stage| {
            stage.instructions.iter().filter_map(|instruction| {
                let (copy, is_trigger) = copied(instruction)?;
                let flag = copy.from.as_ref()?;
                Some(Numbered {
                    number: stage_number(&flag.value)?,
                    flag,
                    is_trigger,
                })
            })
        })
    }

    /// Returns the error of an end that stays open without its last escapes: another one stands
    /// before them, and the blanks behind that one do not count.
    pub(super) fn unclosable_end(&self) -> Option<StagesError> {
        let first = *self.dockerfile.open_end.first()?;
        let rest = self.fragment.text[..first].trim_end_matches([' ', '\t']);
        let escape = self.dockerfile.escape();
        rest.ends_with(escape).then(|| StagesError::OpenEnd {
            at: Box::new(self.excerpt(&(rest.len() - escape.len_utf8()..first + 1), "")),
        })
    }

    /// Finds numbers of stages that cannot mean the same in the joined file.
    pub(super) fn unclear_numbers(&self) -> impl Iterator<Item = StagesError> {
        let count = self.dockerfile.stages.len();
        let is_unclear = move |found: &Numbered<'_>| {
            let text = &self.fragment.text[found.flag.span.clone()];
            found.number >= count || self.offset > 0 && (found.is_trigger || text.contains('\n'))
        };
        let unclear = self.numbered().filter(is_unclear);
        unclear.map(move |found| StagesError::StageNumber {
            number: found.number,
            count,
            at: Box::new(self.excerpt(&found.flag.span, "")),
        })
    }
}

fn copied(instruction: &Instruction) -> Option<(&Copy, bool)> {
    match &instruction.kind {
        Kind::Copy(copy) => Some((copy, false)),
        Kind::OnBuild(trigger) => copied(trigger).map(|(copy, _)| (copy, true)),
        Kind::Arg(_)
        | Kind::Env(_)
        | Kind::Label(_)
        | Kind::Run(_)
        | Kind::Words(_)
        | Kind::Kept
        | Kind::Unknown => None,
    }
}

/// Reads the number of a stage, as Go reads numbers.
pub(super) fn stage_number(text: &str) -> Option<usize> {
    text.strip_prefix('+').unwrap_or(text).parse().ok()
}
