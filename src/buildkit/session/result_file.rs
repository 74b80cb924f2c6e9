//! A file that is there when all of it is, and as it was before until then.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, openat, rename};
use tempfile::TempPath;

use crate::buildkit::id;

/// A file that gets its name at the end. Where the file system can do that, it has none at all
/// before, so that nothing is left of it however the program ends.
#[derive(Debug)]
pub(super) struct ResultFile {
    file: File,
    /// The name that it has meanwhile, where it must have one.
    interim: Option<TempPath>,
    path: PathBuf,
}

impl ResultFile {
    /// Begins a file next to the place that it is for.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        // As of any new file, the umask decides who may read it.
        let mode = Mode::from_raw_mode(0o666);
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        match openat(CWD, directory(&path), flags, mode) {
            Ok(file) => Ok(Self {
                file: file.into(),
                interim: None,
                path,
            }),
            Err(_) => Self::with_interim_name(path),
        }
    }

    fn with_interim_name(path: PathBuf) -> io::Result<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        let (file, interim) = tempfile::Builder::new()
            .prefix(".dynbuild-")
            .permissions(std::fs::Permissions::from_mode(0o666))
            .tempfile_in(directory(&path))?
            .into_parts();
        Ok(Self {
            file,
            interim: Some(interim),
            path,
        })
    }

    /// Returns a handle to write to.
    pub(super) fn writer(&self) -> io::Result<tokio::fs::File> {
        self.file.try_clone().map(tokio::fs::File::from_std)
    }

    /// Gives the file its name, in place of what was there.
    pub(super) fn publish(self) -> io::Result<()> {
        let Self {
            file,
            interim,
            path,
        } = self;
        if let Some(interim) = interim {
            return interim.persist(path).map_err(|error| error.error);
        }
        // A link cannot replace a file, only a rename can.
        let interim = directory(&path).join(format!(".dynbuild-{}", id::random()));
        let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
        linkat(CWD, unnamed, CWD, &interim, AtFlags::SYMLINK_FOLLOW)?;
        rename(&interim, &path).map_err(|error| {
            fs_err::remove_file(&interim).ok();
            error.into()
        })
    }

    /// Returns the place that it is for.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use test_case::test_case;

    use super::*;

    type Create = fn(PathBuf) -> io::Result<ResultFile>;

    #[test_case(ResultFile::create; "without a name")]
    #[test_case(ResultFile::with_interim_name; "with one")]
    fn the_old_file_stays_until_the_new_one_is_whole(create: Create) {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("x.tar");
        fs_err::write(&path, "old").unwrap();
        let names = || fs_err::read_dir(place.path()).unwrap().count();
        let mut abandoned = create(path.clone()).unwrap();
        abandoned.file.write_all(b"half").unwrap();
        drop(abandoned);
        assert_eq!(
            (fs_err::read_to_string(&path).unwrap().as_str(), names()),
            ("old", 1)
        );
        let mut file = create(path.clone()).unwrap();
        file.file.write_all(b"new").unwrap();
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "old");
        file.publish().unwrap();
        assert_eq!(
            (fs_err::read_to_string(&path).unwrap().as_str(), names()),
            ("new", 1)
        );
    }
}
