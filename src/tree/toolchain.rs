//! Which Rust a tree wants.

use std::fmt;
use std::path::Path;

use crate::text_file;

/// A Rust toolchain that a file of the tree asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// What is asked for, for example `1.96.1` or `nightly-2026-01-01`.
    pub channel: String,
    /// The file that asks for it, from the top of the tree.
    pub file: &'static str,
    /// Whether it is the oldest one that will do, and not the one.
    pub is_minimum: bool,
}

impl Toolchain {
    /// Reads what the tree at `directory` asks for: its toolchain file, else the `rust-version` of
    /// its workspace.
    pub(super) fn read(directory: &Path, cargo: &toml::Table) -> Option<Self> {
        let pinned = |channel: String, file| Self {
            channel,
            file,
            is_minimum: false,
        };
        // rustup looks at the file without ending first; it may hold the bare name.
        if let Ok(text) = text_file::read_text(&directory.join("rust-toolchain")) {
            let table = text.parse().ok().as_ref().and_then(channel);
            let bare = || text.lines().next().map(|line| line.trim().to_owned());
            let channel = table.or_else(bare).filter(|channel| !channel.is_empty());
            return channel.map(|channel| pinned(channel, "rust-toolchain"));
        }
        let table = read_toml(&directory.join("rust-toolchain.toml"));
        if let Some(channel) = table.as_ref().and_then(channel) {
            return Some(pinned(channel, "rust-toolchain.toml"));
        }
        let package = cargo.get("workspace")?.get("package")?;
        Some(Self {
            channel: package.get("rust-version")?.as_str()?.to_owned(),
            file: "Cargo.toml",
            is_minimum: true,
        })
    }

    /// Returns the numbers of a numbered release: `1.96` is `[1, 96]`.
    pub fn release(&self) -> Option<Vec<u64>> {
        release(&self.channel)
    }

    /// Returns whether a compiler of version `version` is what is asked for.
    ///
    /// `None` if that cannot be said: a name such as `stable` says nothing about versions.
    pub fn accepts(&self, version: &str) -> Option<bool> {
        let (wanted, found) = (self.release()?, release(version)?);
        Some(if self.is_minimum {
            found >= wanted
        } else {
            found.starts_with(&wanted)
        })
    }
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_later = if self.is_minimum { " or later" } else { "" };
        write!(f, "Rust {}{or_later} (`{}`)", self.channel, self.file)
    }
}

/// Reads a TOML file of a tree, which may belong to anybody.
pub(super) fn read_toml(path: &Path) -> Option<toml::Table> {
    text_file::read_text(path).ok()?.parse().ok()
}

fn channel(table: &toml::Table) -> Option<String> {
    let channel = table.get("toolchain")?.get("channel")?.as_str()?;
    Some(channel.to_owned())
}

fn release(version: &str) -> Option<Vec<u64>> {
    let numbers = version.split('.').map(|number| number.parse().ok());
    numbers.collect()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&[("rust-toolchain.toml", "[toolchain]\nchannel = \"1.96.1\"\ncomponents = []\n")] => "Rust 1.96.1 (`rust-toolchain.toml`)")]
    #[test_case(&[("rust-toolchain", "1.90\n")] => "Rust 1.90 (`rust-toolchain`)"; "a bare name")]
    #[test_case(&[("rust-toolchain", "[toolchain]\nchannel = \"stable\"\n"), ("rust-toolchain.toml", "[toolchain]\nchannel = \"1\"\n")] => "Rust stable (`rust-toolchain`)"; "both files")]
    #[test_case(&[("Cargo.toml", "[workspace.package]\nrust-version = \"1.85\"\n")] => "Rust 1.85 or later (`Cargo.toml`)"; "the oldest")]
    #[test_case(&[("rust-toolchain.toml", "[toolchain]\npath = \"/x\"\n")] => "nothing"; "a path")]
    #[test_case(&[] => "nothing")]
    fn a_tree_asks_for(files: &[(&str, &str)]) -> String {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs_err::write(directory.path().join(name), text).unwrap();
        }
        let cargo = read_toml(&directory.path().join("Cargo.toml")).unwrap_or_default();
        Toolchain::read(directory.path(), &cargo)
            .map_or_else(|| "nothing".to_owned(), |toolchain| toolchain.to_string())
    }

    #[test_case("1.96.1", false, "1.96.1" => Some(true); "the same")]
    #[test_case("1.96", false, "1.96.3" => Some(true); "any patch of it")]
    #[test_case("1.96.1", false, "1.90.0" => Some(false); "older")]
    #[test_case("1.90.0", false, "1.96.1" => Some(false); "newer than pinned")]
    #[test_case("1.85", true, "1.96.1" => Some(true); "newer than the oldest")]
    #[test_case("1.92", true, "1.90.0" => Some(false); "older than the oldest")]
    #[test_case("nightly", false, "1.96.1" => None; "a name")]
    #[test_case("1.96.1", false, "" => None; "an unknown version")]
    fn a_compiler_is_accepted(channel: &str, is_minimum: bool, version: &str) -> Option<bool> {
        let toolchain = Toolchain {
            channel: channel.to_owned(),
            file: "rust-toolchain.toml",
            is_minimum,
        };
        toolchain.accepts(version)
    }
}
