use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::docker::ignore::{Decision, Matcher, ParentMatches, Rule};

#[derive(Default)]
struct Collected {
    entries: Vec<Entry>,
    problems: Vec<String>,
    left_out: Vec<String>,
}

impl Visitor for Collected {
    fn entry(&mut self, entry: Entry) -> ControlFlow<()> {
        self.entries.push(entry);
        ControlFlow::Continue(())
    }

    fn problem(&mut self, error: ContextError) -> ControlFlow<()> {
        self.problems.push(error.to_string());
        ControlFlow::Continue(())
    }

    fn left_out(&mut self, path: &str, _: bool, _: Option<usize>) -> ControlFlow<()> {
        self.left_out.push(path.to_owned());
        ControlFlow::Continue(())
    }
}

impl Collected {
    fn paths(&self) -> Vec<&str> {
        self.entries
            .iter()
            .map(|entry| entry.path.as_str())
            .collect()
    }

    fn files(&self) -> impl Iterator<Item = &str> {
        let files = self
            .entries
            .iter()
            .filter(|entry| entry.kind != Kind::Directory);
        files.map(|entry| entry.path.as_str())
    }
}

fn collect(directory: &Path, include: &[&str], exclude: &[&str]) -> Collected {
    let rules = |patterns: &[&str]| patterns.iter().copied().map(Rule::unnamed).collect();
    let filter = Filter::new(rules(include), rules(exclude)).unwrap();
    let mut collected = Collected::default();
    let root = Root::open(directory).unwrap();
    _ = walk(&root, &filter, WalkOptions { xattrs: true }, &mut collected);
    collected
}

fn files(paths: &[&str]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for path in paths {
        let path = directory.path().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, "x").unwrap();
    }
    directory
}

#[test]
fn names_are_sorted_by_bytes_within_their_directory() {
    let tree = files(&["ab", "a/b", "a.b", "a-b", "a!b", "B"]);
    let expected = ["B", "a", "a/b", "a!b", "a-b", "a.b", "ab"];
    assert_eq!(collect(tree.path(), &[], &[]).paths(), expected);
}

#[test]
fn parents_come_with_the_first_entry_taken_from_them() {
    let tree = files(&["a/b/keep", "a/b/drop", "a/c/drop", "z"]);
    let collected = collect(tree.path(), &[], &["*", "!a/b/keep"]);
    assert_eq!(collected.paths(), ["a", "a/b", "a/b/keep"]);
    assert_eq!(collected.left_out, ["a/b/drop", "a/c", "z"]);
}

#[test]
fn a_hard_link_to_a_file_that_is_left_out_stands_for_itself() {
    let tree = files(&["a", "d"]);
    for link in ["b", "c"] {
        fs_err::hard_link(tree.path().join("a"), tree.path().join(link)).unwrap();
    }
    let links = |exclude: &[&str]| {
        let entries = collect(tree.path(), &[], exclude).entries;
        entries
            .into_iter()
            .filter_map(|entry| entry.hard_link)
            .collect::<Vec<_>>()
    };
    assert_eq!(links(&[]), ["a", "a"]);
    assert_eq!(links(&["a"]), ["b"]);
}

