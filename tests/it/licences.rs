//! What the programs contain is what `deny.toml` allows: licences and sources.

use std::collections::BTreeSet;

use toml::Table;

use crate::rooms::root;

fn read(name: &str) -> String {
    fs_err::read_to_string(root().join(name)).expect("a text")
}

/// Returns a list of `deny.toml`.
fn allowed(table: &str, key: &str) -> BTreeSet<String> {
    let rules: Table = read("deny.toml").parse().expect("a table");
    let list = rules[table][key].as_array().expect("a list").iter();
    list.map(|value| value.as_str().expect("a text").to_owned())
        .collect()
}

/// Returns whether a licence expression can be met with `allowed`. Exceptions such as `WITH
/// LLVM-exception` only give more rights.
fn is_met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let alternatives = split(expression, "OR");
    if alternatives.len() > 1 {
        return alternatives.iter().any(|part| is_met(part, allowed));
    }
    let parts = split(expression, "AND");
    if parts.len() > 1 {
        return parts.iter().all(|part| is_met(part, allowed));
    }
    let inner = expression
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    match inner {
        Some(inner) => is_met(inner, allowed),
        None => allowed.contains(expression.split(" WITH ").next().unwrap_or(expression)),
    }
}

/// Splits at a word that is in no brackets.
fn split(expression: &str, word: &str) -> Vec<String> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0;
    for token in expression.split_whitespace() {
        depth += token.matches('(').count();
        if token == word && depth == 0 {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(token);
        }
        depth -= token.matches(')').count();
    }
    parts.into_iter().map(|part| part.join(" ")).collect()
}

/// `ci/third-party --check` keeps the list fresh.
#[test]
fn every_crate_of_the_programs_has_a_licence_that_is_allowed() {
    let allowed = allowed("licenses", "allow");
    let list = read("THIRD-PARTY.md");
    let rows = list.lines().filter_map(|line| line.strip_prefix("| "));
    let crates: Vec<Vec<&str>> = rows
        .map(|row| row.trim_end_matches(" |").split(" | ").collect())
        .filter(|cells: &Vec<&str>| cells[0] != "crate")
        .collect();
    assert!(crates.len() > 100, "{crates:?}");
    let refused: Vec<_> = crates
        .iter()
        .filter(|cells| !is_met(cells[2], &allowed))
        .collect();
    assert!(refused.is_empty(), "not in `deny.toml`: {refused:?}");
}

#[test]
fn every_crate_comes_from_a_registry_that_is_allowed() {
    let allowed = allowed("sources", "allow-registry");
    let lock: Table = read("Cargo.lock").parse().expect("a table");
    let packages = lock["package"].as_array().expect("a list").iter();
    let elsewhere: Vec<_> = packages
        .filter_map(|package| package.get("source")?.as_str())
        .filter(|source| {
            !source
                .strip_prefix("registry+")
                .is_some_and(|url| allowed.contains(url))
        })
        .collect();
    assert!(elsewhere.is_empty(), "not in `deny.toml`: {elsewhere:?}");
}

#[test]
fn of_several_licences_one_is_enough_and_of_joined_ones_all_are_needed() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "ISC".to_owned()]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-2.0-only", false),
        ("GPL-2.0-only OR MIT", true),
        ("ISC AND MIT", true),
        ("ISC AND OpenSSL", false),
        ("(MIT OR ISC) AND OpenSSL", false),
        ("(GPL-2.0-only  OR MIT) AND ISC", true),
        ("MIT WITH some-exception", true),
    ] {
        assert_eq!(is_met(expression, &allowed), expected, "{expression}");
    }
}
