//! The one way to open a file that somebody else may have put there.
//!
//! A pipe, a device or a socket in its place would be waited for, or read without an end; a link can
//! lead to a file that its author may not read but we may. All of that is refused by name.

use std::fs::{FileType, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

/// More than people write into one file, in bytes.
pub const USUAL_LIMIT: u64 = 4 << 20;

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// Fails when it is something else, larger, or cannot be read.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nonblocking)
        .open(path)
        .map_err(|error| refined(path, error))?;
    check(&file.metadata()?, limit)?;
    // It may grow meanwhile, or have no size of its own, as in `/proc`.
    read_at_most(limit, file)
}

fn read_at_most(limit: u64, from: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// Reads the text of a regular file of at most [`USUAL_LIMIT`] bytes.
///
/// # Errors
/// As [`read`], and when it is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    decode(read(path, USUAL_LIMIT)?)
}

/// Reads a text of at most [`USUAL_LIMIT`] bytes from what is open already, as standard input.
///
/// # Errors
/// Fails when it is larger, cannot be read, or is not UTF-8.
pub fn read_text_from(open: &mut dyn io::Read) -> io::Result<String> {
    decode(read_at_most(USUAL_LIMIT, open)?)
}

fn decode(bytes: Vec<u8>) -> io::Result<String> {
    let text = String::from_utf8(bytes);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Reads a text as [`read_text`] does, unless a link leads out of `directory`.
///
/// # Errors
/// As [`read_text`], and when the file is elsewhere.
pub fn read_text_within(directory: &Path, path: &Path) -> io::Result<String> {
    let place = path.canonicalize()?;
    if !place.starts_with(directory.canonicalize()?) {
        let why = "it is a link that leads out of its directory";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    read_text(&place)
}

fn check(metadata: &Metadata, limit: u64) -> io::Result<()> {
    if !metadata.is_file() {
        let what = format!("it is {}, not a regular file", kind(metadata.file_type()));
        return Err(io::Error::other(what));
    }
    if metadata.len() > limit {
        return Err(too_large(limit));
    }
    Ok(())
}

/// A socket cannot be opened at all, which the system says in words that nobody understands.
fn refined(path: &Path, error: io::Error) -> io::Error {
    let metadata = path.metadata().ok();
    match metadata.filter(|metadata| metadata.file_type().is_socket()) {
        Some(_) => io::Error::other("it is a socket, not a regular file"),
        None => error,
    }
}

fn too_large(limit: u64) -> io::Error {
    let why = format!("it is larger than {} MiB", limit >> 20);
    io::Error::new(io::ErrorKind::FileTooLarge, why)
}

fn kind(file_type: FileType) -> &'static str {
    match file_type {
        kind if kind.is_dir() => "a directory",
        kind if kind.is_fifo() => "a pipe",
        kind if kind.is_socket() => "a socket",
        kind if kind.is_block_device() || kind.is_char_device() => "a device",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, FileType as Kind, Mode, mknodat};

    use super::*;

    fn why(path: &Path) -> String {
        read_text(path).unwrap_err().to_string()
    }

    #[test]
    fn only_regular_files_are_read() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs_err::write(at("file"), "text").unwrap();
        assert_eq!(read_text(&at("file")).unwrap(), "text");
        mknodat(CWD, at("pipe"), Kind::Fifo, Mode::RWXU, 0).unwrap();
        assert_eq!(why(&at("pipe")), "it is a pipe, not a regular file");
        let _listener = UnixListener::bind(at("socket")).unwrap();
        assert_eq!(why(&at("socket")), "it is a socket, not a regular file");
        assert_eq!(why(place.path()), "it is a directory, not a regular file");
        assert_eq!(
            why(Path::new("/dev/zero")),
            "it is a device, not a regular file"
        );
        fs_err::write(at("bytes"), b"\xff").unwrap();
        assert_eq!(why(&at("bytes")), "it is not UTF-8");
        let missing = read_text(&at("missing")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn large_files_are_refused_without_reading_them() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("large");
        let file = fs_err::File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        assert_eq!(why(&path), "it is larger than 4 MiB");
        file.set_len(USUAL_LIMIT).unwrap();
        assert!(read(&path, USUAL_LIMIT).is_ok());
    }

    #[test]
    fn links_lead_nowhere_else() {
        let place = tempfile::tempdir().unwrap();
        let inside = place.path().join("profiles");
        fs_err::create_dir(&inside).unwrap();
        fs_err::write(place.path().join("secret"), "canary").unwrap();
        fs_err::write(inside.join("real"), "text").unwrap();
        std::os::unix::fs::symlink("real", inside.join("near")).unwrap();
        std::os::unix::fs::symlink("../secret", inside.join("far")).unwrap();
        let read = |name: &str| read_text_within(&inside, &inside.join(name));
        assert_eq!(read("near").unwrap(), "text");
        let error = read("far").unwrap_err().to_string();
        assert_eq!(error, "it is a link that leads out of its directory");
    }
}
