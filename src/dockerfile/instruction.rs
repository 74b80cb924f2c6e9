//! What instructions say.

use std::ops::Range;

use super::heredoc::HereDocument;
use super::mount::Mount;
use super::span::Spanned;

/// An instruction of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// From the keyword to the end, here-documents included.
    pub span: Range<usize>,
    /// The keyword as written.
    pub keyword: Spanned<String>,
    /// What it does.
    pub kind: Kind,
    /// Flags that we do not know.
    pub unknown_flags: Vec<Spanned<String>>,
}

/// What an instruction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `ARG`.
    Arg(Vec<Arg>),
    /// `ENV`.
    Env(Vec<Assignment>),
    /// `LABEL`.
    Label(Vec<Assignment>),
    /// `COPY` or `ADD`.
    Copy(Copy),
    /// `RUN`.
    Run(Run),
    /// `ONBUILD`: what stages do that start from this one.
    OnBuild(Box<Instruction>),
    /// `EXPOSE`, `STOPSIGNAL`, `USER`, `VOLUME` and `WORKDIR`: words whose variables are replaced.
    Words(Vec<Spanned<String>>),
    /// `CMD`, `ENTRYPOINT`, `HEALTHCHECK`, `MAINTAINER` and `SHELL`: kept in the image as they are.
    Kept,
    /// Anything else: BuildKit may know it.
    Unknown,
}

/// One name that an `ARG` declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// The name.
    pub name: String,
    /// The default as written, with its quotes; `Some("")` for `ARG NAME=`.
    pub default: Option<String>,
    /// What the comment above the instruction says about it.
    pub description: Option<String>,
    /// The name and the default.
    pub span: Range<usize>,
}

/// A name and its value as written, with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name, in which variables are replaced too.
    pub name: String,
    /// The value.
    pub value: String,
    /// Both.
    pub span: Range<usize>,
}

/// What a `COPY` or `ADD` copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// True for `ADD`, whose sources may be URLs.
    pub add: bool,
    /// The stage, image or context that `--from` names.
    pub from: Option<Spanned<String>>,
    /// The flags in whose values variables are replaced, such as `--chown`.
    pub options: Vec<Spanned<String>>,
    /// Whether `--checksum` pins what is downloaded.
    pub checksum: bool,
    /// The sources as written, without here-documents.
    pub sources: Vec<Spanned<String>>,
    /// The destination as written.
    pub destination: Spanned<String>,
    /// Files that are written in the instruction.
    pub documents: Vec<HereDocument>,
}

/// What a `RUN` runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The mounts, in order.
    pub mounts: Vec<Mount>,
    /// The command.
    pub command: Command,
    /// Its here-documents, which belong to the shell.
    pub documents: Vec<HereDocument>,
}

/// The command of a `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A line for the shell, in one line.
    Shell(String),
    /// A program and its arguments.
    Exec(Vec<String>),
}

impl Instruction {
    /// Returns the arguments that it declares for the stage that it is in.
    pub fn args(&self) -> &[Arg] {
        if let Kind::Arg(args) = &self.kind {
            args
        } else {
            &[]
        }
    }
}
