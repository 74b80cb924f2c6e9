//! File trees: as they come out of an image, and how two of them differ.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use sha2::{Digest as _, Sha256};
use tar::{Archive, Entry, EntryType};

/// The files of an archive by path.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<String, Node>);

/// Everything that an archive says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) kind: EntryType,
    pub(crate) mode: u32,
    pub(crate) owner: (u64, u64),
    pub(crate) modified: u64,
    pub(crate) link: Option<String>,
    pub(crate) size: u64,
    content: [u8; 32],
    attributes: BTreeMap<String, Vec<u8>>,
}

impl Tree {
    /// Reads a tar archive.
    pub(crate) fn from_tar(archive: impl Read) -> Self {
        let mut archive = Archive::new(archive);
        let entries = archive.entries().expect("an archive");
        Self(
            entries
                .map(|entry| node(entry.expect("an entry")))
                .collect(),
        )
    }

    /// The file of that path.
    pub(crate) fn get(&self, path: &str) -> &Node {
        let paths = self.0.keys();
        self.0
            .get(path)
            .unwrap_or_else(|| panic!("`{path}` is not in {paths:?}"))
    }

    /// The number of files.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets a file.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.0.remove(path);
        self
    }

    /// One line for every path that is not the same in both.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut paths: Vec<&String> = self.0.keys().chain(other.0.keys()).collect();
        paths.sort();
        paths.dedup();
        let pairs = paths
            .into_iter()
            .map(|path| (path, self.0.get(path), other.0.get(path)));
        pairs
            .filter(|(_, ours, theirs)| ours != theirs)
            .map(|(path, ours, theirs)| format!("{path}: {} / {}", Shown(ours), Shown(theirs)))
            .collect()
    }
}

struct Shown<'a>(Option<&'a Node>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(node) => write!(f, "{node:?}"),
            None => f.write_str("missing"),
        }
    }
}

fn node<R: Read>(mut entry: Entry<'_, R>) -> (String, Node) {
    let path = String::from_utf8_lossy(&entry.path_bytes())
        .trim_end_matches('/')
        .to_owned();
    let link = entry
        .link_name_bytes()
        .map(|link| String::from_utf8_lossy(&link).into_owned());
    let attributes = attributes(&mut entry);
    let header = entry.header();
    let mut node = Node {
        kind: header.entry_type(),
        mode: header.mode().expect("a mode"),
        owner: (
            header.uid().expect("a user"),
            header.gid().expect("a group"),
        ),
        modified: header.mtime().expect("a time"),
        link,
        size: entry.size(),
        content: [0; 32],
        attributes,
    };
    let mut content = Sha256::new();
    std::io::copy(&mut entry, &mut HashWriter(&mut content)).expect("the content");
    node.content = content.finalize().into();
    (path, node)
}

/// Extended attributes and the exact times, which tar keeps as PAX records.
fn attributes<R: Read>(entry: &mut Entry<'_, R>) -> BTreeMap<String, Vec<u8>> {
    let Ok(Some(records)) = entry.pax_extensions() else {
        return BTreeMap::new();
    };
    records
        .map(|record| record.expect("a PAX record"))
        .map(|record| {
            (
                record.key().expect("a key").to_owned(),
                record.value_bytes().to_vec(),
            )
        })
        .collect()
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
