//! What is built: profiles, their fragments, and contexts.

use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::Result;

/// A name and what stands in the profile and in its fragment.
pub(crate) struct Profile {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) fragment: &'static str,
}

impl Profile {
    /// Writes both below a directory.
    pub(crate) fn write(&self, work: &Path) -> Result<()> {
        let directory = work.join("profile");
        for (part, extension, text) in [
            ("profiles", "toml", self.text),
            ("dockerfiles", "Dockerfile", self.fragment),
        ] {
            fs_err::create_dir_all(directory.join(part))?;
            let file = directory.join(part).join(self.name);
            fs_err::write(file.with_extension(extension), text)?;
        }
        Ok(())
    }

    /// Returns the words with which dynbuild builds it from a context.
    pub(crate) fn selection(&self, work: &Path, context: &Path) -> Vec<String> {
        let profiles = work.join("profile").display().to_string();
        let context = context.display().to_string();
        let words = [
            "--framework",
            self.name,
            "--profile-dir",
            &profiles,
            "--context",
            &context,
        ];
        words.map(str::to_owned).to_vec()
    }
}

/// Files of random bytes, the same ones every time. What is there stays.
pub(crate) fn make_context(directory: &Path, files: u64, size: usize) -> Result<()> {
    if directory.exists() {
        return Ok(());
    }
    let mut random = StdRng::seed_from_u64(files);
    for number in 0..files {
        let path = file_of(directory, number);
        fs_err::create_dir_all(path.parent().ok_or("no directory")?)?;
        fs_err::write(path, bytes(&mut random, size))?;
    }
    Ok(())
}

fn file_of(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("part{:03}/file{number:05}", number / 150))
}

fn bytes(random: &mut impl rand::Rng, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    random.fill_bytes(&mut bytes);
    bytes
}

/// Gives one file new content of a new size.
pub(crate) fn change_one(context: &Path) -> Result<()> {
    let mut random = rand::rng();
    let size = random.random_range(9_000..10_000);
    fs_err::write(file_of(context, 0), bytes(&mut random, size))?;
    Ok(())
}
