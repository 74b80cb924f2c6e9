//! `# check=`: which of BuildKit's checks are skipped, tried, or fatal.

use std::collections::BTreeSet;

/// BuildKit's check for it sees no build arguments: profiles give the images, without a default here.
const ALWAYS_SKIPPED: &str = "InvalidDefaultArgInFrom";

/// What the directives of several fragments say together.
///
/// One file can have one such directive. A check that one fragment skips is skipped in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checks {
    skip: Rules,
    experimental: Rules,
    error: bool,
}

/// Some rules or all.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rules {
    All,
    Some(BTreeSet<String>),
}

impl Default for Checks {
    fn default() -> Self {
        Self {
            skip: Rules::Some(BTreeSet::from([ALWAYS_SKIPPED.to_owned()])),
            experimental: Rules::Some(BTreeSet::new()),
            error: false,
        }
    }
}

impl Checks {
    /// Adds what one directive says; false if BuildKit would not understand it.
    pub(super) fn add(&mut self, text: &str) -> bool {
        text.trim().splitn(3, ';').all(|option| {
            let Some((name, value)) = option.split_once('=') else {
                return false;
            };
            match name.trim() {
                "skip" => self.skip.add(value),
                "experimental" => self.experimental.add(value),
                "error" => match value.trim() {
                    "1" | "t" | "T" | "true" | "TRUE" | "True" => self.error = true,
                    "0" | "f" | "F" | "false" | "FALSE" | "False" => {}
                    _ => return false,
                },
                _ => return false,
            }
            true
        })
    }

    /// Returns the directive.
    pub(super) fn line(&self) -> String {
        let mut options = vec![format!("skip={}", self.skip.text())];
        if self.experimental != Rules::Some(BTreeSet::new()) {
            options.push(format!("experimental={}", self.experimental.text()));
        }
        if self.error {
            options.push("error=true".to_owned());
        }
        format!("# check={}", options.join(";"))
    }
}

impl Rules {
    fn add(&mut self, value: &str) {
        match (&mut *self, value.trim()) {
            (Self::All, _) => {}
            (_, "all") => *self = Self::All,
            (Self::Some(rules), value) => {
                rules.extend(value.split(',').map(|rule| rule.trim().to_owned()));
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Some(rules) => {
                let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
                rules.join(",")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&[], "# check=skip=InvalidDefaultArgInFrom"; "none")]
    #[test_case(&["skip=A, B"], "# check=skip=A,B,InvalidDefaultArgInFrom"; "some")]
    #[test_case(&["skip=A", "skip=all;error=true"], "# check=skip=all;error=true"; "all")]
    #[test_case(&["experimental=A;error=false", "experimental=B"], "# check=skip=InvalidDefaultArgInFrom;experimental=A,B"; "experimental")]
    fn directives_add_up(texts: &[&str], line: &str) {
        let mut checks = Checks::default();
        assert!(texts.iter().all(|text| checks.add(text)));
        assert_eq!(checks.line(), line);
    }

    #[test_case("skip"; "no value")]
    #[test_case("skipp=all"; "another option")]
    #[test_case("error=perhaps"; "no truth value")]
    fn others_are_refused(text: &str) {
        assert!(!Checks::default().add(text));
    }
}
