//! The order in which entries come: fsutil's `validator.go`.

use super::error::ReceiveError;

/// The longest path that is taken, in bytes: `PATH_MAX` of Linux.
const LONGEST: usize = 4096;

/// Checks that paths are clean, and come after their parents and elder siblings.
///
/// So no path comes twice, and every parent is a directory of the export.
#[derive(Debug, Default)]
pub(super) struct Order {
    last: Vec<String>,
    last_is_directory: bool,
}

impl Order {
    /// Checks the next path.
    pub(super) fn check(&mut self, path: &str, is_directory: bool) -> Result<(), ReceiveError> {
        let parts: Vec<&str> = path.split('/').collect();
        let is_name = |part: &&str| !matches!(*part, "" | "." | "..") && !part.contains('\0');
        if path.len() > LONGEST || !parts.iter().all(is_name) {
            return Err(ReceiveError::InvalidPath {
                path: path.chars().take(LONGEST).collect(),
            });
        }
        if !self.may_follow(&parts) {
            return Err(ReceiveError::OutOfOrder {
                path: path.to_owned(),
            });
        }
        self.last = parts.into_iter().map(str::to_owned).collect();
        self.last_is_directory = is_directory;
        Ok(())
    }

    fn may_follow(&self, parts: &[&str]) -> bool {
        let depth = parts.len() - 1;
        let has_parents = self
            .last
            .get(..depth)
            .is_some_and(|parents| parents == &parts[..depth]);
        has_parents
            && match self.last.get(depth) {
                Some(elder) => elder.as_str() < parts[depth],
                None => depth == 0 || self.last_is_directory,
            }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&["a/", "a/b", "a!", "ab"], true ; "as fsutil sends")]
    #[test_case(&["a/b"], false ; "without its parent")]
    #[test_case(&["a", "a/b"], false ; "below a file")]
    #[test_case(&["b", "a"], false ; "an elder sibling")]
    #[test_case(&["a", "a"], false ; "twice")]
    #[test_case(&["a/", "b/", "a/c"], false ; "back to a directory that is done")]
    #[test_case(&["../a"], false ; "out of the directory")]
    #[test_case(&["a/", "a/../b"], false ; "not clean")]
    #[test_case(&["/a"], false ; "absolute")]
    #[test_case(&[""], false ; "empty")]
    fn sequences(paths: &[&str], expected: bool) {
        let mut order = Order::default();
        let valid = paths.iter().all(|path| match path.strip_suffix('/') {
            Some(directory) if !directory.is_empty() => order.check(directory, true).is_ok(),
            _ => order.check(path, false).is_ok(),
        });
        assert_eq!(valid, expected);
    }
}
