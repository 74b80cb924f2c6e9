//! A directory that exists in memory only.

use std::ops::ControlFlow;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use crate::buildkit::session::MemoryFile;
use crate::context::{Entry, Filter, Inherited, Kind, Verdict, Visitor};

/// Goes through files as [`context::walk()`](crate::context::walk()) goes through a directory.
pub(super) fn walk(
    files: &[MemoryFile],
    filter: &Filter,
    visitor: &mut impl Visitor,
) -> ControlFlow<()> {
    let mut files: Vec<&MemoryFile> = files.iter().collect();
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    for file in files {
        let parents = Inherited::default();
        let verdict = filter.judge(&file.name, false, &parents, &mut Inherited::default());
        if verdict == Verdict::Take {
            visitor.entry(entry(file))?;
        }
    }
    ControlFlow::Continue(())
}

/// Returns the content of a file.
pub(super) fn find<'a>(files: &'a [MemoryFile], name: &str) -> Option<&'a Bytes> {
    files
        .iter()
        .find(|file| file.name == name)
        .map(|file| &file.data)
}

fn entry(file: &MemoryFile) -> Entry {
    Entry {
        path: file.name.clone(),
        kind: Kind::File,
        permissions: 0o644,
        size: u64::try_from(file.data.len()).unwrap_or(u64::MAX),
        modified: modified(&file.data),
        hard_link: None,
        xattrs: Vec::new(),
    }
}

/// Returns a modification time that follows from the content.
///
/// Docker 20.10 asks again for a Dockerfile only if its size or time differ, so that one fixed time
/// would let it build the old one after an edit that keeps the length.
fn modified(data: &[u8]) -> i64 {
    let digest = Sha256::digest(data);
    let part = |from: usize| {
        let bytes = [
            digest[from],
            digest[from + 1],
            digest[from + 2],
            digest[from + 3],
        ];
        i64::from(u32::from_be_bytes(bytes)) % 1_000_000_000
    };
    // Seconds between 1970 and 2001: any file system can keep them.
    part(0) * 1_000_000_000 + part(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_content_of_the_same_size_has_another_time() {
        assert_ne!(modified(b"FROM a"), modified(b"FROM b"));
        assert_eq!(modified(b"FROM a"), modified(b"FROM a"));
    }
}
