//! The store of `docker buildx`: a file of JSON for each builder that it has created.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::BuilderError;

/// Returns where buildx keeps its builders: `BUILDX_CONFIG`, else below docker's configuration.
pub fn store_directory(
    buildx_config: Option<&Path>,
    docker_config: Option<&Path>,
) -> Option<PathBuf> {
    let own = buildx_config.map(Path::to_owned);
    own.or_else(|| Some(docker_config?.join("buildx")))
}

/// A builder as buildx writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Instance {
    pub(super) driver: String,
    pub(super) nodes: Option<Vec<InstanceNode>>,
}

/// A node as buildx writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct InstanceNode {
    pub(super) name: String,
    pub(super) endpoint: String,
    pub(super) platforms: Option<Vec<InstancePlatform>>,
    pub(super) driver_opts: Option<BTreeMap<String, String>>,
}

/// A platform as OCI writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct InstancePlatform {
    os: String,
    architecture: String,
    variant: String,
}

impl InstancePlatform {
    pub(super) fn text(&self) -> String {
        let Self {
            os,
            architecture,
            variant,
        } = self;
        if variant.is_empty() {
            format!("{os}/{architecture}")
        } else {
            format!("{os}/{architecture}/{variant}")
        }
    }
}

/// Reads a builder; none if buildx has none of that name.
pub(super) fn read(directory: &Path, name: &str) -> Result<Option<Instance>, BuilderError> {
    // A name is the name of a file; what is a path is no builder.
    if name.contains('/') || name.starts_with('.') {
        return Ok(None);
    }
    let path = directory.join("instances").join(name);
    let text = match fs_err::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(BuilderError::Read { path, source }),
    };
    match serde_json::from_slice(&text) {
        Ok(instance) => Ok(Some(instance)),
        Err(source) => Err(BuilderError::Parse { path, source }),
    }
}

/// Returns the names of all builders.
pub(super) fn names(directory: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(directory.join("instances"));
    let entries = entries.into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}
