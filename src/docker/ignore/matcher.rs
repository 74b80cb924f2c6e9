//! All patterns together: the last one that matches wins.

use super::{Pattern, PatternError, Rule};

/// Decides about paths by a list of rules.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    rules: Vec<Rule>,
    patterns: Vec<Pattern>,
}

/// Which patterns matched a directory; its entries inherit them.
///
/// The default means "nothing is known": the parents of a path are then looked at one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParentMatches(Vec<bool>);

impl ParentMatches {
    /// Returns whether any pattern matched.
    pub fn any(&self) -> bool {
        self.0.contains(&true)
    }
}

/// What the rules say about one path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Whether the path is matched and not brought back by a later `!` rule.
    pub matched: bool,
    /// The index of the rule that decided, if any rule matched.
    pub rule: Option<usize>,
}

impl Decision {
    fn note(&mut self, index: usize, pattern: &Pattern) {
        *self = Self {
            matched: !pattern.is_exclusion(),
            rule: Some(index),
        };
    }
}

impl Matcher {
    /// Compiles rules; empty patterns are left out.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, PatternError> {
        let mut matcher = Self::default();
        for rule in rules {
            if let Some(pattern) = Pattern::new(&rule)? {
                matcher.patterns.push(pattern);
                matcher.rules.push(rule);
            }
        }
        Ok(matcher)
    }

    /// Returns the compiled patterns, in the order of the rules.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// Returns the rule behind [`Decision::rule`].
    pub fn rule(&self, index: usize) -> Option<&Rule> {
        self.rules.get(index)
    }

    /// Decides about a path alone: a match of any of its parents counts for it.
    ///
    /// This is `MatchesOrParentMatches` of moby's patternmatcher.
    pub fn matches_or_parent_matches(&self, path: &str) -> Decision {
        let mut decision = Decision::default();
        for (index, pattern) in self.patterns.iter().enumerate() {
            let undecided = pattern.is_exclusion() == decision.matched;
            if undecided && matches_here_or_above(pattern, path) {
                decision.note(index, pattern);
            }
        }
        decision
    }

    /// Decides about an entry of a directory for which `parents` were collected, and collects
    /// what the entry's own entries inherit into `own`.
    ///
    /// This is `MatchesUsingParentResults` of moby's patternmatcher, which decides in a walk. It
    /// remembers of a directory only the patterns that had a say, so that the answer can differ
    /// from [`Self::matches_or_parent_matches`].
    pub fn matches(
        &self,
        path: &str,
        parents: &ParentMatches,
        own: &mut ParentMatches,
    ) -> Decision {
        let mut decision = Decision::default();
        own.0.clear();
        for (index, pattern) in self.patterns.iter().enumerate() {
            let undecided = pattern.is_exclusion() == decision.matched;
            let matched = match parents.0.get(index) {
                Some(true) => true,
                Some(false) => undecided && pattern.matches(path),
                None => undecided && matches_here_or_above(pattern, path),
            };
            own.0.push(matched);
            if matched {
                decision.note(index, pattern);
            }
        }
        decision
    }
}

fn matches_here_or_above(pattern: &Pattern, path: &str) -> bool {
    pattern.matches(path)
        || path
            .match_indices('/')
            .any(|(end, _)| pattern.matches(&path[..end]))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(rename = "in")]
        input: Input,
        ok: Option<bool>,
        err: Option<String>,
    }

    #[derive(Deserialize)]
    struct Input {
        s: String,
        pats: Vec<String>,
    }

    fn rows() -> Vec<Row> {
        include_str!("../../../tests/data/docker-cli/pattern.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn every_row_of_docker_agrees() {
        let rows = rows();
        assert!(rows.len() > 2_000, "the data is missing");
        for Row { input, ok, err } in rows {
            let rules = input.pats.iter().map(Rule::unnamed);
            let answer = Matcher::new(rules)
                .map(|matcher| matcher.matches_or_parent_matches(&input.s).matched)
                .ok();
            assert_eq!(
                answer, ok,
                "`{}` by {:?} (docker: {err:?})",
                input.s, input.pats
            );
        }
    }

    #[test]
    fn inherited_matches_give_the_same_answer() {
        let rules = ["a", "!a/b", "a/b/*.txt", "!**/keep"];
        let matcher = Matcher::new(rules.map(Rule::unnamed)).unwrap();
        for path in ["a", "a/b", "a/b/c.txt", "a/b/keep", "a/c/keep/x", "b"] {
            let mut parents = ParentMatches::default();
            let mut decision = Decision::default();
            let ends = path
                .match_indices('/')
                .map(|(end, _)| end)
                .chain([path.len()]);
            for end in ends {
                let mut own = ParentMatches::default();
                decision = matcher.matches(&path[..end], &parents, &mut own);
                parents = own;
            }
            assert_eq!(decision, matcher.matches_or_parent_matches(path), "{path}");
        }
    }

    #[test]
    fn the_deciding_rule_is_known() {
        let rules = ["*.log", "!keep.log"].map(Rule::unnamed);
        let matcher = Matcher::new(rules).unwrap();
        let rule_of = |path| matcher.matches_or_parent_matches(path).rule;
        assert_eq!(rule_of("a.log"), Some(0));
        assert_eq!(rule_of("keep.log"), Some(1));
        assert_eq!(rule_of("a.txt"), None);
    }
}
