//! Directories that a build may read from us.

use std::path::PathBuf;

use bytes::Bytes;

/// The name under which the Dockerfile frontend asks for the build context.
pub const CONTEXT: &str = "context";

/// The name under which the Dockerfile frontend asks for the Dockerfile and its ignore file.
pub const DOCKERFILE: &str = "dockerfile";

/// A directory that the session offers to the engine.
#[derive(Clone, Debug)]
pub struct LocalDir {
    /// The name that the engine asks for (`dir-name` of the request): [`CONTEXT`], [`DOCKERFILE`]
    /// or the name behind `local:` of a named context.
    pub name: String,
    /// Where its files come from.
    pub source: LocalSource,
}

/// Where the files of a [`LocalDir`] come from.
#[derive(Clone, Debug)]
pub enum LocalSource {
    /// A directory of this machine: an absolute path, symbolic links resolved.
    Directory(PathBuf),
    /// Files that exist in memory only, all at the top, with a fixed modification time.
    ///
    /// The joined Dockerfile and its ignore file go this way. BuildKit could also take them as
    /// frontend inputs, but a request with those crashes engines before Docker 23.
    Memory(Vec<MemoryFile>),
}

/// A file that exists in memory only.
#[derive(Clone, Debug)]
pub struct MemoryFile {
    /// Its name, without a directory.
    pub name: String,
    /// What is in it.
    pub data: Bytes,
}

impl LocalDir {
    /// Offers a directory of this machine.
    pub fn directory(name: impl Into<String>, root: impl Into<PathBuf>) -> Self {
        Self {
            name: name.into(),
            source: LocalSource::Directory(root.into()),
        }
    }

    /// Offers files from memory, given as names and contents.
    pub fn memory<N: Into<String>, D: Into<Bytes>>(
        name: impl Into<String>,
        files: impl IntoIterator<Item = (N, D)>,
    ) -> Self {
        let file = |(name, data): (N, D)| MemoryFile {
            name: name.into(),
            data: data.into(),
        };
        let files = files.into_iter().map(file).collect();
        Self {
            name: name.into(),
            source: LocalSource::Memory(files),
        }
    }
}
