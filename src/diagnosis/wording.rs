//! The texts of a rule, filled with what is known of a failure.
//!
//! `$name` stands for a [value](Words::value), `$$` for a dollar. Brackets enclose what is left out
//! when a value of it is unknown, and `|` in them separates alternatives, the first of which that
//! can be filled is taken.

use std::borrow::Cow;

use regex::Captures;

use super::evidence::{Evidence, Setting};
use super::known::{MODULES, PROGRAMS, framework_of};
use crate::suggest::closest;

/// What is known of a failure by name.
pub(super) struct Words<'a> {
    pub(super) captures: Option<Captures<'a>>,
    pub(super) evidence: &'a Evidence,
    pub(super) setting: Setting,
    /// The server that was named last.
    pub(super) server: Option<&'a str>,
}

impl Words<'_> {
    /// Returns a text of a rule, empty if none of its alternatives can be filled.
    pub(super) fn fill(&self, text: &str) -> String {
        let parts = text.split(['[', ']']).enumerate();
        let parts = parts.filter_map(|(index, part)| {
            let is_optional = index % 2 == 1;
            if is_optional {
                part.split('|').find_map(|part| self.fill_part(part))
            } else {
                self.fill_part(part)
            }
        });
        parts.collect()
    }

    /// Returns a text without brackets; `None` if a value of it is unknown.
    fn fill_part(&self, part: &str) -> Option<String> {
        let mut pieces = part.split('$');
        let mut filled = pieces.next()?.to_owned();
        while let Some(piece) = pieces.next() {
            if piece.is_empty() {
                filled.push('$');
                filled += pieces.next().unwrap_or_default();
                continue;
            }
            let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (name, rest) = piece.split_at(end.unwrap_or(piece.len()));
            filled += &self.value(name)?;
            filled += rest;
        }
        Some(filled)
    }

    /// Returns what is known by a name: the groups of the pattern first.
    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(found) = self.group(name) {
            return Some(found.into());
        }
        let value: Cow<'_, str> = match name {
            "place" => match self.setting {
                Setting::Step => "step",
                Setting::Container | Setting::Waiting => "container",
                Setting::Engine => return None,
            }
            .into(),
            "host" => self.server?.into(),
            "image" => Some(self.evidence.image.as_str())
                .filter(|image| !image.is_empty())?
                .into(),
            "build_line" => self.evidence.build_line.as_deref()?.into(),
            "framework" => framework_of(self.group("module").or(self.group("program"))?)?.into(),
            "similar" => self.similar()?.into(),
            // Several words where a program is to be named.
            "words" => self
                .group("program")
                .filter(|name| name.contains(' '))?
                .into(),
            _ => return None,
        };
        Some(value)
    }

    fn group(&self, name: &str) -> Option<&str> {
        self.captures
            .as_ref()?
            .name(name)
            .map(|found| found.as_str())
    }

    /// Returns the module or program that was probably meant.
    fn similar(&self) -> Option<&'static str> {
        let (name, known) = match self.group("module") {
            Some(module) => (module, MODULES.as_slice()),
            None => (self.group("program")?, PROGRAMS.as_slice()),
        };
        closest(name, known.iter().copied()).filter(|similar| *similar != name)
    }
}

#[cfg(test)]
mod tests {
    use regex::Regex;
    use test_case::test_case;

    use super::*;

    #[test_case("a `$module` of $$HOME" => "a `sglnag` of $HOME"; "a group and a dollar")]
    #[test_case("none[: `$absent`]" => "none"; "left out")]
    #[test_case("[`$host`|a server]" => "a server"; "the second alternative")]
    #[test_case("[$image|$module|x]" => "sglnag"; "the first that can be filled")]
    #[test_case("[$absent]" => ""; "nothing")]
    #[test_case("the $place" => "the step"; "the setting")]
    #[test_case("$image" => ""; "an unknown value outside of brackets")]
    fn texts_are_filled(text: &str) -> String {
        let evidence = Evidence::new(Setting::Step, "");
        let pattern = Regex::new("(?P<module>sglnag)(?P<absent>x)?").unwrap();
        let words = Words {
            captures: pattern.captures("sglnag"),
            evidence: &evidence,
            setting: Setting::Step,
            server: None,
        };
        words.fill(text)
    }
}
