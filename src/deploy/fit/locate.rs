//! Where a model is on this machine.

use std::path::{Path, PathBuf};

use super::error::FitError;
use crate::text_file;

/// Returns the directory of a model: the one that is named, or the snapshot of a Hugging Face id in
/// the cache `hub`. Nothing is downloaded.
pub(crate) fn locate(model: &str, here: &Path, hub: &Path) -> Result<PathBuf, FitError> {
    let directory = here.join(model);
    if directory.is_dir() {
        return Ok(directory);
    }
    let missing = || FitError::Missing {
        model: model.to_owned(),
        cache: hub.to_owned(),
    };
    if model.starts_with(['/', '.']) || model.split('/').any(|part| part.is_empty() || part == "..")
    {
        return Err(missing());
    }
    snapshot(&hub.join(format!("models--{}", model.replace('/', "--")))).ok_or_else(missing)
}

fn snapshot(repository: &Path) -> Option<PathBuf> {
    let snapshots = repository.join("snapshots");
    let main = text_file::read_text(&repository.join("refs/main")).ok();
    let named = main.map(|commit| snapshots.join(commit.trim()));
    named.filter(|directory| directory.is_dir()).or_else(|| {
        let entries = snapshots.read_dir().ok()?.filter_map(Result::ok);
        let dated = entries
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())));
        dated.max().map(|(_, path)| path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_snapshot_of_the_main_branch_is_taken() {
        let hub = tempfile::tempdir().unwrap();
        let repository = hub.path().join("models--org--tiny");
        fs_err::create_dir_all(repository.join("snapshots/aaa")).unwrap();
        fs_err::create_dir_all(repository.join("snapshots/bbb")).unwrap();
        fs_err::create_dir_all(repository.join("refs")).unwrap();
        fs_err::write(repository.join("refs/main"), "aaa\n").unwrap();
        let here = &hub.path().join("elsewhere");
        let found = locate("org/tiny", here, hub.path()).unwrap();
        assert_eq!(found, repository.join("snapshots/aaa"));
        assert!(locate("org/other", here, hub.path()).is_err());
        assert!(locate("../../etc", here, hub.path()).is_err());
    }
}
