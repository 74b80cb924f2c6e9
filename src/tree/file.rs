//! Small files of a tree that may belong to anybody.

use std::io::Read as _;
use std::path::Path;

/// No file that describes a tree is larger.
const LARGEST: u64 = 1 << 20;

/// Reads a small regular file of a tree; `None` if there is none, or it is something else. A FIFO
/// would block, and a device never ends.
pub(super) fn read(path: &Path) -> Option<String> {
    if !fs_err::metadata(path).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    let file = fs_err::File::open(path).ok()?;
    file.take(LARGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Reads a TOML file of a tree.
pub(super) fn read_toml(path: &Path) -> Option<toml::Table> {
    read(path)?.parse().ok()
}
