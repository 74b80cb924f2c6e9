//! A whole Dockerfile: its directives, its global arguments and its stages.

use std::ops::Range;

use super::directive::Directives;
use super::error::{Mistake, SyntaxError};
use super::instruction::{Arg, Instruction, Kind};
use super::line::{Comment, FileLines, LogicalLine};
use super::parse::{Parsed, Parser};
use super::span::Spanned;

/// A byte order mark, which BuildKit takes at the very beginning.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A Dockerfile, read as BuildKit reads it.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// What the comments at the top say about reading it.
    pub directives: Directives,
    /// The `ARG`s before the first `FROM`, which `FROM` lines see.
    pub globals: Vec<Global>,
    /// The stages, in order; at least one.
    pub stages: Vec<Stage>,
    /// The length of the byte order mark, 0 if there is none.
    pub mark: usize,
    /// If the file ends in a continued line: the characters that continue it, without which the
    /// last instruction is the same.
    pub open_end: Vec<usize>,
}

/// An `ARG` before the first `FROM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// The names that it declares.
    pub args: Vec<Arg>,
    /// The instruction.
    pub span: Range<usize>,
    /// The comment lines above it that describe its arguments.
    pub descriptions: Vec<Range<usize>>,
}

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

impl Dockerfile {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    /// Fails with what BuildKit surely refuses. Instructions and flags that we do not know are none
    /// of it.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let mark = text.len() - body.len();
        let directives = Directives::read(body, mark)?;
        let escape = directives.escape_character();
        let mut dockerfile = Self {
            directives,
            globals: Vec::new(),
            stages: Vec::new(),
            mark,
            open_end: Vec::new(),
        };
        let mut lines = FileLines::new(text, mark);
        while let Some(line) = LogicalLine::read(&mut lines, escape)? {
            let mut parser = Parser {
                line: &line,
                lines: &mut lines,
                escape,
            };
            let parsed = parser.parse()?;
            dockerfile.add(parsed, &line)?;
            dockerfile.open_end = line.open_end;
        }
        if dockerfile.stages.is_empty() {
            return Err(SyntaxError {
                mistake: Mistake::NoStage,
                span: mark..mark,
            });
        }
        Ok(dockerfile)
    }

    fn add(&mut self, parsed: Parsed, line: &LogicalLine) -> Result<(), SyntaxError> {
        match (parsed, self.stages.last_mut()) {
            (Parsed::From(from), _) => {
                let name = from.name.as_ref().map(|name| name.value.to_lowercase());
                let comments = line.comments.iter();
                let described = |name: &String| {
                    let mut found = comments
                        .clone()
                        .filter_map(|comment| comment.describes(name));
                    found.next().map(str::to_owned)
                };
                self.stages.push(Stage {
                    description: name.as_ref().and_then(described),
                    name: from.name,
                    image: from.image,
                    platform: from.platform,
                    span: line.span.clone(),
                    unknown_flags: from.unknown_flags,
                    instructions: Vec::new(),
                });
                Ok(())
            }
            (Parsed::Instruction(instruction), Some(stage)) => {
                stage.instructions.push(instruction);
                Ok(())
            }
            (Parsed::Instruction(instruction), None) => self.add_global(instruction, line),
        }
    }

    fn add_global(
        &mut self,
        instruction: Instruction,
        line: &LogicalLine,
    ) -> Result<(), SyntaxError> {
        let Kind::Arg(args) = instruction.kind else {
            return Err(SyntaxError {
                mistake: Mistake::BeforeFrom(instruction.keyword.value),
                span: instruction.span,
            });
        };
        let describes = |comment: &&Comment| {
            let mut args = args.iter();
            args.any(|arg| comment.describes(&arg.name).is_some())
        };
        let descriptions = line.comments.iter().filter(describes);
        self.globals.push(Global {
            descriptions: descriptions.map(|comment| comment.span.clone()).collect(),
            args,
            span: instruction.span,
        });
        Ok(())
    }

    /// Returns the character that escapes others and continues lines.
    pub fn escape(&self) -> char {
        self.directives.escape_character()
    }

    /// Returns every name that is declared before the first `FROM`, in order.
    pub fn global_args(&self) -> impl Iterator<Item = &Arg> {
        self.globals.iter().flat_map(|global| &global.args)
    }
}

impl Stage {
    /// Returns the arguments that the stage declares.
    pub fn args(&self) -> impl Iterator<Item = &Arg> {
        self.instructions.iter().flat_map(Instruction::args)
    }

    /// Returns every instruction with those that it keeps for stages that start from this one.
    pub fn instructions_and_triggers(&self) -> impl Iterator<Item = &Instruction> {
        self.instructions.iter().flat_map(|instruction| {
            let trigger = match &instruction.kind {
                Kind::OnBuild(trigger) => Some(&**trigger),
                Kind::Arg(_)
                | Kind::Env(_)
                | Kind::Label(_)
                | Kind::Copy(_)
                | Kind::Run(_)
                | Kind::Words(_)
                | Kind::Kept
                | Kind::Unknown => None,
            };
            [instruction].into_iter().chain(trigger)
        })
    }
}
