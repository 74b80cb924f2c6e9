//! A stage of a Dockerfile.

use std::ops::Range;

use super::instruction::{Arg, Instruction, Kind};
use super::span::Spanned;

/// A stage: a `FROM` and what follows it.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The name after `AS`, as written: BuildKit ignores its case.
    pub name: Option<Spanned<String>>,
    /// The image or stage that it starts from, as written.
    pub image: Spanned<String>,
    /// The value of `--platform`, as written.
    pub platform: Option<Spanned<String>>,
    /// What the comment above says about it.
    pub description: Option<String>,
    /// The `FROM` instruction.
    pub span: Range<usize>,
    /// The flags of `FROM` that we do not know.
    pub unknown_flags: Vec<Spanned<String>>,
    /// The instructions after `FROM`.
    pub instructions: Vec<Instruction>,
}

impl Stage {
    /// Returns the arguments that the stage declares.
    pub fn args(&self) -> impl Iterator<Item = &Arg> {
        self.instructions.iter().flat_map(Instruction::args)
    }

    /// Returns every instruction with those that it keeps for stages that start from this one.
    pub fn instructions_and_triggers(&self) -> impl Iterator<Item = &Instruction> {
        self.instructions.iter().flat_map(|instruction| {
            let trigger = if let Kind::OnBuild(trigger) = &instruction.kind {
                Some(&**trigger)
            } else {
                None
            };
            [instruction].into_iter().chain(trigger)
        })
    }
}
