//! Statements about a build: docker's `--attest` grammar.

use super::attributes::{UnknownAttribute, check_known, take_boolean};
use crate::buildkit::request::{Attestation, AttestationKind};
use crate::docker::attributes::{AttributesError, attributes};
use crate::docker::number::NumberError;
use crate::exit::Exit;
use crate::problem::Problem;

/// What BuildKit reads of a statement how an image was built.
const PROVENANCE: [&str; 7] = [
    "builder-id",
    "disabled",
    "filename",
    "inline-only",
    "mode",
    "reproducible",
    "version",
];

/// What BuildKit reads of a statement what is in an image.
const SBOM: [&str; 2] = ["disabled", "generator"];

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
    /// An attribute that its type does not have.
    #[error(transparent)]
    UnknownAttribute(#[from] UnknownAttribute),
    /// A value that is no such value.
    #[error("Attestation `{text}` is wrong: {reason}")]
    Value {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: NumberError,
    },
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
            AttestationError::UnknownAttribute(unknown) => problem.hint(unknown.hint()),
            AttestationError::Value { .. } => problem.hint("Write `true` or `false`"),
            AttestationError::UnknownMode(_) => problem.hint("Use `mode=min` or `mode=max`"),
        }
    }
}

/// Takes attestations apart. Of one type, the last one counts; one that is disabled is none.
///
/// # Errors
/// Returns every attestation that is wrong.
pub(super) fn attestations(texts: &[String]) -> Result<Vec<Attestation>, Vec<AttestationError>> {
    let (mut asked, mut errors): (Vec<Asked>, _) = (Vec::new(), Vec::new());
    for text in texts {
        match read(text) {
            Ok(last) => {
                asked.retain(|earlier| earlier.attestation.kind != last.attestation.kind);
                asked.push(last);
            }
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    asked.retain(|asked| !asked.is_disabled);
    Ok(asked.into_iter().map(|asked| asked.attestation).collect())
}

/// What one text asks for.
struct Asked {
    attestation: Attestation,
    is_disabled: bool,
}

fn read(text: &str) -> Result<Asked, AttestationError> {
    let mut fields = attributes(text, "type").map_err(|reason| AttestationError::Form {
        text: text.to_owned(),
        reason,
    })?;
    let written = fields.remove("type").unwrap_or_default();
    let (kind, known): (_, &[&str]) = match written.as_str() {
        "provenance" => (AttestationKind::Provenance, &PROVENANCE),
        "sbom" => (AttestationKind::Sbom, &SBOM),
        _ => return Err(AttestationError::UnknownType(written)),
    };
    check_known(&fields, known, ("Attestation type", &written))?;
    let is_disabled =
        take_boolean(&mut fields, "disabled").map_err(|reason| AttestationError::Value {
            text: text.to_owned(),
            reason,
        })?;
    if kind == AttestationKind::Provenance {
        // Engines have different defaults, and `max` tells build arguments.
        let mode = fields.entry("mode".into()).or_insert_with(|| "min".into());
        if !["min", "max"].contains(&mode.as_str()) {
            return Err(AttestationError::UnknownMode(mode.clone()));
        }
    }
    Ok(Asked {
        attestation: Attestation {
            kind,
            attributes: fields,
        },
        is_disabled: is_disabled == Some(true),
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn asked(texts: &[&str]) -> Result<Vec<Attestation>, Vec<AttestationError>> {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        attestations(&texts)
    }

    #[test_case("type=provenance" => "provenance mode=min")]
    #[test_case("type=provenance,mode=max" => "provenance mode=max")]
    #[test_case("type=provenance,builder-id=https://ci/1,version=v1" => "provenance builder-id=https://ci/1 mode=min version=v1")]
    #[test_case("type=provenance,disabled=0" => "provenance mode=min")]
    #[test_case("sbom" => "sbom")]
    #[test_case("type=sbom,generator=a/scanner:1" => "sbom generator=a/scanner:1")]
    fn texts_become_attestations(text: &str) -> String {
        let Attestation { kind, attributes } = asked(&[text]).unwrap().remove(0);
        let attributes = attributes.iter().map(|(k, v)| format!(" {k}={v}"));
        kind.as_str().to_owned() + &attributes.collect::<String>()
    }

    #[test_case("true")]
    #[test_case("1")]
    fn the_last_word_about_a_type_counts(disabled: &str) {
        let no_provenance = format!("type=provenance,disabled={disabled}");
        let texts = ["type=provenance,mode=max", "type=sbom", &no_provenance];
        let attestations = asked(&texts).unwrap();
        let kinds: Vec<_> = attestations.iter().map(|asked| asked.kind).collect();
        assert_eq!(kinds, [AttestationKind::Sbom]);
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let errors = asked(&[
            "type=provnance",
            "type=provenance,mode=most",
            "mode=max",
            "type=provenance,mod=max",
            "type=sbom,scanner=a",
            "type=sbom,disabled=yes",
        ])
        .unwrap_err();
        let problems = errors.into_iter().map(Problem::from);
        let texts: Vec<_> = problems
            .map(|problem| format!("{problem} ({})", problem.hints.join("; ")))
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @"
        Unknown attestation type `provnance` (Write `type=provenance,mode=max` or `type=sbom`)
        Unknown mode `most` of provenance (Use `mode=min` or `mode=max`)
        Unknown attestation type `` (Write `type=provenance,mode=max` or `type=sbom`)
        Attestation type `provenance` has no attribute `mod` (Did you mean `mode`?)
        Attestation type `sbom` has no attribute `scanner` (It has disabled, generator)
        Attestation `type=sbom,disabled=yes` is wrong: `yes` is neither true nor false (Write `true` or `false`)
        ");
    }
}
