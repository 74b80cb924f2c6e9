//! A listing as text.

use std::collections::BTreeMap;

use super::Listing;
use crate::text::{Look, Table, Tone, clean_line, counted, human_size};

/// How many directories are shown.
const LARGEST: usize = 10;

impl Listing {
    /// Returns the totals, the largest directories, and what each rule left out.
    pub fn text(&self, look: Look) -> String {
        let total = format!(
            "{}, {} would be sent\n",
            counted(self.files.len(), "file"),
            human_size(self.total_size)
        );
        let mut text = look.paint(Tone::Strong, &total);
        text += &self.largest_directories().render(look);
        let rules = self.rules();
        if !rules.is_empty() {
            text += "\n";
            text += &rules.render(look);
        }
        text
    }

    fn largest_directories(&self) -> Table {
        let files = self.files.iter().map(|file| {
            let name = file.path.find('/').map_or("", |end| &file.path[..=end]);
            (name, (1, file.size))
        });
        let largest = by_size(files);
        let hidden = largest.len().saturating_sub(LARGEST);
        let mut table = Table::headless();
        for (name, (files, size)) in largest.into_iter().take(LARGEST) {
            let name = if name.is_empty() { "(top)" } else { name };
            table.row([human_size(size), counted(files, "file"), clean_line(name)]);
        }
        if hidden > 0 {
            table.row(["", "", &format!("and {hidden} more directories")]);
        }
        table
    }

    fn rules(&self) -> Table {
        let left_out = self.excluded.iter().map(|excluded| {
            let rule = (excluded.source.as_str(), excluded.rule.as_str());
            (rule, (excluded.files, excluded.size))
        });
        let mut table = Table::new(["left out", "", "by the rule", "in"]);
        for ((source, rule), (files, size)) in by_size(left_out) {
            table.row([
                human_size(size),
                counted(files, "file"),
                clean_line(rule),
                clean_line(source),
            ]);
        }
        table
    }
}

/// Adds up numbers of files and their sizes by name; the largest comes first.
fn by_size<N: Ord>(parts: impl Iterator<Item = (N, (u64, u64))>) -> Vec<(N, (u64, u64))> {
    let mut sums: BTreeMap<N, (u64, u64)> = BTreeMap::new();
    for (name, (files, size)) in parts {
        let sum = sums.entry(name).or_default();
        *sum = (sum.0 + files, sum.1 + size);
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (_, size))| std::cmp::Reverse(*size));
    sums
}
