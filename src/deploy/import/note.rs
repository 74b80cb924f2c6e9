//! What is not taken over, with its place.

use std::fmt::Display;

use crate::toml_file::Location;

/// Notes in the order in which they come up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Notes(Vec<(String, Vec<Location>)>);

impl Notes {
    /// Adds one; places of the same note are listed together.
    pub(super) fn add(&mut self, at: &Location, said: impl Into<String>) {
        self.add_all(vec![at.clone()], said.into());
    }

    /// Adds that something is not taken over.
    pub(super) fn lost(&mut self, at: &Location, what: impl Display) {
        self.add(at, format!("{what} is not taken over"));
    }

    /// Adds one that is about no place.
    pub(super) fn say(&mut self, said: impl Into<String>) {
        self.add_all(Vec::new(), said.into());
    }

    fn add_all(&mut self, places: Vec<Location>, said: String) {
        match self.0.iter_mut().find(|(known, _)| *known == said) {
            Some((_, known)) => {
                for place in places {
                    if !known.contains(&place) {
                        known.push(place);
                    }
                }
            }
            None => self.0.push((said, places)),
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        for (said, places) in other.0 {
            self.add_all(places, said);
        }
    }

    /// Returns them as `FILE:LINE, LINE: NOTE`, in the order of the file.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut notes: Vec<_> = self.0.iter().collect();
        let first = |places: &[Location]| {
            let at = places.first()?;
            Some((at.file.name.clone(), at.span.start))
        };
        notes.sort_by_cached_key(|(_, places)| (places.is_empty(), first(places)));
        let shown = |(said, places): &(String, Vec<Location>)| {
            let Some(first) = places.first() else {
                return said.clone();
            };
            let mut lines: Vec<_> = places
                .iter()
                .map(|at| at.excerpt("").line_column().0)
                .collect();
            lines.sort_unstable();
            lines.dedup();
            let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
            format!("{}:{}: {said}", first.file.name, lines.join(","))
        };
        notes.into_iter().map(shown).collect()
    }
}
