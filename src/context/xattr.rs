//! Extended attributes.

use std::io;
use std::path::Path;

use rustix::fs::{lgetxattr, lgetxattr_query, llistxattr, llistxattr_query};
use rustix::io::Errno;

/// Returns the extended attributes of a path, not following it; none if it has vanished.
///
/// Those of macOS are left out, and a value that cannot be read is skipped, both as fsutil does.
pub(super) fn read(path: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let names = match names(path) {
        Ok(names) => names,
        Err(Errno::NOTSUP | Errno::NOENT | Errno::NOTDIR) => return Ok(Vec::new()),
        Err(errno) => return Err(errno.into()),
    };
    let names = names
        .split(|byte| *byte == 0)
        .filter_map(|name| std::str::from_utf8(name).ok());
    let wanted = names.filter(|name| !name.is_empty() && !name.starts_with("com.apple."));
    Ok(wanted
        .filter_map(|name| Some((name.to_owned(), value(path, name)?)))
        .collect())
}

fn names(path: &Path) -> Result<Vec<u8>, Errno> {
    // Nearly all files have none or a few, so the first call is the only one. An empty buffer
    // would be taken as a question for the size.
    let mut short = [0; 256];
    match llistxattr(path, &mut short) {
        Ok(length) => Ok(short[..length].to_vec()),
        Err(Errno::RANGE) => {
            let mut long = vec![0; llistxattr_query(path)?.max(1)];
            let length = llistxattr(path, &mut long[..])?;
            long.truncate(length);
            Ok(long)
        }
        Err(errno) => Err(errno),
    }
}

fn value(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; lgetxattr_query(path, name).ok()?];
    if !value.is_empty() {
        let length = lgetxattr(path, name, &mut value[..]).ok()?;
        value.truncate(length);
    }
    Some(value)
}
