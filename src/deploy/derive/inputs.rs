//! What a deployment is derived from.

use crate::deploy::file::DeploymentFile;

/// What a deployment is derived from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The file, with what it inherits and what was set.
    pub file: &'a DeploymentFile,
    /// Whether Dynamo's mocker stands in for the engines.
    pub mock: bool,
    /// The version of Dynamo, if the file does not say: that of the image, or of the profile.
    pub version: &'a str,
}
