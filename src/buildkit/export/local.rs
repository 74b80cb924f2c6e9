//! Files into a directory of ours.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The files of the result in a directory of ours, which is made if it is missing.
#[derive(Clone, Debug)]
pub struct LocalExport {
    /// The directory.
    pub directory: PathBuf,
}

impl LocalExport {
    #[expect(clippy::unused_self, reason = "one shape for all exporters")]
    pub(super) fn attributes(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
}
