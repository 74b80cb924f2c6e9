//! The table: the more telling rules before the more general ones. Programs try downloads again and
//! warn of each failure, so a network is at fault only if nothing more telling was said later; but
//! `pip` says "No matching distribution" also when it could not reach any index, and a compiler that
//! is too old for a crate ends in "could not compile".
//!
//! The texts of engines are those of 20.10 and 28.5 and of runc.

mod downloads;
mod launches;
mod missing;
mod models;
mod network;
mod packages;
mod registries;
mod resources;
mod services;
mod steps;
mod versions;

pub(crate) use launches::INSTALL_TOOLKIT;

use super::rule::Rule;

/// All rules in the order in which they are tried.
pub(super) const RULES: &[&[Rule]] = &[
    resources::RULES,
    launches::RULES,
    versions::RULES,
    models::RULES,
    missing::RULES,
    services::RULES,
    network::TRUST,
    registries::RULES,
    downloads::RULES,
    network::REACH,
    steps::RULES,
    packages::RULES,
    steps::REPOSITORIES_AND_RIGHTS,
    missing::SAID_IN_PASSING,
    missing::AT_THE_END,
    steps::COMPILERS,
    resources::ENDINGS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::evidence::Setting;

    const SETTINGS: [Setting; 3] = [Setting::Step, Setting::Container, Setting::Engine];

    /// Returns the names of values in a text that must be known: outside of brackets.
    fn required(text: &str) -> Vec<&str> {
        let parts = text.split(['[', ']']).step_by(2);
        let names = parts.flat_map(|part| part.split('$').skip(1));
        let names = names.map(|text| {
            let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            &text[..end.unwrap_or(text.len())]
        });
        // `$$` is a dollar, behind which no name stands.
        names
            .filter(|name| !matches!(*name, "" | "oauthtoken" | "HOME"))
            .collect()
    }

    #[test]
    fn every_text_can_be_filled_by_every_pattern() {
        for rule in RULES.iter().flat_map(|rules| *rules) {
            let settings = SETTINGS
                .iter()
                .filter(|setting| !rule.fixes(**setting).is_empty());
            let settings: Vec<_> = settings.collect();
            assert!(!settings.is_empty(), "{} applies nowhere", rule.class);
            for setting in settings {
                for text in rule.fixes(*setting).iter().chain([&rule.cause]) {
                    for name in required(text) {
                        let known = name == "place" && *setting != Setting::Engine;
                        let patterns = rule.compiled();
                        let in_all = !patterns.is_empty()
                            && patterns.iter().all(|pattern| {
                                pattern.capture_names().flatten().any(|group| group == name)
                            });
                        assert!(known || in_all, "{}: ${name} in `{text}`", rule.class);
                    }
                }
            }
        }
    }

    #[test]
    fn a_class_has_one_cause_in_each_setting() {
        for setting in SETTINGS {
            let rules = RULES.iter().flat_map(|rules| *rules);
            let rules = rules.filter(|rule| !rule.fixes(setting).is_empty());
            let mut causes = std::collections::BTreeMap::new();
            for rule in rules.filter(|rule| !rule.needs_no_words()) {
                let cause = causes.entry(rule.class).or_insert(rule.cause);
                assert_eq!(*cause, rule.cause, "{}", rule.class);
            }
        }
    }
}
