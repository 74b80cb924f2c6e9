//! Where the repository around a directory is, found without opening anything that may block.

use std::collections::BTreeSet;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::error::GitError;
use super::program::GitProgram;
use crate::text_file;

/// `/dev/null`, which people name to have no file.
const NULL_DEVICE: u64 = 1 << 8 | 3;

/// How deep configuration files may include each other, as for git.
const INCLUDED: usize = 10;

/// A repository and the working tree around it.
pub(super) struct Place {
    /// The directory that holds `.git`.
    pub(super) top: PathBuf,
    /// `.git`: a directory, or a file that names one.
    git: PathBuf,
}

/// Returns the top directory of the working tree around `directory`, if there is one.
pub fn top_directory(directory: &Path) -> Option<PathBuf> {
    Place::around(directory).map(|place| place.top)
}

/// The directory that a file called `.git` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitDirectory {
    /// As the file has it: absolute, or relative to the directory of the file.
    pub written: PathBuf,
    /// The directory, without links.
    pub own: PathBuf,
    /// What all worktrees of the repository share; the directory itself if it is no worktree's.
    pub shared: PathBuf,
    /// Whether it is that of a submodule, which also names its working tree.
    pub is_submodule: bool,
    /// Whether submodules are checked out in the worktree that it is of.
    pub has_submodules: bool,
}

/// Returns the directory that `.git` of the working tree around `directory` names, if it is a file.
pub fn linked_directory(directory: &Path) -> Option<GitDirectory> {
    let place = Place::around(directory)?;
    let text = text_file::read_text(&place.git).ok()?;
    let written = PathBuf::from(text.strip_prefix("gitdir:")?.trim());
    let own = place.top.join(&written).canonicalize().ok()?;
    let shared = common_directory(&own).canonicalize().ok()?;
    // The file may be a stranger's: it must not make anything else of the machine known.
    let is_git = ["HEAD", "objects", "refs"]
        .iter()
        .all(|part| shared.join(part).exists());
    if !is_git {
        return None;
    }
    let config = text_file::read_text(&shared.join("config")).unwrap_or_default();
    let is_worktree = |line: &str| {
        line.trim_start()
            .to_ascii_lowercase()
            .starts_with("worktree")
    };
    Some(GitDirectory {
        is_submodule: own == shared && config.lines().any(is_worktree),
        has_submodules: own != shared && own.join("modules").is_dir(),
        written,
        own,
        shared,
    })
}

impl Place {
    /// Finds the repository whose working tree `directory` is in. As git does, it stays on the file
    /// system of `directory`, and passes over directories called `.git` that are no repository.
    pub(super) fn around(directory: &Path) -> Option<Self> {
        let directory = directory.canonicalize().ok()?;
        let device = fs_err::metadata(&directory).ok()?.dev();
        let is_here =
            |above: &&Path| fs_err::metadata(above).is_ok_and(|metadata| metadata.dev() == device);
        let top = directory
            .ancestors()
            .take_while(is_here)
            .find(|above| is_repository(&above.join(".git")))?;
        Some(Self {
            top: top.to_owned(),
            git: top.join(".git"),
        })
    }

    /// Says so if `.git` is a file that names a place which does not exist.
    pub(super) fn dangling(&self) -> Option<GitError> {
        let target = self.directory();
        (!target.exists()).then(|| GitError::Dangling {
            file: self.git.clone(),
            target,
        })
    }

    /// Returns a file that git would open and wait for: a FIFO, a socket, or a device.
    pub(super) fn special_file(&self, program: &GitProgram) -> Option<PathBuf> {
        if is_special_file(&self.git) {
            return Some(self.git.clone());
        }
        let own = self.directory();
        let common = common_directory(&own);
        let in_the_tree = [".gitattributes", ".gitignore", ".gitmodules"];
        let in_the_tree = in_the_tree.map(|name| self.top.join(name));
        let mut configs = program.configuration_files();
        configs.extend([common.join("config"), own.join("config.worktree")]);
        let mut found = in_the_tree.into_iter().find(|path| is_special_file(path));
        for directory in BTreeSet::from([&own, &common]) {
            found = found.or_else(|| special_below(directory));
        }
        found.or_else(|| {
            let home = program.home();
            configs
                .iter()
                .find_map(|config| special_in_configuration(config, home.as_deref(), INCLUDED))
        })
    }

    /// Returns the repository's own directory.
    fn directory(&self) -> PathBuf {
        if self.git.is_dir() {
            return self.git.clone();
        }
        let text = fs_err::read_to_string(&self.git).unwrap_or_default();
        let named = text.strip_prefix("gitdir:").unwrap_or_default().trim();
        self.top.join(named)
    }
}

fn is_repository(git: &Path) -> bool {
    match fs_err::metadata(git) {
        Ok(metadata) if metadata.is_dir() => git.join("HEAD").symlink_metadata().is_ok(),
        Ok(_) => true,
        // A link that leads nowhere.
        Err(_) => false,
    }
}

/// Returns what all worktrees of a repository share.
fn common_directory(own: &Path) -> PathBuf {
    let file = own.join("commondir");
    if is_special_file(&file) {
        return own.to_owned();
    }
    match fs_err::read_to_string(&file) {
        Ok(text) => own.join(text.trim_end()),
        Err(_) => own.to_owned(),
    }
}

/// Looks at the files that reading a commit, its tags and its branches opens.
fn special_below(git: &Path) -> Option<PathBuf> {
    let flat = ["", "info", "objects/info", "objects/pack", "reftable"];
    let mut flat = flat.into_iter();
    flat.find_map(|name| special_in(&git.join(name), 0))
        .or_else(|| special_in(&git.join("refs"), 16))
}

fn special_in(directory: &Path, depth: usize) -> Option<PathBuf> {
    let entries = fs_err::read_dir(directory).ok()?;
    entries.filter_map(Result::ok).find_map(|entry| {
        let path = entry.path();
        let file_type = entry.file_type().ok()?;
        if file_type.is_dir() {
            return depth
                .checked_sub(1)
                .and_then(|depth| special_in(&path, depth));
        }
        is_special_file(&path).then_some(path)
    })
}

fn is_special_file(path: &Path) -> bool {
    // What a link leads to is what is opened.
    fs_err::metadata(path).is_ok_and(|metadata| {
        let file_type = metadata.file_type();
        let is_device = file_type.is_block_device() || file_type.is_char_device();
        file_type.is_fifo() || file_type.is_socket() || is_device && metadata.rdev() != NULL_DEVICE
    })
}

/// Looks at a configuration file and at those that it names.
fn special_in_configuration(file: &Path, home: Option<&Path>, depth: usize) -> Option<PathBuf> {
    if is_special_file(file) {
        return Some(file.to_owned());
    }
    let text = fs_err::read_to_string(file).ok()?;
    let depth = depth.checked_sub(1)?;
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let named = match (value.strip_prefix("~/"), home) {
            (Some(below), Some(home)) => home.join(below),
            _ => file.parent()?.join(value),
        };
        match key.trim().to_ascii_lowercase().as_str() {
            "path" => special_in_configuration(&named, home, depth),
            "excludesfile" | "attributesfile" => is_special_file(&named).then_some(named),
            _ => None,
        }
    })
}
