//! Paths as docker makes them absolute: by their words, without looking at the disk.

use std::path::{Path, PathBuf};

use crate::docker::path;

/// Joins a path to a directory and takes `.` and `..` out, as Go's `filepath.Abs`.
pub fn absolute(directory: &Path, relative: impl AsRef<Path>) -> PathBuf {
    let joined = directory.join(relative);
    // Docker's command line cannot name files that are not UTF-8 either.
    joined
        .to_str()
        .map_or(joined.clone(), |text| path::clean(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(".", "/a/b")]
    #[test_case("./x/", "/a/b/x")]
    #[test_case("../x", "/a/x")]
    #[test_case("../../../x", "/x")]
    #[test_case("/c/./d", "/c/d")]
    fn words_are_taken_out(relative: &str, expected: &str) {
        assert_eq!(absolute(Path::new("/a/b"), relative), Path::new(expected));
    }
}
