//! Builds of one framework on one device, which are decided together.

use super::facts::Facts;
use super::settings::Settings;
use crate::profile::Profile;

/// A framework on a device, and what was asked for there.
#[derive(Clone, Debug)]
pub struct Family<'a> {
    /// The framework's profile.
    pub profile: &'a Profile,
    /// What was asked for: at most one framework and one device.
    pub settings: Settings,
    /// What is known of the place where it is built.
    pub facts: &'a Facts,
    /// Whether the same framework is planned for other devices too.
    pub several_devices: bool,
}

impl<'a> Family<'a> {
    /// Creates the only family of its framework.
    pub const fn new(profile: &'a Profile, settings: Settings, facts: &'a Facts) -> Self {
        Self {
            profile,
            settings,
            facts,
            several_devices: false,
        }
    }

    /// Returns the framework as it was asked for.
    pub(super) fn called(&self) -> &str {
        let asked = self.settings.frameworks.first();
        asked.map_or("", |asked| asked.value.as_str())
    }
}