#[test]
fn kinds_are_told_apart() {
    let tree = files(&["file"]);
    let path = tree.path();
    fs_err::create_dir(path.join("empty")).unwrap();
    symlink("/no/where", path.join("link")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(path.join("socket")).unwrap();
    let root = Root::open(path).unwrap();
    let pipe = root.open_directory("").unwrap();
    rustix::fs::mknodat(&pipe, "pipe", FileType::Fifo, Mode::RUSR, 0).unwrap();
    let kinds: Vec<_> = collect(path, &[], &[])
        .entries
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    let expected = [
        Kind::Directory,
        Kind::File,
        Kind::Symlink("/no/where".into()),
        Kind::Fifo,
        Kind::Socket,
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn names_that_are_not_utf8_are_named_unless_left_out() {
    let tree = files(&["ok"]);
    let name = std::ffi::OsStr::from_bytes(b"bad\xff.txt");
    fs_err::write(tree.path().join(name), "").unwrap();
    let collected = collect(tree.path(), &[], &[]);
    assert_eq!(collected.paths(), ["ok"]);
    let expected = r"`bad\xff.txt` of the build context has a name that is not UTF-8";
    assert_eq!(collected.problems, [expected]);
    assert_eq!(collect(tree.path(), &[], &["bad*"]).problems, [""; 0]);
}

#[test]
fn literal_patterns_find_the_same_as_listing() {
    let tree = files(&["a/b/c", "a/b/d", "a/e", "f", "g/h"]);
    let literal = collect(tree.path(), &["a/b/c", "g", "missing", "../x"], &[]);
    assert_eq!(literal.paths(), ["a", "a/b", "a/b/c", "g", "g/h"]);
}

#[test]
fn a_root_that_is_gone_is_told() {
    let missing = Root::open("/no/such/directory").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "Cannot open the build context `/no/such/directory`"
    );
}

/// The rule of fsutil's `validator.go`: parents first, and every name after its elder siblings.
fn follows_the_order(paths: &[&str]) -> bool {
    let mut last: Vec<&str> = Vec::new();
    for path in paths {
        let parts: Vec<&str> = path.split('/').collect();
        let common = last.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        let has_parents = parts.len() <= common + 1 && parts.len() > common;
        let after_sibling = last.get(common).is_none_or(|elder| *elder < parts[common]);
        if !has_parents || !after_sibling {
            return false;
        }
        last = parts;
    }
    true
}

fn name() -> impl Strategy<Value = String> {
    proptest::string::string_regex("[ab!.*-]{1,2}")
        .unwrap()
        .prop_filter("not a name", |name| name != "." && name != "..")
}

fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(name(), 1..4).prop_map(|parts| parts.join("/"))
}

/// Decides about a path by its parents one after the other, without leaving out any look.
///
/// This is not `matches_or_parent_matches`: with `*/a` and `!*`, moby drops `x/a` when it comes
/// from `x`, and keeps it when asked for it alone.
fn left_out(matcher: &Matcher, path: &str) -> bool {
    let mut parents = ParentMatches::default();
    let mut decision = Decision::default();
    for end in path
        .match_indices('/')
        .map(|(end, _)| end)
        .chain([path.len()])
    {
        let mut own = ParentMatches::default();
        decision = matcher.matches(&path[..end], &parents, &mut own);
        parents = own;
    }
    decision.matched
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_and_choice_hold_for_any_tree(
        paths in proptest::collection::vec(path(), 1..20),
        exclude in proptest::collection::vec("!?[ab*]{1,2}(/[ab*]{1,2})?", 0..3),
    ) {
        let directory = tempfile::tempdir().unwrap();
        for path in &paths {
            let path = directory.path().join(path);
            // A name can be a file here and a directory there; the first wins.
            if fs_err::create_dir_all(path.parent().unwrap()).is_ok() && !path.exists() {
                fs_err::write(path, "").unwrap();
            }
        }
        let exclude: Vec<&str> = exclude.iter().map(String::as_str).collect();
        prop_assume!(Matcher::new(exclude.iter().copied().map(Rule::unnamed)).is_ok());
        let collected = collect(directory.path(), &[], &exclude);
        prop_assert!(follows_the_order(&collected.paths()), "{:?}", collected.paths());

        let all = collect(directory.path(), &[], &[]);
        let matcher = Matcher::new(exclude.iter().copied().map(Rule::unnamed)).unwrap();
        let expected: Vec<&str> = all.files().filter(|path| !left_out(&matcher, path)).collect();
        prop_assert_eq!(collected.files().collect::<Vec<_>>(), expected);
    }
}
