//! Statements about a build: docker's `--attest` grammar.

use crate::buildkit::request::{Attestation, Provenance};
use crate::docker::attributes::{AttributesError, attributes};
use crate::exit::Exit;
use crate::problem::Problem;

/// Why an attestation cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// The text has not the form of one.
    #[error("Attestation `{text}` is wrong: {reason}")]
    Form {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: AttributesError,
    },
    /// No such type.
    #[error("Unknown attestation type `{0}`")]
    UnknownType(String),
    /// Provenance tells a little or all, and nothing in between.
    #[error("Unknown mode `{0}` of provenance")]
    UnknownMode(String),
}

impl From<AttestationError> for Problem {
    fn from(error: AttestationError) -> Self {
        let problem = Self::from_error(Exit::Usage, &error);
        match error {
            AttestationError::Form { .. } | AttestationError::UnknownType(_) => {
                problem.hint("Write `type=provenance,mode=max` or `type=sbom`")
            }
            AttestationError::UnknownMode(_) => problem.hint("Use `mode=min` or `mode=max`"),
        }
    }
}

/// Takes attestations apart. Of one type, the last one counts; one that is disabled is none.
///
/// # Errors
/// Returns every attestation that is wrong.
pub(super) fn attestations(texts: &[String]) -> Result<Vec<Attestation>, Vec<AttestationError>> {
    let (mut provenance, mut sbom, mut errors) = (None, None, Vec::new());
    for text in texts {
        match attestation(text) {
            Ok(Asked::Provenance(mode)) => provenance = mode,
            Ok(Asked::Sbom(asked)) => sbom = asked,
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        let provenance = provenance.map(Attestation::Provenance);
        Ok(provenance.into_iter().chain(sbom).collect())
    } else {
        Err(errors)
    }
}

/// What one text asks for; nothing where it says `disabled=true`.
enum Asked {
    Provenance(Option<Provenance>),
    Sbom(Option<Attestation>),
}

fn attestation(text: &str) -> Result<Asked, AttestationError> {
    let fields = attributes(text, "type").map_err(|reason| AttestationError::Form {
        text: text.to_owned(),
        reason,
    })?;
    let field = |name: &str| fields.get(name).map(String::as_str);
    let enabled = field("disabled") != Some("true");
    match field("type").unwrap_or_default() {
        "provenance" => {
            let mode = match field("mode") {
                None | Some("min") => Provenance::Min,
                Some("max") => Provenance::Max,
                Some(unknown) => return Err(AttestationError::UnknownMode(unknown.to_owned())),
            };
            Ok(Asked::Provenance(enabled.then_some(mode)))
        }
        "sbom" => {
            let generator = field("generator").map(str::to_owned);
            Ok(Asked::Sbom(
                enabled.then_some(Attestation::Sbom { generator }),
            ))
        }
        unknown => Err(AttestationError::UnknownType(unknown.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn read(texts: &[&str]) -> Result<Vec<Attestation>, Vec<AttestationError>> {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        attestations(&texts)
    }

    #[test_case("type=provenance" => Attestation::Provenance(Provenance::Min))]
    #[test_case("type=provenance,mode=max" => Attestation::Provenance(Provenance::Max))]
    #[test_case("sbom" => Attestation::Sbom { generator: None })]
    #[test_case("type=sbom,generator=a/scanner:1" => Attestation::Sbom { generator: Some("a/scanner:1".into()) })]
    fn texts_become_attestations(text: &str) -> Attestation {
        read(&[text]).unwrap().remove(0)
    }

    #[test]
    fn the_last_word_about_a_type_counts() {
        let texts = [
            "type=provenance,mode=max",
            "type=sbom",
            "type=provenance,disabled=true",
        ];
        assert_eq!(
            read(&texts).unwrap(),
            [Attestation::Sbom { generator: None }]
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let errors =
            read(&["type=provnance", "type=provenance,mode=most", "mode=max"]).unwrap_err();
        let problems = errors.into_iter().map(Problem::from);
        let texts: Vec<_> = problems
            .map(|problem| format!("{problem} ({})", problem.hints.join("; ")))
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        Unknown attestation type `provnance` (Write `type=provenance,mode=max` or `type=sbom`)
        Unknown mode `most` of provenance (Use `mode=min` or `mode=max`)
        Unknown attestation type `` (Write `type=provenance,mode=max` or `type=sbom`)
        ");
    }
}
