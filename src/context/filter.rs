//! Which entries of a directory a build may see, in BuildKit's words.

use std::collections::BTreeSet;

use crate::docker::ignore::{Decision, Matcher, ParentMatches, Pattern, PatternError, Rule};

/// Decides what is taken from a directory, as `filter.go` of fsutil does.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    include: Option<Side>,
    exclude: Option<Side>,
}

#[derive(Clone, Debug)]
struct Side {
    matcher: Matcher,
    /// Which patterns could call for a look into a directory that is not taken itself.
    calls_for_a_look: fn(&Pattern) -> bool,
    /// No pattern that could call for a look into a directory holds a wildcard, so that a
    /// comparison of prefixes tells whether the look is needed.
    only_prefixes: bool,
}

/// What the entries of a directory inherit from it.
#[derive(Clone, Debug, Default)]
pub struct Inherited {
    include: ParentMatches,
    exclude: ParentMatches,
}

/// What happens to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken.
    Take,
    /// It is a directory that is not taken itself, but something in it may be.
    LookInside,
    /// It is left out with everything in it; the index of the ignore rule, if one did it.
    LeaveOut(Option<usize>),
}

impl Filter {
    /// Creates a filter that takes what `include` matches (everything, if it is empty) but not
    /// what `exclude` matches.
    pub fn new(include: Vec<Rule>, exclude: Vec<Rule>) -> Result<Self, PatternError> {
        Ok(Self {
            include: Side::new(include, |pattern| !pattern.is_exclusion())?,
            exclude: Side::new(exclude, Pattern::is_exclusion)?,
        })
    }

    /// Returns the ignore rule behind [`Verdict::LeaveOut`].
    pub fn exclude_rule(&self, index: usize) -> Option<&Rule> {
        self.exclude.as_ref()?.matcher.rule(index)
    }

    /// Decides about one entry, and collects what its own entries inherit into `own`.
    pub fn judge(
        &self,
        path: &str,
        is_directory: bool,
        parents: &Inherited,
        own: &mut Inherited,
    ) -> Verdict {
        let mut verdict = Verdict::Take;
        if let Some(include) = &self.include {
            let decision = include
                .matcher
                .matches(path, &parents.include, &mut own.include);
            if !decision.matched {
                if !(is_directory && include.calls_for_a_look_into(path)) {
                    return Verdict::LeaveOut(None);
                }
                verdict = Verdict::LookInside;
            }
        }
        if let Some(exclude) = &self.exclude {
            let Decision { matched, rule } =
                exclude
                    .matcher
                    .matches(path, &parents.exclude, &mut own.exclude);
            if matched {
                if !(is_directory && exclude.calls_for_a_look_into(path)) {
                    return Verdict::LeaveOut(rule);
                }
                verdict = Verdict::LookInside;
            }
        }
        verdict
    }

    /// Returns the only names of a directory that can be taken, if the patterns name them.
    ///
    /// Saves listing a directory of thousands of files to find the Dockerfile.
    pub fn only_names(&self, directory: &str, inherited: &Inherited) -> Option<BTreeSet<String>> {
        let include = self.include.as_ref()?;
        let literal =
            |pattern: &Pattern| !pattern.is_exclusion() && !has_special_characters(pattern.text());
        if inherited.include.any() || !include.matcher.patterns().iter().all(literal) {
            return None;
        }
        let names = include.matcher.patterns().iter().filter_map(|pattern| {
            let below = below(pattern.text(), directory)?;
            let name = below.split('/').next().unwrap_or(below);
            (!matches!(name, "" | "." | "..")).then(|| name.to_owned())
        });
        Some(names.collect())
    }
}

impl Side {
    fn new(
        rules: Vec<Rule>,
        calls_for_a_look: fn(&Pattern) -> bool,
    ) -> Result<Option<Self>, PatternError> {
        if rules.is_empty() {
            return Ok(None);
        }
        let matcher = Matcher::new(rules)?;
        let only_prefixes = matcher
            .patterns()
            .iter()
            .filter(|pattern| calls_for_a_look(pattern))
            .all(|pattern| !has_special_characters(pattern.without_trailing_glob()));
        Ok(Some(Self {
            matcher,
            calls_for_a_look,
            only_prefixes,
        }))
    }

    /// Returns whether a pattern stands, or may stand, for something in a directory, or all of it.
    fn calls_for_a_look_into(&self, directory: &str) -> bool {
        let mut patterns = self.matcher.patterns().iter();
        let is_in = |pattern: &Pattern| {
            let text = pattern.without_trailing_glob();
            text == directory || below(text, directory).is_some()
        };
        !self.only_prefixes
            || patterns.any(|pattern| (self.calls_for_a_look)(pattern) && is_in(pattern))
    }
}

fn below<'a>(path: &'a str, directory: &str) -> Option<&'a str> {
    match directory {
        "" => Some(path),
        directory => path.strip_prefix(directory)?.strip_prefix('/'),
    }
}

/// Returns whether fsutil would not compare a pattern by prefix.
fn has_special_characters(text: &str) -> bool {
    text.contains(['*', '[', ']', '?', '^', '\\'])
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn rules(patterns: &[&str]) -> Vec<Rule> {
        patterns.iter().copied().map(Rule::unnamed).collect()
    }

    fn verdict(include: &[&str], exclude: &[&str], directory: &str) -> Verdict {
        let filter = Filter::new(rules(include), rules(exclude)).unwrap();
        filter.judge(
            directory,
            true,
            &Inherited::default(),
            &mut Inherited::default(),
        )
    }

    #[test_case(&[], &["target"], Verdict::LeaveOut(Some(0)) ; "an ignored directory")]
    #[test_case(&[], &["target", "!target/keep"], Verdict::LookInside ; "something is brought back")]
    #[test_case(&[], &["target", "!other/keep"], Verdict::LeaveOut(Some(0)) ; "not from here")]
    #[test_case(&[], &["target", "!**/keep"], Verdict::LookInside ; "perhaps from here")]
    #[test_case(&["target/a"], &[], Verdict::LookInside ; "something inside is wanted")]
    #[test_case(&["src"], &[], Verdict::LeaveOut(None) ; "nothing inside is wanted")]
    #[test_case(&["*/a"], &[], Verdict::LookInside ; "perhaps something inside is wanted")]
    #[test_case(&["target"], &[], Verdict::Take ; "wanted")]
    #[test_case(&["target"], &["t*"], Verdict::LeaveOut(Some(0)) ; "ignoring wins")]
    fn directories(include: &[&str], exclude: &[&str], expected: Verdict) {
        assert_eq!(verdict(include, exclude, "target"), expected);
    }

    #[test]
    fn literal_patterns_name_the_only_entries_to_look_at() {
        let filter = Filter::new(rules(&["a/b/c", "a/d", "Dockerfile"]), Vec::new()).unwrap();
        let names = |directory| filter.only_names(directory, &Inherited::default()).unwrap();
        assert_eq!(Vec::from_iter(names("")), ["Dockerfile", "a"]);
        assert_eq!(Vec::from_iter(names("a")), ["b", "d"]);
        let wild = Filter::new(rules(&["a/*"]), Vec::new()).unwrap();
        assert_eq!(wild.only_names("", &Inherited::default()), None);
    }
}
