//! An open directory, and files below it that are really below it.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, Stat};

use super::ContextError;
use super::beneath::{DIRECTORY, open_beneath};

/// A directory that is read by file descriptor, so that nobody who swaps a directory for a
/// symbolic link meanwhile can make us read something else.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    directory: OwnedFd,
}

impl Root {
    /// Opens a directory; symbolic links in `path` itself are followed.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, ContextError> {
        let path = path.into();
        let flags = DIRECTORY.difference(OFlags::NOFOLLOW);
        match rustix::fs::openat(CWD, &path, flags, Mode::empty()) {
            Ok(directory) => Ok(Self { path, directory }),
            Err(errno) => Err(ContextError::Open {
                path,
                source: errno.into(),
            }),
        }
    }

    /// Returns the directory as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a regular file for reading.
    ///
    /// Anything else is [`io::ErrorKind::InvalidInput`]; a named pipe does not block.
    pub fn open_file(&self, path: &str) -> io::Result<File> {
        // Without NONBLOCK, a file that has become a pipe meanwhile would hang us.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(open_beneath(&self.directory, path, flags)?);
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ))
        }
    }

    /// Opens a directory below the root; the empty path is the root itself.
    pub(crate) fn open_directory(&self, path: &str) -> io::Result<OwnedFd> {
        match path {
            "" | "." => Ok(rustix::fs::openat(
                &self.directory,
                ".",
                DIRECTORY,
                Mode::empty(),
            )?),
            path => open_beneath(&self.directory, path, DIRECTORY),
        }
    }

    /// Returns the metadata of a path, not following it.
    pub(crate) fn stat(&self, path: &str) -> io::Result<Stat> {
        Ok(rustix::fs::statat(
            &self.directory,
            path,
            AtFlags::SYMLINK_NOFOLLOW,
        )?)
    }

    /// Returns the bytes that a symbolic link holds.
    pub(crate) fn read_link(&self, path: &str) -> io::Result<Vec<u8>> {
        let target = rustix::fs::readlinkat(&self.directory, path, Vec::new())?;
        Ok(target.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn tree() -> (tempfile::TempDir, Root) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs_err::create_dir_all(path.join("a/b")).unwrap();
        fs_err::write(path.join("a/b/file"), "x").unwrap();
        fs_err::write(path.join("secret"), "x").unwrap();
        symlink("..", path.join("a/up")).unwrap();
        let root = Root::open(path.join("a")).unwrap();
        (directory, root)
    }

    #[test]
    fn files_below_open_and_others_do_not() {
        let (_directory, root) = tree();
        assert!(root.open_file("b/file").is_ok());
        for outside in ["../secret", "up/secret", "b", "up", "/etc/passwd"] {
            assert!(root.open_file(outside).is_err(), "{outside}");
        }
    }
}
