//! One thing that a rule found, ready to be told.

use crate::plan::Undeclared;
use crate::problem::{Excerpt, Problem, ProblemKind};

/// How much a finding matters; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The build fails, or does something else than is written.
    Error,
    /// The build may give another result tomorrow, or tell a secret.
    Warning,
    /// Something is there for nothing.
    Note,
}

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A build argument is used where it has no value: an `ARG` before `FROM` or in another stage
    /// is invisible in a stage that does not declare it.
    ArgInvisible,
    /// A declared argument has no default and nothing passes it. `ARG NAME=` says that empty is meant.
    ArgNotFed,
    /// A declared argument is used nowhere.
    ArgUnused,
    /// A profile sets an argument, or has a feature, that no stage of any target declares.
    ArgUndeclared,
    /// An instruction or a flag that we do not know.
    NotUnderstood,
    /// `FROM` or `--from` names neither a stage nor an image with a tag.
    UnknownStage,
    /// Stages need each other.
    StageCycle,
    /// An image without tag and digest, or with the tag `latest`.
    UnpinnedImage,
    /// A download whose content nothing checks.
    UnpinnedDownload,
    /// A secret would be kept in the image or its history.
    SecretInVariable,
}

impl Rule {
    /// Returns the name that people see and can search for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ArgInvisible => "arg-invisible",
            Self::ArgNotFed => "arg-not-fed",
            Self::ArgUnused => "arg-unused",
            Self::ArgUndeclared => "arg-undeclared",
            Self::NotUnderstood => "not-understood",
            Self::UnknownStage => "unknown-stage",
            Self::StageCycle => "stage-cycle",
            Self::UnpinnedImage => "unpinned-image",
            Self::UnpinnedDownload => "unpinned-download",
            Self::SecretInVariable => "secret-in-variable",
        }
    }

    /// Returns how much the rule's findings matter.
    pub const fn severity(self) -> Severity {
        match self {
            Self::ArgInvisible
            | Self::ArgNotFed
            | Self::ArgUndeclared
            | Self::UnknownStage
            | Self::StageCycle => Severity::Error,
            Self::NotUnderstood
            | Self::UnpinnedImage
            | Self::UnpinnedDownload
            | Self::SecretInVariable => Severity::Warning,
            Self::ArgUnused => Severity::Note,
        }
    }
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// What is wrong, in one line.
    pub message: String,
    /// Where.
    pub excerpt: Excerpt,
    /// What fixes it.
    pub hint: Option<String>,
}

impl From<Undeclared> for Finding {
    fn from(found: Undeclared) -> Self {
        let similar = found.similar.as_ref();
        Self {
            rule: Rule::ArgUndeclared,
            message: found.to_string(),
            excerpt: found.at.excerpt("set here"),
            hint: similar.map(|name| format!("Did you mean `{name}`?")),
        }
    }
}

impl From<Finding> for Problem {
    fn from(finding: Finding) -> Self {
        let message = format!("{} [{}]", finding.message, finding.rule.name());
        let problem = Self::new(ProblemKind::Usage, message).excerpt(finding.excerpt);
        match finding.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}
