//! Creating an export's entries below an open directory.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Timespec, Timestamps, XattrFlags};
use rustix::io::Errno;

use super::super::wire::{go, permissions};
use super::error::ReceiveError;
use crate::buildkit::proto::fsutil::Stat;
use crate::context::beneath::{DIRECTORY, open_beneath};

/// The directory that an export goes to.
#[derive(Debug)]
pub(super) struct Disk {
    root: OwnedFd,
    /// The directory that was last written to; entries of one directory come in a row.
    parent: Option<(String, OwnedFd)>,
}

/// What an entry gets when it is complete.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finish {
    permissions: u32,
    modified: i64,
}

impl Finish {
    pub(super) fn new(stat: &Stat) -> Self {
        Self {
            permissions: permissions(stat.mode),
            modified: stat.mod_time,
        }
    }
}

type Result<T, E = ReceiveError> = std::result::Result<T, E>;

impl Disk {
    /// Opens the directory, which is made if it is missing.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        fs_err::create_dir_all(path).map_err(failed("create the directory", &shown))?;
        let flags = DIRECTORY.difference(OFlags::NOFOLLOW);
        let root = rustix::fs::openat(CWD, path, flags, Mode::empty())
            .map_err(|errno| failed("open the directory", &shown)(errno.into()))?;
        Ok(Self { root, parent: None })
    }

    /// Makes a directory, or takes the one that is there.
    pub(super) fn directory(&mut self, stat: &Stat) -> Result<()> {
        let (parent, name) = self.parent(&stat.path)?;
        match rustix::fs::mkdirat(parent, name, Mode::RWXU) {
            Err(Errno::EXIST) if !is_directory(parent, name) => {
                rustix::fs::unlinkat(parent, name, AtFlags::empty())
                    .and_then(|()| rustix::fs::mkdirat(parent, name, Mode::RWXU))
                    .map_err(write_failed("create the directory", &stat.path))
            }
            // An earlier export may have made it read-only; it gets its mode back at the end.
            Err(Errno::EXIST) => {
                make_writable(parent, name).ok();
                Ok(())
            }
            made => made.map_err(write_failed("create the directory", &stat.path)),
        }
    }

    /// Creates an empty file that only we can read until it is finished.
    pub(super) fn file(&mut self, stat: &Stat) -> Result<File> {
        let (parent, name) = self.vacant(&stat.path)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let file = rustix::fs::openat(parent, name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(write_failed("create", &stat.path))?;
        for (name, value) in &stat.xattrs {
            // As fsutil does: many are for root only, and no reason to fail.
            rustix::fs::fsetxattr(&file, name, value, XattrFlags::empty()).ok();
        }
        Ok(File::from(file))
    }

    /// Opens a file again that is not finished yet.
    pub(super) fn append(&self, path: &str) -> Result<File> {
        let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        open_beneath(&self.root, path, flags)
            .map(File::from)
            .map_err(failed("write", path))
    }

    /// Creates a symbolic link; where it points to does not matter, nothing follows it.
    pub(super) fn symlink(&mut self, stat: &Stat) -> Result<()> {
        let (parent, name) = self.vacant(&stat.path)?;
        rustix::fs::symlinkat(&stat.linkname, parent, name)
            .map_err(write_failed("create the symbolic link", &stat.path))?;
        let times = times(stat.mod_time);
        rustix::fs::utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW).ok();
        Ok(())
    }

    /// Gives a file that was received another name.
    pub(super) fn hard_link(&mut self, stat: &Stat) -> Result<()> {
        let invalid = || ReceiveError::InvalidLink {
            path: stat.path.clone(),
            target: stat.linkname.clone(),
        };
        let (directory, target) = split(&stat.linkname);
        let directory = self.open_directory(directory).map_err(|_| invalid())?;
        if !is_linkable(&directory, target) {
            return Err(invalid());
        }
        let (parent, name) = self.vacant(&stat.path)?;
        rustix::fs::linkat(&directory, target, parent, name, AtFlags::empty())
            .map_err(write_failed("create the link", &stat.path))
    }

    /// Creates a pipe or a device.
    pub(super) fn special(&mut self, stat: &Stat) -> Result<()> {
        let (parent, name) = self.vacant(&stat.path)?;
        let kind = match stat.mode & go::TYPE {
            go::FIFO => FileType::Fifo,
            bits if bits & go::CHARACTER != 0 => FileType::CharacterDevice,
            _ => FileType::BlockDevice,
        };
        let number = |number: i64| u32::try_from(number).unwrap_or_default();
        let device = rustix::fs::makedev(number(stat.devmajor), number(stat.devminor));
        let mode = Mode::from_raw_mode(permissions(stat.mode));
        rustix::fs::mknodat(parent, name, kind, mode, device)
            .and_then(|()| rustix::fs::chmodat(parent, name, mode, AtFlags::empty()))
            .map_err(write_failed("create the special file", &stat.path))
    }

    /// Gives a directory its permissions and time.
    pub(super) fn finish_directory(&self, path: &str, finish: Finish) -> Result<()> {
        let directory = self.open_directory(path).map_err(failed("finish", path))?;
        finish_entry(&directory, finish).map_err(write_failed("finish", path))
    }

    /// Returns the open parent of a path, and its name there.
    fn parent<'a>(&mut self, path: &'a str) -> Result<(&OwnedFd, &'a str)> {
        let (directory, name) = split(path);
        let is_open = self
            .parent
            .as_ref()
            .is_some_and(|(open, _)| open == directory);
        if !is_open {
            let opened = self
                .open_directory(directory)
                .map_err(failed("open", directory))?;
            self.parent = Some((directory.to_owned(), opened));
        }
        let parent = self
            .parent
            .as_ref()
            .map_or(&self.root, |(_, parent)| parent);
        Ok((parent, name))
    }

    /// As [`Self::parent`], with nothing of that name left there.
    fn vacant<'a>(&mut self, path: &'a str) -> Result<(&OwnedFd, &'a str)> {
        let (parent, name) = self.parent(path)?;
        match rustix::fs::unlinkat(parent, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok((parent, name)),
            Err(_) if is_directory(parent, name) => Err(ReceiveError::DirectoryInTheWay {
                path: path.to_owned(),
            }),
            Err(errno) => Err(write_failed("replace", path)(errno)),
        }
    }

    fn open_directory(&self, path: &str) -> io::Result<OwnedFd> {
        match path {
            "" => self.root.try_clone(),
            path => open_beneath(&self.root, path, DIRECTORY),
        }
    }
}

