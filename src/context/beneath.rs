//! Opening what is really below a directory.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// How every directory is opened.
pub(crate) const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

/// Opens a path below a directory without following any symbolic link on the way.
pub(crate) fn open_beneath(directory: &OwnedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    match rustix::fs::openat2(directory, path, flags, Mode::empty(), resolve) {
        Ok(file) => Ok(file),
        // Linux before 5.6, or a sandbox that does not know the call.
        Err(Errno::NOSYS | Errno::PERM) => open_stepwise(directory, path, flags),
        Err(errno) => Err(errno.into()),
    }
}

fn open_stepwise(directory: &OwnedFd, path: &str, flags: OFlags) -> io::Result<OwnedFd> {
    let mut current = None;
    let (parents, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in parents.split('/').filter(|part| !part.is_empty()) {
        let above = current.as_ref().unwrap_or(directory);
        current = Some(rustix::fs::openat(
            above,
            inside(part)?,
            DIRECTORY,
            Mode::empty(),
        )?);
    }
    let above = current.as_ref().unwrap_or(directory);
    let flags = flags | OFlags::NOFOLLOW;
    Ok(rustix::fs::openat(
        above,
        inside(name)?,
        flags,
        Mode::empty(),
    )?)
}

fn inside(name: &str) -> io::Result<&str> {
    match name {
        ".." | "" => Err(Errno::XDEV.into()),
        name => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::CWD;

    use super::*;

    #[test]
    fn without_openat2_the_answers_are_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs_err::create_dir_all(path.join("a/b")).unwrap();
        fs_err::write(path.join("a/b/file"), "x").unwrap();
        fs_err::write(path.join("secret"), "x").unwrap();
        symlink("..", path.join("a/up")).unwrap();
        let root = rustix::fs::openat(CWD, path.join("a"), DIRECTORY, Mode::empty()).unwrap();
        for open in [open_beneath, open_stepwise] {
            assert!(open(&root, "b/file", OFlags::RDONLY).is_ok());
            for outside in ["../secret", "up/secret", "b/../../secret", "up"] {
                assert!(open(&root, outside, OFlags::RDONLY).is_err(), "{outside}");
            }
        }
    }
}
