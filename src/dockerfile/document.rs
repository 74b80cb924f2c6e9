//! A whole Dockerfile: its directives, its global arguments and its stages.

use std::ops::Range;

use super::directive::Directives;
use super::error::{Mistake, SyntaxError};
use super::instruction::{Arg, Instruction, Kind};
use super::line::{Comment, FileLines, LogicalLine};
use super::parse::{Parsed, Parser};
use super::stage::Stage;

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
            (Parsed::Stage(stage), _) => self.stages.push(stage),
            (Parsed::Instruction(instruction), Some(stage)) => stage.instructions.push(instruction),
            (Parsed::Instruction(instruction), None) => self.add_global(instruction, line)?,
        }
        Ok(())
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