/// Writes a piece to the end of a file.
pub(super) fn write(file: &mut File, path: &str, data: &[u8]) -> Result<()> {
    file.write_all(data).map_err(failed("write", path))
}

/// Gives a file its permissions and time.
pub(super) fn finish_file(file: &File, path: &str, finish: Finish) -> Result<()> {
    finish_entry(file, finish).map_err(write_failed("finish", path))
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn is_directory(parent: &OwnedFd, name: &str) -> bool {
    kind(parent, name) == Some(FileType::Directory)
}

/// Returns whether another name may be given: not to directories, which cannot have one, nor to
/// links, whose name would lead elsewhere.
fn is_linkable(parent: &OwnedFd, name: &str) -> bool {
    !matches!(
        kind(parent, name),
        None | Some(FileType::Directory | FileType::Symlink)
    )
}

fn kind(parent: &OwnedFd, name: &str) -> Option<FileType> {
    let stat = rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileType::from_raw_mode(stat.st_mode))
}

fn make_writable(parent: &OwnedFd, name: &str) -> rustix::io::Result<()> {
    let directory = rustix::fs::openat(parent, name, DIRECTORY, Mode::empty())?;
    let mode = Mode::from_raw_mode(rustix::fs::fstat(&directory)?.st_mode & 0o7777);
    rustix::fs::fchmod(&directory, mode | Mode::RWXU)
}

fn finish_entry(entry: &impl std::os::fd::AsFd, finish: Finish) -> rustix::io::Result<()> {
    let entry = entry.as_fd();
    rustix::fs::fchmod(entry, Mode::from_raw_mode(finish.permissions))?;
    rustix::fs::futimens(entry, &times(finish.modified))
}

fn times(nanoseconds: i64) -> Timestamps {
    const SECOND: i64 = 1_000_000_000;
    let time = Timespec {
        tv_sec: nanoseconds.div_euclid(SECOND),
        tv_nsec: nanoseconds.rem_euclid(SECOND),
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}

fn failed(action: &'static str, path: &str) -> impl FnOnce(io::Error) -> ReceiveError {
    let path = path.to_owned();
    move |source| ReceiveError::Write {
        action,
        path,
        source,
    }
}

fn write_failed(action: &'static str, path: &str) -> impl FnOnce(Errno) -> ReceiveError {
    let failed = failed(action, path);
    move |errno| failed(errno.into())
}
