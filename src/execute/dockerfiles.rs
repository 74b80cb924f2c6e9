//! The joined Dockerfiles of a plan: one for each framework.
//!
//! Targets of one framework share stages, and are joined into one text. Frameworks may have stages
//! of one name that differ, so each has a text of its own; the engine runs steps with the same
//! inputs once all the same. One session has all of the texts.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use bytes::Bytes;

use crate::buildkit::session::LocalDir;
use crate::buildkit::session::local::DOCKERFILE;
use crate::plan::stages::{Composition, Fragments, Joined, SourceMap};
use crate::plan::{BuildPlan, PlannedTarget};
use crate::problem::Problems;
use crate::text_file;

/// A joined text and what it is joined from.
#[derive(Debug)]
pub(super) struct Dockerfile {
    /// Its name in the session.
    pub(super) name: String,
    pub(super) composition: Composition,
    joined: Joined,
}

/// The joined texts by framework.
#[derive(Debug)]
pub(super) struct Dockerfiles(BTreeMap<String, Dockerfile>);

impl Dockerfiles {
    /// Joins the fragments that the plan needs.
    ///
    /// # Errors
    /// Returns all that is wrong with the fragments.
    pub(super) fn new(plan: &BuildPlan, fragments: &Fragments) -> Result<Self, Problems> {
        let mut needed: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for target in &plan.targets {
            let names = needed.entry(&target.framework).or_default();
            names.extend(&target.dockerfile.fragments);
        }
        let is_only = needed.len() == 1;
        let mut files = BTreeMap::new();
        for (framework, names) in needed {
            let composition = fragments.compose(names)?;
            let joined = composition.join();
            let name = if is_only {
                "Dockerfile".to_owned()
            } else {
                format!("{framework}.Dockerfile")
            };
            let file = Dockerfile {
                name,
                composition,
                joined,
            };
            files.insert(framework.to_owned(), file);
        }
        Ok(Self(files))
    }

    /// Returns the Dockerfile of a target of the plan.
    pub(super) fn of(&self, target: &PlannedTarget) -> &Dockerfile {
        &self.0[&target.framework]
    }

    /// Returns the directory of the session that has them all, each with the ignore file of the
    /// context next to it: for one in the context, the frontend asks in a transfer of its own.
    pub(super) fn directory(&self, context: &Path) -> LocalDir {
        let ignore_file = ignore_file(context);
        let files = self.0.values().flat_map(|file| {
            let ignore_file = ignore_file.clone();
            let ignore_file = ignore_file.map(|text| (format!("{}.dockerignore", file.name), text));
            [(file.name.clone(), file.joined.text.clone().into())]
                .into_iter()
                .chain(ignore_file)
        });
        LocalDir::memory(DOCKERFILE, files)
    }
}

/// Reads the ignore file of a context. What cannot be read here, such as a link that leads out of the
/// context, is left to the frontend.
fn ignore_file(context: &Path) -> Option<Bytes> {
    let text = match text_file::read_text_within(context, &context.join(".dockerignore")) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(_) => return None,
    };
    // An empty file would be as good as none.
    Some(format!("{text}\n").into())
}

impl Dockerfile {
    /// Returns where the lines came from.
    pub(super) const fn source_map(&self) -> &SourceMap {
        &self.joined.source_map
    }
}
