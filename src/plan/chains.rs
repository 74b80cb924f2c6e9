//! Who set an argument, and to what.

use std::collections::BTreeMap;

use super::origin::{Origin, Setting};
use crate::profile::Args;
use crate::toml_file::Located;

/// The values that were set for each argument, farthest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Chains(BTreeMap<String, Vec<Setting<String>>>);

impl Chains {
    pub(super) fn set(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
        origin: Origin,
    ) {
        let setting = Setting::new(value.into(), origin);
        self.0.entry(name.into()).or_default().push(setting);
    }

    pub(super) fn set_located(&mut self, name: &str, value: &Located<String>) {
        self.set(name, value.value.clone(), Origin::File(value.at.clone()));
    }

    pub(super) fn set_args(&mut self, args: &Args) {
        for (name, value) in args.iter() {
            self.set(
                &name.value,
                value.value.0.clone(),
                Origin::File(value.at.clone()),
            );
        }
    }

    pub(super) fn extend(&mut self, nearer: Self) {
        for (name, mut chain) in nearer.0 {
            self.0.entry(name).or_default().append(&mut chain);
        }
    }

    /// Returns the value that wins so far.
    pub(super) fn last(&self, name: &str) -> Option<&Setting<String>> {
        self.0.get(name)?.last()
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    /// Returns the value that wins for each argument.
    pub(super) fn winners(&self) -> impl Iterator<Item = (&str, &Setting<String>)> {
        let chains = self.0.iter();
        chains.filter_map(|(name, chain)| Some((name.as_str(), chain.last()?)))
    }

    /// Takes the value that wins.
    pub(super) fn take(&mut self, name: &str) -> Option<Setting<String>> {
        self.0.remove(name)?.pop()
    }

    pub(super) fn into_chains(self) -> impl Iterator<Item = (String, Vec<Setting<String>>)> {
        self.0.into_iter()
    }
}
