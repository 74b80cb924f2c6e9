//! The secrets of a build: ids and places, never values.

use super::build_plan::PlannedSecret;
use super::error::PlanError;
use super::facts::Facts;
use super::findings::Findings;
use super::origin::{Origin, Setting};
use super::secret_source::SecretSource;
use super::settings::Settings;
use super::stages::Ids;
use crate::profile::{Profile, SecretTable};
use crate::toml_file::Located;

/// A secret that a build may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSecret {
    /// The id that stages mount.
    pub id: String,
    /// Where its value is.
    pub source: Setting<SecretSource>,
    /// Whether a build without it makes no sense.
    pub required: bool,
}

/// Returns the secrets of the profile and of the settings.
///
/// The edge asks this first, to tell in [`Facts::absent_secrets`] which of them are missing.
pub fn known_secrets(profile: &Profile, settings: &Settings) -> Vec<KnownSecret> {
    let mut secrets: Vec<KnownSecret> = Vec::new();
    for (id, table) in profile.secrets.iter() {
        let Some(source) = written_source(table) else {
            continue;
        };
        secrets.push(KnownSecret {
            id: id.value.clone(),
            source: Setting::from(source),
            required: table.is_required(),
        });
    }
    for asked in &settings.secrets {
        let id = &asked.value.name;
        let of_profile = secrets
            .iter()
            .any(|secret| secret.id == *id && secret.required);
        secrets.retain(|secret| secret.id != *id);
        // Who names a secret wants it to be there. A file is for builds of every kind, and a
        // variable may be left from another job.
        let required = match asked.origin {
            Origin::Flag(_) => true,
            _ => of_profile || settings.required_secrets.contains(id),
        };
        secrets.push(KnownSecret {
            id: id.clone(),
            source: asked.clone().map(|named| named.value),
            required,
        });
    }
    secrets
}

/// Returns the place that a table names; a complete profile names exactly one.
pub(super) fn written_source(table: &SecretTable) -> Option<Located<SecretSource>> {
    match (&table.env, &table.file) {
        (Some(env), _) => Some(env.clone().map(SecretSource::Environment)),
        (None, Some(file)) => Some(file.clone().map(SecretSource::File)),
        (None, None) => None,
    }
}

/// Returns the secrets that the stages of a target mount, or may mount, and this machine has.
pub(super) fn secrets(
    known: &[KnownSecret],
    facts: &Facts,
    mounted: &Ids,
    findings: &mut Findings,
) -> Vec<PlannedSecret> {
    let mut planned = Vec::new();
    for secret in known {
        let origin = &secret.source.origin;
        if !mounted.may_have(&secret.id) {
            if matches!(origin, Origin::Flag(_) | Origin::Environment(_)) {
                findings.note(format!("No stage mounts the secret `{}`", secret.id));
            }
            // Steps that come with an image may mount what a flag gives.
            if !matches!(origin, Origin::Flag(_)) {
                continue;
            }
        }
        if !facts.absent_secrets.contains(&secret.id) {
            planned.push(PlannedSecret {
                id: secret.id.clone(),
                source: place(&secret.source.value, facts),
            });
        } else if secret.required {
            findings.error(PlanError::MissingSecret {
                id: secret.id.clone(),
                place: secret.source.value.clone(),
                origin: secret.source.origin.clone(),
            });
        }
    }
    planned
}

/// Commands that repeat the plan quote the path, so no shell would replace the `~`.
fn place(source: &SecretSource, facts: &Facts) -> SecretSource {
    match (source, &facts.home) {
        (SecretSource::File(path), Some(home)) => {
            let below_home = path.strip_prefix("~/").map(|rest| format!("{home}/{rest}"));
            SecretSource::File(below_home.unwrap_or_else(|| path.clone()))
        }
        _ => source.clone(),
    }
}
