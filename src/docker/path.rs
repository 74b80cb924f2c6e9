//! Slash-separated paths as Go's `path` package cleans them.

/// Returns the shortest path equal to `path` by text alone, as Go's `path.Clean` does.
///
/// Repeated slashes, `.` and inner `..` go; an empty path becomes `.`; `..` at the root of an
/// absolute path is dropped.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match kept.last() {
                Some(&last) if last != ".." => _ = kept.pop(),
                _ if rooted => {}
                _ => kept.push(".."),
            },
            name => kept.push(name),
        }
    }
    let joined = kept.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Returns `path` below `parent`, cleaned, as Go's `path.Join` does.
pub fn join(parent: &str, path: &str) -> String {
    match (parent, path) {
        ("", path) => clean(path),
        (parent, "") => clean(parent),
        (parent, path) => clean(&format!("{parent}/{path}")),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::{clean, join};

    #[test_case("", "." ; "empty")]
    #[test_case("a//b/./c/", "a/b/c" ; "noise")]
    #[test_case("a/../b", "b" ; "inner parent")]
    #[test_case("../a/../..", "../.." ; "leading parents stay")]
    #[test_case("/../a", "/a" ; "no parent of the root")]
    #[test_case("/", "/" ; "root")]
    #[test_case("a/..", "." ; "nothing left")]
    fn clean_is_go_path_clean(path: &str, expected: &str) {
        assert_eq!(clean(path), expected);
    }

    #[test]
    fn join_ignores_empty_parts() {
        assert_eq!(join("", "a/.."), ".");
        assert_eq!(join("a", "../b"), "b");
        assert_eq!(join("a/", ""), "a");
    }
}
