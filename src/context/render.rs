//! A listing as text.

use std::collections::BTreeMap;

use super::Listing;
use crate::text::{Look, Table, Tone, clean_line, human_size};

/// How many directories are shown.
const LARGEST: usize = 10;

impl Listing {
    /// Returns the totals, the largest directories, and what each rule left out.
    pub fn text(&self, look: Look) -> String {
        let total = format!(
            "{} would be sent\n",
            amount(count(&self.files), self.total_size)
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
        let mut directories: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for file in &self.files {
            let name = file.path.find('/').map_or("", |end| &file.path[..=end]);
            let (files, size) = directories.entry(name).or_default();
            *files += 1;
            *size += file.size;
        }
        let mut largest: Vec<_> = directories.into_iter().collect();
        largest.sort_by_key(|(_, (_, size))| std::cmp::Reverse(*size));
        let hidden = largest.len().saturating_sub(LARGEST);
        let mut table = Table::headless();
        for (name, (files, size)) in largest.into_iter().take(LARGEST) {
            let name = if name.is_empty() { "(top)" } else { name };
            table.row([human_size(size), plural(files, "file"), clean_line(name)]);
        }
        if hidden > 0 {
            table.row([
                String::new(),
                String::new(),
                format!("and {hidden} more directories"),
            ]);
        }
        table
    }

    fn rules(&self) -> Table {
        let mut rules: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
        for excluded in &self.excluded {
            let (files, size) = rules.entry((&excluded.source, &excluded.rule)).or_default();
            *files += excluded.files;
            *size += excluded.size;
        }
        let mut rules: Vec<_> = rules.into_iter().collect();
        rules.sort_by_key(|(_, (_, size))| std::cmp::Reverse(*size));
        let mut table = Table::default();
        if !rules.is_empty() {
            table = Table::new(["left out", "", "by the rule", "in"]);
        }
        for ((source, rule), (files, size)) in rules {
            table.row([
                human_size(size),
                plural(files, "file"),
                clean_line(rule),
                clean_line(source),
            ]);
        }
        table
    }
}

fn count<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap_or(u64::MAX)
}

fn amount(files: u64, size: u64) -> String {
    format!("{}, {}", plural(files, "file"), human_size(size))
}

fn plural(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        count => format!("{count} {noun}s"),
    }
}
