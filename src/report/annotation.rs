//! Remarks that a CI service shows next to the code.

use std::ops::RangeInclusive;
use std::path::Path;

use crate::buildkit::progress::{VertexWarning, covered_lines};
use crate::problem::{Excerpt, Problem};
use crate::redact::{Redactor, shown_message};
use crate::text::clean_line;

/// A remark about a place in a file, or about the job as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    severity: Severity,
    /// The message and what belongs to it, line by line.
    lines: Vec<String>,
    place: Option<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    Error,
    Warning,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    file: String,
    lines: Option<RangeInclusive<usize>>,
}

impl From<&Problem> for Annotation {
    /// Of several places the most important one.
    fn from(problem: &Problem) -> Self {
        let message = std::iter::once(problem.message.clone());
        let causes = problem
            .causes
            .iter()
            .map(|cause| format!("because: {cause}"));
        let hints = problem.hints.iter().map(|hint| format!("hint: {hint}"));
        Self {
            severity: Severity::Error,
            lines: message
                .chain(causes)
                .chain(hints)
                .chain(problem.log.iter().cloned())
                .collect(),
            place: problem.excerpts.first().map(Place::from),
        }
    }
}

impl From<&VertexWarning> for Annotation {
    fn from(warning: &VertexWarning) -> Self {
        let message = String::from_utf8_lossy(&warning.short).into_owned();
        let more = (!warning.url.is_empty()).then(|| format!("see {}", warning.url));
        let place = warning.source_info.as_ref().map(|source| Place {
            file: source.filename.clone(),
            lines: covered_lines(&warning.range),
        });
        Self {
            severity: Severity::Warning,
            lines: [message].into_iter().chain(more).collect(),
            place,
        }
    }
}

impl From<&Excerpt> for Place {
    fn from(excerpt: &Excerpt) -> Self {
        Self {
            file: excerpt.name.clone(),
            lines: Some(excerpt.lines()),
        }
    }
}

impl Annotation {
    /// Returns the line that makes GitHub Actions show the remark.
    ///
    /// Files in the workspace are named as seen from there. Secrets are masked here, since what is
    /// escaped can no longer be searched for them.
    pub fn github(&self, workspace: Option<&Path>, redactor: &Redactor) -> String {
        let mut properties = vec![("title", "dynbuild".to_owned())];
        if let Some(Place { file, lines }) = &self.place {
            let inside = workspace.and_then(|root| Path::new(file).strip_prefix(root).ok());
            let file = inside.map_or_else(|| file.clone(), |path| path.display().to_string());
            properties.push(("file", redactor.show(&file).into_owned()));
            if let Some(lines) = lines {
                properties.push(("line", lines.start().to_string()));
                properties.push(("endLine", lines.end().to_string()));
            }
        }
        let properties: Vec<_> = properties
            .iter()
            .map(|(name, value)| format!("{name}={}", escape_property(value)))
            .collect();
        let lines = self.lines.iter().flat_map(|text| text.lines());
        let lines: Vec<_> = lines.map(clean_line).collect();
        let message = lines.join("\n");
        let message = shown_message(&message);
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let (properties, message) = (properties.join(","), redactor.redact(&message));
        format!("::{word} {properties}::{}", escape(&message))
    }
}

/// Escapes a message as the runner (`ActionCommand.cs`) reads it back.
fn escape(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property, which ends at a comma or a colon.
fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buildkit::progress::{Position, Range, SourceInfo};
    use crate::problem::ProblemKind;
    use crate::secret::Secret;

    fn problem(file: &str) -> Problem {
        let text = "FROM a\nRUN b \\\n  c\nRUN d\n";
        let mut problem = Problem::new(ProblemKind::Step, "100% broken: a, b");
        problem.causes.push("Two\nlines".into());
        problem.hint("See `x::y`").excerpt(Excerpt {
            name: file.into(),
            text: text.into(),
            span: 7..18,
            label: String::new(),
        })
    }

    fn github(problem: &Problem, workspace: Option<&str>) -> String {
        let workspace = workspace.map(Path::new);
        Annotation::from(problem).github(workspace, &Redactor::default())
    }

    #[test]
    fn a_problem_is_told_at_its_lines_with_causes_and_hints() {
        let line = github(&problem("/w/a,b/x.Dockerfile"), Some("/w"));
        insta::assert_snapshot!(line, @"::error title=dynbuild,file=a%2Cb/x.Dockerfile,line=2,endLine=3::100%25 broken: a, b%0Abecause: Two%0Alines%0Ahint: See `x::y`");
    }

    #[test]
    fn the_last_lines_of_a_step_are_below() {
        let mut problem = Problem::new(ProblemKind::Step, "A step ended with exit code 7");
        problem.log = ["curl: (7) Failed to connect".into(), "::stop".into()].into();
        let line = github(&problem, None);
        insta::assert_snapshot!(line, @"::error title=dynbuild::A step ended with exit code 7%0Acurl: (7) Failed to connect%0A::stop");
    }

    #[test]
    fn a_file_outside_of_the_workspace_keeps_its_name() {
        let line = github(&problem("dockerfiles/x.Dockerfile"), Some("/w"));
        assert!(line.contains("file=dockerfiles/x.Dockerfile,line=2"));
    }

    #[test]
    fn what_belongs_to_no_place_is_told_of_the_job() {
        let line = github(&Problem::new(ProblemKind::Engine, "No engine"), None);
        assert_eq!(line, "::error title=dynbuild::No engine");
    }

    #[test]
    fn a_warning_is_told_at_its_line_with_where_to_read_on() {
        let at = |line| Position { line, character: 0 };
        let warning = VertexWarning {
            short: b"FromAsCasing: 'as' and 'FROM' differ".to_vec(),
            url: "https://docs.example.com/rule/".into(),
            source_info: Some(SourceInfo {
                filename: "dockerfiles/base.Dockerfile".into(),
                ..SourceInfo::default()
            }),
            range: vec![Range {
                start: at(7),
                end: at(7),
            }],
            ..VertexWarning::default()
        };
        let line = Annotation::from(&warning).github(None, &Redactor::default());
        insta::assert_snapshot!(line, @"::warning title=dynbuild,file=dockerfiles/base.Dockerfile,line=7,endLine=7::FromAsCasing: 'as' and 'FROM' differ%0Asee https://docs.example.com/rule/");
    }

    #[test]
    fn a_secret_is_masked_also_where_it_would_be_escaped() {
        let redactor = Redactor::new(&[Secret::new("50%off:you")]);
        let mut problem = problem("/50%off:you/x");
        problem.message = "The token is 50%off:you".into();
        let line = Annotation::from(&problem).github(None, &redactor);
        assert!(!line.contains("off"), "{line}");
    }

    #[test]
    fn nothing_that_a_message_holds_begins_another_command() {
        let message = "a\n::add-mask::b\r\n\u{1b}[31m::c";
        let line = github(&Problem::usage(message), None);
        assert_eq!(line, "::error title=dynbuild::a%0A::add-mask::b%0A::c");
    }
}
