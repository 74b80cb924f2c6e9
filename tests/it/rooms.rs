//! The rooms of the library: every module uses only what is below it, and no two files need each
//! other. The order is the table of `docs/architecture.md`, read from there.

mod graph;
mod names;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use graph::Graph;
use names::{Crate, Used};
use regex::Regex;

pub(crate) static LIBRARY: LazyLock<Crate> = LazyLock::new(|| Crate::read(&root().join("src")));

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// Returns the rooms from top to bottom, as the architecture lists them.
fn rooms() -> Vec<String> {
    let page = fs_err::read_to_string(root().join("docs/architecture.md")).expect("a text");
    let (_, after) = page.split_once("\n## Rooms\n").expect("the rooms");
    let table = after.split("\n## ").next().expect("a table");
    let name = Regex::new("`([a-z_]+)`").expect("a pattern");
    let first_cells = table.lines().filter_map(|line| line.strip_prefix("| "));
    first_cells
        .map(|row| row.split('|').next().unwrap_or(row))
        .flat_map(|cell| name.captures_iter(cell))
        .map(|found| found[1].to_owned())
        .collect()
}

/// Returns what uses something above itself, `rooms` being in order from top to bottom.
fn upward(library: &Crate, rooms: &[String]) -> Vec<String> {
    let depths = rooms.iter().enumerate();
    let depth: BTreeMap<&str, usize> = depths.map(|(depth, room)| (room.as_str(), depth)).collect();
    let is_upward = |used: &Used| depth[used.room_of_user()] > depth[used.room_of_used()];
    let uses = library.uses().into_iter().filter(is_upward);
    uses.map(|used| used.to_string()).collect()
}

fn cycles(library: &Crate) -> Vec<String> {
    // To pass a name on is no need of the file that does it.
    Graph::new(library.uses().into_iter().filter(|used| !used.reexport)).cycles()
}

#[test]
fn every_module_of_the_library_is_in_the_table_of_rooms() {
    let mut listed = rooms();
    listed.sort();
    assert_eq!(listed, LIBRARY.rooms());
}

#[test]
fn rooms_use_only_what_is_below_them() {
    let upward = upward(&LIBRARY, &rooms());
    assert!(
        upward.is_empty(),
        "{}\nMove what is used down, or what uses it up",
        upward.join("\n")
    );
}

#[test]
fn no_files_need_each_other() {
    let cycles = cycles(&LIBRARY);
    assert!(
        cycles.is_empty(),
        "{}\nMove what both sides use to a file of its own",
        cycles.join("\n\n")
    );
}

/// Reads a library of three files: `high` with a child, and `low`.
fn sample(child: &str, low: &str) -> Crate {
    let scratch = tempfile::tempdir().expect("a directory");
    let files = [
        ("lib.rs", "pub mod high;\npub mod low;"),
        ("high/mod.rs", "mod child;\npub use child::Child;"),
        ("high/child.rs", child),
        ("low.rs", low),
    ];
    fs_err::create_dir(scratch.path().join("high")).expect("a directory");
    for (name, text) in files {
        fs_err::write(scratch.path().join(name), text).expect("a file");
    }
    Crate::read(scratch.path())
}

#[test]
fn upward_uses_and_cycles_are_found_through_names_that_are_passed_on() {
    let rooms = ["high".to_owned(), "low".to_owned()];
    let down = "use crate::low::Low;\npub struct Child(Low);";
    let library = sample(down, "pub struct Low;");
    assert_eq!(
        (upward(&library, &rooms), cycles(&library)),
        (vec![], vec![])
    );
    let up = "low uses high::child (`crate::high::Child`)";
    let back = "fn f() { g!(crate::high::Child) }\npub struct Low;";
    let library = sample(down, back);
    assert_eq!(upward(&library, &rooms), [up]);
    assert_eq!(
        cycles(&library),
        [format!("high::child uses low (`crate::low::Low`)\n{up}")]
    );
    let tests = "#[cfg(test)]\nmod tests { use crate::high::Child; }\npub struct Low;";
    assert_eq!(upward(&sample(down, tests), &rooms), [""; 0]);
}
