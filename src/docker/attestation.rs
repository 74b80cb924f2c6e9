//! `--attest`: statements about a build to attach to the image.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::as_text::as_written;
use super::attributes::{AttributeError, Attributes};
use super::hinted::Hinted;
use crate::text::words;

/// A statement to attach, as written and as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    text: String,
    /// What it is about.
    pub kind: AttestationKind,
    /// How it is made, under BuildKit's own names, for example `mode`.
    pub attributes: BTreeMap<String, String>,
    /// Whether it says that there is to be none.
    pub is_disabled: bool,
}

words! {
    /// What a statement is about, by BuildKit's word for it.
    pub enum AttestationKind(AttestationError, AttestationError::UnknownKind) {
        /// How the image was built.
        Provenance = "provenance",
        /// What is in it.
        Sbom = "sbom",
    }
}

/// Why a text is no attestation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttestationError {
    /// Its attributes are wrong.
    #[error(transparent)]
    Attribute(#[from] AttributeError),
    /// No such type.
    #[error("Unknown attestation type `{0}`")]
    UnknownKind(String),
    /// Provenance tells a little or all, and nothing in between.
    #[error("Unknown provenance mode `{0}`")]
    UnknownMode(String),
}

impl Hinted for AttestationError {
    fn hint(&self) -> Option<String> {
        let attribute = match self {
            Self::Attribute(error) => error.hint(),
            Self::UnknownKind(_) => None,
            Self::UnknownMode(_) => Some("Use `mode=min` or `mode=max`".to_owned()),
        };
        attribute.or_else(|| Some("Write `type=provenance,mode=max` or `type=sbom`".to_owned()))
    }
}

impl AttestationKind {
    /// Returns the attributes that BuildKit reads.
    fn known_attributes(self) -> &'static [&'static str] {
        match self {
            Self::Provenance => &[
                "builder-id",
                "disabled",
                "filename",
                "inline-only",
                "mode",
                "reproducible",
                "version",
            ],
            Self::Sbom => &["disabled", "generator"],
        }
    }
}

impl FromStr for Attestation {
    type Err = AttestationError;

    fn from_str(text: &str) -> Result<Self, AttestationError> {
        let mut attributes = Attributes::read("attestation", text, &text, "type")?;
        let kind = attributes.fields.remove("type").unwrap_or_default();
        let kind: AttestationKind = kind.parse()?;
        attributes.check_known(kind.as_str(), kind.known_attributes())?;
        let is_disabled = attributes.take_boolean("disabled")?;
        let mut fields = attributes.fields;
        if kind == AttestationKind::Provenance {
            // Engines have different defaults, and `max` tells build arguments.
            let mode = fields.entry("mode".into()).or_insert_with(|| "min".into());
            if !["min", "max"].contains(&mode.as_str()) {
                return Err(AttestationError::UnknownMode(mode.clone()));
            }
        }
        Ok(Self {
            text: text.to_owned(),
            kind,
            attributes: fields,
            is_disabled: is_disabled == Some(true),
        })
    }
}

impl Attestation {
    /// Returns those that are to be made: of one kind the last one counts, and one that is disabled
    /// is none.
    pub fn effective(all: &[Self]) -> impl Iterator<Item = &Self> {
        let is_last = |index: usize, kind| all[index + 1..].iter().all(|later| later.kind != kind);
        let last = all.iter().enumerate();
        let last = last.filter(move |(index, attestation)| is_last(*index, attestation.kind));
        last.map(|(_, attestation)| attestation)
            .filter(|attestation| !attestation.is_disabled)
    }
}

as_written!(Attestation);

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("type=provenance" => "provenance mode=min")]
    #[test_case("type=provenance,mode=max" => "provenance mode=max")]
    #[test_case("type=provenance,builder-id=https://ci/1,version=v1" => "provenance builder-id=https://ci/1 mode=min version=v1")]
    #[test_case("type=provenance,disabled=0" => "provenance mode=min")]
    #[test_case("sbom" => "sbom")]
    #[test_case("type=sbom,generator=a/scanner:1" => "sbom generator=a/scanner:1")]
    fn texts_become_attestations(text: &str) -> String {
        let attestation: Attestation = text.parse().unwrap();
        assert_eq!(attestation.to_string(), text);
        let attributes = attestation.attributes.iter();
        let attributes = attributes.map(|(k, v)| format!(" {k}={v}"));
        attestation.kind.as_str().to_owned() + &attributes.collect::<String>()
    }

    #[test_case("true")]
    #[test_case("1")]
    fn the_last_word_about_a_type_counts(disabled: &str) {
        let no_provenance = format!("type=provenance,disabled={disabled}");
        let texts = ["type=provenance,mode=max", "type=sbom", &no_provenance];
        let all = texts.map(|text| text.parse().unwrap());
        let kinds: Vec<_> = Attestation::effective(&all).map(|made| made.kind).collect();
        assert_eq!(kinds, [AttestationKind::Sbom]);
    }

    #[test]
    fn mistakes_have_a_fix() {
        let texts = [
            "type=provnance",
            "type=provenance,mode=most",
            "mode=max",
            "type=provenance,mod=max",
            "type=sbom,scanner=a",
            "type=sbom,disabled=yes",
        ];
        let mistakes = texts.map(|text| {
            let error = text.parse::<Attestation>().unwrap_err();
            format!("{error} ({})", error.hint().unwrap())
        });
        insta::assert_snapshot!(mistakes.join("\n"), @"
        Unknown attestation type `provnance` (Write `type=provenance,mode=max` or `type=sbom`)
        Unknown provenance mode `most` (Use `mode=min` or `mode=max`)
        Unknown attestation type `` (Write `type=provenance,mode=max` or `type=sbom`)
        Attestation type `provenance` has no attribute `mod` (Did you mean `mode`?)
        Attestation type `sbom` has no attribute `scanner` (It has disabled, generator)
        Invalid attestation `type=sbom,disabled=yes`: `yes` is neither true nor false (Write `true` or `false`)
        ");
    }
}
