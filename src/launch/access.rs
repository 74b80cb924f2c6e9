//! What may be done with a directory, found out without touching it.

use std::path::Path;

use rustix::fs::{Access as Mode, access};

/// What the user may do with a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Write to it, or make it.
    Write,
    /// Read it only.
    Read,
    /// Nothing: it is not there and cannot be made, or is closed, or is no directory.
    None,
}

impl Access {
    /// Asks the kernel about a directory; of one that is missing, about the nearest that is there.
    pub fn to(path: &Path) -> Self {
        let there = path
            .ancestors()
            .find(|path| path.symlink_metadata().is_ok());
        let may = |path: &Path, mode| path.is_dir() && access(path, mode | Mode::EXEC_OK).is_ok();
        match there {
            Some(nearest) if may(nearest, Mode::WRITE_OK) => Self::Write,
            Some(nearest) if nearest == path && may(path, Mode::READ_OK) => Self::Read,
            _ => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_that_are_there_or_can_be_made_are_written_to() {
        let scratch = tempfile::tempdir().unwrap();
        assert_eq!(Access::to(scratch.path()), Access::Write);
        let deeper = scratch.path().join("a/b");
        assert_eq!(Access::to(&deeper), Access::Write);
        assert!(!deeper.exists());
    }

    #[test]
    fn a_file_in_the_way_is_in_the_way() {
        let scratch = tempfile::NamedTempFile::new().unwrap();
        assert_eq!(Access::to(scratch.path()), Access::None);
        assert_eq!(Access::to(&scratch.path().join("a")), Access::None);
    }
}
