//! Reading a directory of fragments.
//!
//! It is somebody else's: files that would block or never end are refused by name, and links do not
//! lead out of it.

use std::fs::FileType;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::StagesError;

/// What a fragment's file name ends with.
pub(super) const EXTENSION: &str = ".Dockerfile";

/// The largest fragment. Dockerfiles of this size are written by programs gone wrong.
const MAX_SIZE: u64 = 4 << 20;

/// The most fragments of a directory.
const MAX_COUNT: usize = 10_000;

/// A file of the directory.
pub(super) struct Found {
    /// The name that profiles use.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

/// Reads all fragments below `root`; returns every one that cannot be read.
pub(super) fn read(root: &Path) -> Result<Vec<Found>, Vec<StagesError>> {
    let mut reader = Reader {
        above: vec![root.canonicalize().unwrap_or_else(|_| root.to_owned())],
        found: Vec::new(),
        errors: Vec::new(),
    };
    reader.directory(root, "");
    if reader.errors.is_empty() {
        Ok(reader.found)
    } else {
        Err(reader.errors)
    }
}

struct Reader {
    /// The directories that are being read, without links, the outermost first.
    above: Vec<PathBuf>,
    found: Vec<Found>,
    errors: Vec<StagesError>,
}

impl Reader {
    fn directory(&mut self, directory: &Path, prefix: &str) {
        let unreadable = |source| StagesError::Read {
            path: directory.to_owned(),
            source,
        };
        let entries = fs_err::read_dir(directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut paths: Vec<_> = match entries {
            Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
            Err(source) => return self.errors.push(unreadable(source)),
        };
        paths.sort();
        for path in paths {
            // Editors and archives leave files there whose names begin with a dot.
            let name = path.file_name().and_then(|name| name.to_str());
            if let Some(name) = name.filter(|name| !name.starts_with('.')) {
                self.entry(&path, &format!("{prefix}{name}"));
            }
        }
    }

    fn entry(&mut self, path: &Path, name: &str) {
        let stem = name.strip_suffix(EXTENSION);
        let kind = match fs_err::metadata(path) {
            Ok(metadata) => metadata.file_type(),
            // A link that leads nowhere is no fragment, unless it is called one.
            Err(_) if stem.is_none() => return,
            Err(source) => {
                return self.errors.push(StagesError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        if stem.is_none() && !kind.is_dir() {
            return;
        }
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if !real.starts_with(&self.above[0]) {
            let why = "leads out of the directory of the fragments";
            return self.errors.push(refused(path, why));
        }
        match stem {
            Some(stem) if !kind.is_dir() => self.file(path, stem, kind),
            Some(_) | None if self.above.contains(&real) => {
                self.errors
                    .push(refused(path, "leads to a directory that it is in"));
            }
            Some(_) | None => {
                self.above.push(real);
                self.directory(path, &format!("{name}/"));
                self.above.pop();
            }
        }
    }

    fn file(&mut self, path: &Path, name: &str, kind: FileType) {
        if !kind.is_file() {
            return self.errors.push(refused(path, "is not a regular file"));
        }
        if self.found.len() == MAX_COUNT {
            return self
                .errors
                .push(refused(path, "is one of more than 10,000"));
        }
        let mut bytes = Vec::new();
        let read = fs_err::File::open(path)
            .and_then(|file| file.take(MAX_SIZE + 1).read_to_end(&mut bytes));
        match read {
            Err(source) => self.errors.push(StagesError::Read {
                path: path.to_owned(),
                source,
            }),
            Ok(_) if bytes.len() as u64 > MAX_SIZE => {
                self.errors.push(refused(path, "is larger than 4 MiB"));
            }
            Ok(_) => self.found.push(Found {
                name: name.to_owned(),
                path: path.to_owned(),
                bytes,
            }),
        }
    }
}

fn refused(path: &Path, why: &'static str) -> StagesError {
    StagesError::Refused {
        path: path.to_owned(),
        why,
    }
}
