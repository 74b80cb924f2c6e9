//! One voice: the words that people read are the field's, and hints are sentences.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::rooms::{LIBRARY, root};

/// Words that are read as a translation, and what to write instead.
const GLOSSARY: [(&str, &str); 8] = [
    ("tells?|telling|told", "report, show or say"),
    ("mend(?:s|ed|ing)?", "fix"),
    ("anew", "again"),
    ("beside", "next to, or in addition to"),
    ("circles?", "cycle"),
    ("wrong value", "invalid value"),
    ("heed(?:s|ed)?", "the policy's name"),
    ("forsaken", "orphaned"),
];

static PATTERNS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = GLOSSARY.iter();
    let pattern = |words| Regex::new(&format!(r"(?i)\b(?:{words})\b")).expect("a pattern");
    patterns
        .map(|(words, better)| (pattern(words), *better))
        .collect()
});

/// Returns the words of the glossary in a text, each with what to write instead.
fn misfits(text: &str) -> Vec<String> {
    let words = PATTERNS.iter().filter_map(|(pattern, better)| {
        let found = pattern.find(text)?;
        Some(format!("`{}`: write {better}", found.as_str()))
    });
    words.collect()
}

#[test]
fn messages_of_the_programs_use_the_words_of_the_field() {
    let mut found = Vec::new();
    for (module, source) in LIBRARY.files() {
        for text in &source.texts {
            found.extend(
                misfits(text)
                    .iter()
                    .map(|misfit| format!("{module}: {misfit} in {text:?}")),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn documents_profiles_and_scripts_use_the_words_of_the_field() {
    let mut found = Vec::new();
    for path in texts() {
        // Some of the scripts are programs in another encoding.
        let text = fs_err::read_to_string(&path).unwrap_or_default();
        for (number, line) in (1..).zip(text.lines()) {
            let place = format!("{}:{number}", path.display());
            found.extend(
                misfits(line)
                    .iter()
                    .map(|misfit| format!("{place}: {misfit}")),
            );
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn prose_is_wrapped_at_100_columns() {
    let pages = texts().into_iter();
    let pages = pages.filter(|path| path.extension().is_some_and(|kind| kind == "md"));
    let mut found = Vec::new();
    // The reference is printed by the programs.
    for path in pages.filter(|path| {
        !path
            .components()
            .any(|part| part.as_os_str() == "reference")
    }) {
        let text = fs_err::read_to_string(&path).expect("a page");
        let mut in_code = false;
        for (number, line) in (1..).zip(text.lines()) {
            in_code ^= line.trim_start().starts_with("```");
            let is_prose = !in_code && !line.starts_with(['|', '#']);
            if is_prose && line.contains(' ') && line.chars().count() > 100 {
                found.push(format!("{}:{number}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Returns the files that people read, but for the sources.
fn texts() -> Vec<PathBuf> {
    let pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let mut files: Vec<_> = pages.map(|page| root().join(page)).into();
    for directory in ["docs", "profiles", "dockerfiles", "ci"] {
        below(&root().join(directory), &mut files);
    }
    assert!(files.len() > 50, "{files:?}");
    files
}

fn below(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs_err::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            below(&path, files);
        } else {
            files.push(path);
        }
    }
}

#[test]
fn hints_start_with_a_capital_or_a_literal() {
    let mut found = Vec::new();
    let mut count = 0;
    for (module, source) in LIBRARY.files() {
        count += source.hints.len();
        let small = source
            .hints
            .iter()
            .filter(|hint| hint.starts_with(char::is_lowercase));
        found.extend(small.map(|hint| format!("{module}: {hint:?}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(count > 50, "only {count} hints were found");
}

#[test]
fn the_words_are_found_as_words() {
    assert_eq!(
        misfits("Circles are told"),
        [
            "`told`: write report, show or say",
            "`Circles`: write cycle"
        ]
    );
    assert_eq!(misfits("The recommended total besides"), [""; 0]);
}
