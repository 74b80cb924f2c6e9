//! Labels of the image: who made it from what, in the words of the OCI image specification.

use jiff::Timestamp;

use super::chains::Chains;
use super::origin::{Origin, Setting};
use super::settings::Settings;
use super::values::Values;
use crate::profile::Profile;

/// Returns the labels of a target with the chain of those who set them.
///
/// `created` is the time of the commit or `SOURCE_DATE_EPOCH`, never the clock: the same code gives
/// the same image.
pub(super) fn labels(
    profile: &Profile,
    settings: &Settings,
    epoch: Option<Setting<Timestamp>>,
    values: &Values<'_>,
) -> Chains {
    let mut chains = Chains::default();
    let mut oci = |name: &str, value: String, origin: Origin| {
        chains.set(format!("org.opencontainers.image.{name}"), value, origin);
    };
    let version = values.contents.version.clone();
    oci("version", version.value, version.origin);
    if let Some(revision) = values.contents.revision {
        oci("revision", revision.commit.clone(), Origin::Git);
        oci("created", revision.committed_at.to_string(), Origin::Git);
        if let Some(remote) = &revision.remote {
            oci("source", remote.clone(), Origin::Git);
        }
    }
    if let Some(epoch) = epoch {
        oci("created", epoch.value.to_string(), epoch.origin);
    }
    for (name, value, origin) in [
        ("framework", values.axes.framework.as_str(), "the framework"),
        ("target", values.target, "the target"),
        ("device", values.axes.device, "the device"),
    ] {
        chains.set(format!("dynbuild.{name}"), value, Origin::Derived(origin));
    }
    for (name, template) in profile.labels.iter() {
        let value = template.value.expand(|variable| values.plain(variable));
        chains.set(&name.value, value, Origin::File(template.at.clone()));
    }
    for label in &settings.labels {
        chains.set(&label.value.name, &label.value.value, label.origin.clone());
    }
    chains
}
