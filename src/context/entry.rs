//! One thing in a directory, with everything that an image keeps of it.

use rustix::fs::{FileType, Stat, major, minor};

/// A file, directory or other thing below a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The path below the root, without a leading slash.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// The permission bits with setuid, setgid and sticky, as in `chmod`.
    pub permissions: u32,
    /// The size in bytes; 0 for directories. A symbolic link has the length of its target.
    pub size: u64,
    /// When it was last changed, in nanoseconds since 1970.
    pub modified: i64,
    /// The path of an earlier entry that is the same file.
    pub hard_link: Option<String>,
    /// Extended attributes, by name.
    pub xattrs: Vec<(String, Vec<u8>)>,
}

/// What an [`Entry`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link and what it points to.
    Symlink(String),
    /// A named pipe.
    Fifo,
    /// A Unix domain socket; images hold an empty file in its place, as with docker.
    Socket,
    /// A character device.
    CharacterDevice(Device),
    /// A block device.
    BlockDevice(Device),
}

/// The numbers of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The major number.
    pub major: u32,
    /// The minor number.
    pub minor: u32,
}

impl Entry {
    /// Returns the number of bytes that a first build has to send for this entry.
    pub fn content_size(&self) -> u64 {
        match (&self.kind, &self.hard_link) {
            (Kind::File, None) => self.size,
            _ => 0,
        }
    }
}

impl Kind {
    /// Returns the kind, or `None` for a symbolic link, whose target is not in the metadata.
    pub(super) fn from_stat(stat: &Stat) -> Option<Self> {
        let device = Device {
            major: major(stat.st_rdev),
            minor: minor(stat.st_rdev),
        };
        Some(match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => Self::Directory,
            FileType::Symlink => return None,
            FileType::Fifo => Self::Fifo,
            FileType::Socket => Self::Socket,
            FileType::CharacterDevice => Self::CharacterDevice(device),
            FileType::BlockDevice => Self::BlockDevice(device),
            FileType::RegularFile | FileType::Unknown => Self::File,
        })
    }
}
