//! `[export.*]`: what only one target of an export knows.

use crate::profile::Args;
use crate::toml_file::{Located, table};

table! {
    /// What only exports need.
    pub struct ExportTable {
        /// For Kubernetes.
        dgd: DgdTable = "dgd",
    }
}

table! {
    /// What a `DynamoGraphDeployment` has and a deployment has not.
    pub struct DgdTable {
        /// The namespace of the object.
        namespace: Option<Located<String>> = "namespace",
        /// The claim of a volume with models.
        model_cache: Option<Located<String>> = "model-cache",
        /// The secret with the token for Hugging Face.
        secret: Option<Located<String>> = "secret",
        /// Labels of the object.
        labels: Args = "labels",
        /// Annotations of the object.
        annotations: Args = "annotations",
        /// `v1beta1` by default, or `v1alpha1` for operators before 1.3.
        api: Option<Located<String>> = "api",
    }
}
