//! What no version of BuildKit takes.

use std::ops::Range;

use thiserror::Error;

/// Why a text is no Dockerfile, and where.
///
/// Only what BuildKit surely refuses is an error. What we merely do not know, such as a new
/// instruction, is read as [`Kind::Unknown`](super::Kind::Unknown).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{mistake}")]
pub struct SyntaxError {
    /// What is wrong.
    pub mistake: Mistake,
    /// The bytes that it is about.
    pub span: Range<usize>,
}

/// What is wrong with a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Mistake {
    /// There is no `FROM`.
    #[error("there is no `FROM`, so there is no stage")]
    NoStage,
    /// A continued line without anything in it.
    #[error("the continued line holds no instruction")]
    Nothing,
    /// Something other than `ARG` stands before the first `FROM`.
    #[error("only `ARG` may stand before the first `FROM`, not `{0}`")]
    BeforeFrom(String),
    /// A here-document is not closed.
    #[error("the here-document `{0}` is not closed")]
    OpenHereDocument(String),
    /// The word behind `<<` cannot be read.
    #[error("the word behind `<<` is not closed")]
    HereDocumentWord,
    /// A directive stands there twice.
    #[error("there is a second `{0}` directive")]
    RepeatedDirective(&'static str),
    /// An escape character that is neither of the two.
    #[error("`{0}` is no escape character: it can be `\\` or a backtick")]
    Escape(String),
    /// A line is longer than BuildKit reads.
    #[error("the line is longer than 65,535 bytes, the most that BuildKit reads")]
    LongLine,
    /// A list in brackets holds something else than strings.
    #[error("a list in brackets must hold strings only")]
    NotStrings,
    /// `FROM` without an image, or with words that it does not take.
    #[error("`FROM` takes an image, or an image and `AS name`")]
    From,
    /// The name of a stage.
    #[error(
        "`{0}` cannot name a stage: names are letters, digits, `-`, `_` and `.`, a letter first"
    )]
    StageName(String),
    /// An instruction without what it is about.
    #[error("`{0}` needs a value")]
    NoValue(String),
    /// An instruction that takes one value has several, or none.
    #[error("`{0}` takes exactly one value")]
    OneValue(String),
    /// `COPY` or `ADD` without a destination.
    #[error("`{0}` needs a source and a destination")]
    NoDestination(String),
    /// A here-document as destination.
    #[error("`{0}` cannot copy to a here-document")]
    DestinationDocument(String),
    /// A pair without name.
    #[error("a name in `{0}` is empty")]
    BlankName(String),
    /// A pair without `=`.
    #[error("`{0}` has no `=`")]
    NoAssignment(String),
    /// `ONBUILD` of an instruction that it does not take.
    #[error("`ONBUILD` does not take `{0}`")]
    OnBuild(String),
    /// `SHELL` without brackets.
    #[error("`SHELL` takes a list in brackets, for example `[\"/bin/bash\", \"-c\"]`")]
    Shell,
    /// A `HEALTHCHECK` that is neither of the two.
    #[error("`HEALTHCHECK` takes `NONE`, or `CMD` and a command")]
    HealthCheck,
}
