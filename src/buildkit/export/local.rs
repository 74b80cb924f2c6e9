//! Files into a directory of ours.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The files of the result in a directory of ours, which is made if it is missing.
#[derive(Clone, Debug)]
pub struct LocalExport {
    /// The directory.
    pub directory: PathBuf,
    /// Attributes under BuildKit's own names, for example `platform-split`.
    pub attributes: BTreeMap<String, String>,
}

impl LocalExport {
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        self.attributes.clone()
    }
}
