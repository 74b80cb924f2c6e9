//! Which version a commit is, from tags and release branches.

use std::cmp::Ordering;

use serde::Serialize;

/// The version of a source tree and what it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The number without a leading `v`, for example `1.2.0`.
    pub number: String,
    /// What says so.
    pub origin: VersionOrigin,
}

/// What a version was read from; the first that exists counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionOrigin {
    /// A tag on the commit itself.
    ExactTag(String),
    /// The highest branch `origin/release/X.Y.Z`: the commit is on its way there.
    ReleaseBranch(String),
    /// The highest `v*` tag of the repository.
    HighestTag(String),
    /// Nothing: `0.0.1`.
    Nothing,
}

impl Version {
    /// Picks the version of a commit from the tags on it, the remote branches and all tags.
    ///
    /// Of several tags on the commit, one that looks like a version is preferred, then the highest.
    /// Release branches beat tags even if a tag is higher; tags that contain `test-rc` never count.
    pub(crate) fn pick(exact: &[String], branches: &[String], tags: &[String]) -> Self {
        let origin = highest(exact)
            .map(VersionOrigin::ExactTag)
            .or_else(|| highest_release(branches).map(VersionOrigin::ReleaseBranch))
            .or_else(|| highest_version_tag(tags).map(VersionOrigin::HighestTag))
            .unwrap_or(VersionOrigin::Nothing);
        let number = match &origin {
            VersionOrigin::ExactTag(tag) | VersionOrigin::HighestTag(tag) => without_v(tag),
            VersionOrigin::ReleaseBranch(branch) => branch.rsplit('/').next().unwrap_or(branch),
            VersionOrigin::Nothing => "0.0.1",
        };
        Self {
            number: number.to_owned(),
            origin: origin.clone(),
        }
    }
}

fn without_v(tag: &str) -> &str {
    match tag.strip_prefix('v') {
        Some(number) if number.starts_with(|c: char| c.is_ascii_digit()) => number,
        _ => tag,
    }
}

fn highest(tags: &[String]) -> Option<String> {
    tags.iter().max_by(|a, b| compare(a, b)).cloned()
}

fn highest_release(branches: &[String]) -> Option<String> {
    let releases = branches.iter().filter(|branch| {
        let number = branch.strip_prefix("origin/release/").unwrap_or("");
        let parts: Vec<_> = number.split('.').collect();
        let is_number = |part: &&str| part.parse::<u64>().is_ok();
        parts.len() == 3 && parts.iter().all(is_number)
    });
    let number = |branch: &str| branch.rsplit('/').next().unwrap_or_default().to_owned();
    releases
        .max_by(|a, b| compare(&number(a), &number(b)))
        .cloned()
}

fn highest_version_tag(tags: &[String]) -> Option<String> {
    let versions: Vec<_> = tags
        .iter()
        .filter(|tag| tag.starts_with('v') && !tag.contains("test-rc"))
        .cloned()
        .collect();
    highest(&versions)
}

/// Orders tags: words before versions, versions by number, a pre-release before its release.
fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (Parsed::new(a), Parsed::new(b));
    a.numbers
        .is_empty()
        .cmp(&b.numbers.is_empty())
        .reverse()
        .then_with(|| a.numbers.cmp(&b.numbers))
        .then_with(|| a.rank().cmp(&b.rank()))
        .then_with(|| natural(a.suffix, b.suffix))
}

/// A tag taken apart: `v1.2.0-rc1` is `[1, 2, 0]` and `-rc1`.
struct Parsed<'a> {
    numbers: Vec<u64>,
    suffix: &'a str,
}

impl<'a> Parsed<'a> {
    fn new(tag: &'a str) -> Self {
        let mut rest = without_v(tag);
        let mut numbers = Vec::new();
        loop {
            let digits = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let Ok(number) = rest[..digits].parse() else {
                break;
            };
            numbers.push(number);
            rest = &rest[digits..];
            match rest.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        Self {
            numbers,
            suffix: rest,
        }
    }

    fn rank(&self) -> u8 {
        match self.suffix {
            "" => 1,
            suffix if suffix.starts_with(".post") || suffix.starts_with('+') => 2,
            _ => 0,
        }
    }
}

/// Compares texts so that `rc10` comes after `rc9`.
fn natural(a: &str, b: &str) -> Ordering {
    let chunks = |text: &str| {
        let mut chunks: Vec<(String, u64)> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let words = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (word, tail) = rest.split_at(words);
            let digits = tail
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(tail.len());
            chunks.push((word.to_owned(), tail[..digits].parse().unwrap_or(0)));
            rest = &tail[digits..];
        }
        chunks
    };
    chunks(a).cmp(&chunks(b))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&["v0.9.0"], &["origin/release/1.0.0"], &["v2.0.0"] => "0.9.0"; "a tag on the commit wins")]
    #[test_case(&["nightly-x", "v0.9.0"], &[], &[] => "0.9.0"; "a version beats a word")]
    #[test_case(&["nightly-x"], &[], &[] => "nightly-x"; "any tag counts")]
    #[test_case(&["v1.0.0-rc1", "v1.0.0"], &[], &[] => "1.0.0"; "a release beats its candidate")]
    #[test_case(&[], &["origin/release/0.9.0", "origin/release/0.10.0"], &["v2.0.0"] => "0.10.0"; "a release branch beats a higher tag")]
    #[test_case(&[], &["origin/release/1.0", "origin/release/1.0.0-x", "origin/main", "fork/release/3.0.0"], &["v0.1.0"] => "0.1.0"; "a release branch has three numbers")]
    #[test_case(&[], &[], &["v0.9.0", "v0.10.0", "v0.2.0"] => "0.10.0"; "numbers are not text")]
    #[test_case(&[], &[], &["v1.0.0-rc9", "v1.0.0-rc10"] => "1.0.0-rc10"; "so are those of candidates")]
    #[test_case(&[], &[], &["v1.0.0", "v1.0.0.post1"] => "1.0.0.post1"; "a post-release is later")]
    #[test_case(&[], &[], &["v9.0.0-test-rc7", "v1.0.0"] => "1.0.0"; "test candidates do not count")]
    #[test_case(&[], &[], &["nightly", "2024-01-01"] => "0.0.1"; "nothing that looks like a version")]
    fn the_version_is(exact: &[&str], branches: &[&str], tags: &[&str]) -> String {
        let [exact, branches, tags] = [exact, branches, tags]
            .map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>());
        Version::pick(&exact, &branches, &tags).number
    }
}
