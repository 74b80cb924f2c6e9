//! Directories of models, and where members see them.

use std::collections::BTreeSet;

use super::common::Common;
use super::planned::PlannedWorker;
use crate::deploy::argument::derived;
use crate::deploy::model::{ModelDirectory, directory};
use crate::launch::flag::Flag;
use crate::toml_file::Located;

/// Images close the home of root to everybody else.
const CLOSED: &str = "/root/";
/// Where directories are mounted that members cannot see in their own place.
const ELSEWHERE: &str = "/run/dynamo/models";

impl Common<'_> {
    /// Returns the models that are directories, each once.
    pub(in crate::deploy) fn model_directories(&self) -> Vec<ModelDirectory> {
        place(self.model_sources().filter_map(directory).collect())
    }

    /// Returns the mounts of the models that are directories.
    pub(super) fn model_mounts(&self) -> Vec<Flag> {
        let directories = self.model_directories().into_iter();
        let mounts = directories.map(|ModelDirectory { path, inside }| {
            let from = if path == inside {
                "`model`"
            } else {
                "`model`, elsewhere, because images close `/root`"
            };
            let bind = format!("{path}:{inside}:ro");
            derived("volume", bind, from)
        });
        mounts.collect()
    }

    /// Returns the models that are opened: by a rehearsal, that of `[mock]`.
    fn model_sources(&self) -> impl Iterator<Item = &str> {
        let mocked = self.file.mock.model.as_ref().filter(|_| self.mock);
        let of_workers = self
            .workers
            .iter()
            .filter_map(|worker| worker.table.model.as_ref());
        let of_workers = of_workers.filter(move |_| mocked.is_none());
        let common = mocked.map_or(self.model.source.as_str(), Located::as_str);
        [common].into_iter().chain(of_workers.map(Located::as_str))
    }

    /// Returns the model that a worker opens, as it sees it.
    pub(super) fn model_of(&self, worker: &PlannedWorker<'_>) -> String {
        let mocked = self.file.mock.model.as_ref().filter(|_| self.mock);
        let own = worker.table.model.as_ref().filter(|_| mocked.is_none());
        let source = own
            .or(mocked)
            .map_or(&self.model.source, |model| &model.value);
        let path = directory(source);
        let mut directories = self.model_directories().into_iter();
        let seen = directories.find(|known| path.as_ref() == Some(&known.path));
        seen.map_or_else(|| source.clone(), |known| known.inside)
    }
}

/// Decides where members see directories: in their own place, if images do not close it.
fn place(paths: BTreeSet<String>) -> Vec<ModelDirectory> {
    let mut taken = paths.clone();
    let place = |path: String| {
        let inside = if path.starts_with(CLOSED) {
            elsewhere(&path, &taken)
        } else {
            path.clone()
        };
        taken.insert(inside.clone());
        ModelDirectory { path, inside }
    };
    paths.into_iter().map(place).collect()
}

fn elsewhere(path: &str, taken: &BTreeSet<String>) -> String {
    let last = path.rsplit('/').next().unwrap_or_default();
    let first = format!("{ELSEWHERE}/{last}");
    let others = (2..).map(|number| format!("{first}-{number}"));
    let mut free = [first.clone()]
        .into_iter()
        .chain(others)
        .filter(|inside| !taken.contains(inside));
    free.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(&["/srv/tiny", "/rooted/tiny", "/srv/root/tiny"], &["/rooted/tiny", "/srv/root/tiny", "/srv/tiny"]; "open")]
    #[test_case(&["/root/models/tiny"], &["/run/dynamo/models/tiny"]; "closed")]
    #[test_case(&["/root/a/m", "/root/b/m", "/root/c/m"], &["/run/dynamo/models/m", "/run/dynamo/models/m-2", "/run/dynamo/models/m-3"]; "like names")]
    #[test_case(&["/root/a/m", "/run/dynamo/models/m"], &["/run/dynamo/models/m-2", "/run/dynamo/models/m"]; "taken")]
    #[test_case(&["/root/a/m", "/root/b/m", "/root/c/m-2"], &["/run/dynamo/models/m", "/run/dynamo/models/m-2", "/run/dynamo/models/m-2-2"]; "numbered already")]
    fn each_directory_has_a_place_of_its_own(paths: &[&str], places: &[&str]) {
        let paths = paths.iter().map(|&path| path.to_owned()).collect();
        let found = place(paths).into_iter().map(|known| known.inside);
        assert_eq!(found.collect::<Vec<_>>(), places);
    }
}
