//! What will be built: nothing here may still mean "the default".

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::secret_source::SecretSource;
use super::smoke::PlannedSmoke;
use super::stages::Inputs;
use super::steps::PlannedSteps;
use crate::docker::attestation::{Attestation, AttestationKind};
use crate::docker::cache::CacheSpec;
use crate::docker::named_context::NamedContext;
use crate::docker::output::Output;
use crate::docker::platform::Platform;
use crate::profile::{Compression, Source};
use crate::secret::Secret;

/// Every build of one invocation. Serialises to the published `dynbuild plan --format json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BuildPlan {
    /// The version of this form; fields are only added within a version.
    pub schema_version: u32,
    /// The directory of profiles that was named, for commands that repeat the plan.
    #[serde(skip)]
    pub profile_dir: Option<PathBuf>,
    /// The builds, in the order asked for.
    pub targets: Vec<PlannedTarget>,
}

/// One image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedTarget {
    /// A name that is unique in the plan.
    pub name: String,
    /// The framework.
    pub framework: String,
    /// The target, as the profile names it.
    pub target: String,
    /// The device.
    pub device: String,
    /// Where Dynamo comes from.
    pub source: Source,
    /// The version of the code, for example `v1.2.0.dev.0a1b2c3`.
    pub version: String,
    /// The platforms, at least one.
    pub platforms: Vec<Platform>,
    /// The image's names.
    pub tags: Vec<String>,
    /// Build arguments.
    pub build_args: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Secrets; only their ids are serialised.
    pub secrets: Vec<PlannedSecret>,
    /// The build context: a directory.
    pub context: String,
    /// Named build contexts.
    pub contexts: BTreeMap<String, NamedContext>,
    /// Ssh agents that are forwarded to steps which ask for one, in docker's grammar.
    pub ssh: Vec<String>,
    /// Where layers are imported from; credentials are not serialised.
    pub cache_from: Vec<CacheSpec>,
    /// Where layers are exported to; credentials are not serialised.
    pub cache_to: Vec<CacheSpec>,
    /// What becomes of the result.
    pub outputs: Vec<Output>,
    /// Statements about the build to attach to the image.
    pub attestations: Vec<Attestation>,
    /// Commands that the image has to pass before it is exported.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub smoke: Vec<PlannedSmoke>,
    /// How layers are packed, if that is said; outputs may say it for themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// Memory in bytes that one job of a compilation needs, by the name under which steps ask how
    /// many may run at once. The engine's cores and memory decide.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub memory_per_job: BTreeMap<String, u64>,
    /// Whether the whole output of a failed step is fetched. Such builds share no steps in the cache
    /// with others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub complete_logs: bool,
    /// Whether steps run although their results are cached.
    pub no_cache: bool,
    /// Whether base images are asked for again.
    pub pull: bool,
    /// How steps run.
    #[serde(flatten)]
    pub steps: PlannedSteps,
    /// The Dockerfile.
    pub dockerfile: PlannedDockerfile,
}

impl PlannedTarget {
    /// Returns what decides about its stages.
    pub fn inputs(&self) -> Inputs<'_> {
        Inputs {
            args: &self.build_args,
            contexts: &self.contexts,
            platforms: &self.platforms,
        }
    }

    /// Returns whether something is said about a provenance statement, be it that there is none.
    pub fn has_provenance(&self) -> bool {
        let mut kinds = self.attestations.iter().map(|attestation| attestation.kind);
        kinds.any(|kind| kind == AttestationKind::Provenance)
    }

    /// Returns whether the engine gets the image, and nobody else.
    pub fn is_only_loaded(&self) -> bool {
        self.outputs.iter().any(Output::is_loaded) && !self.is_pushed()
    }

    /// Returns whether a registry gets the image.
    pub fn is_pushed(&self) -> bool {
        self.outputs.iter().any(Output::is_pushed)
    }

    /// Returns the tokens and keys of its caches.
    pub fn cache_credentials(&self) -> impl Iterator<Item = Secret> {
        let caches = self.cache_from.iter().chain(&self.cache_to);
        caches.flat_map(|cache| cache.secrets.values().cloned())
    }

    /// Returns the names and the outputs of the target as docker must be told them.
    ///
    /// Docker puts the names of `--tag` over those of an output. So where an output has names of its
    /// own, the others get theirs spelled out, and the build has none.
    pub(super) fn names_and_outputs(&self) -> (&[String], Vec<Output>) {
        if self.outputs.iter().any(|output| output.names.is_some()) {
            let named = self
                .outputs
                .iter()
                .map(|output| output.with_names(&self.tags));
            (&[], named.collect())
        } else {
            (&self.tags, self.outputs.clone())
        }
    }
}

/// A Dockerfile that is joined from fragments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedDockerfile {
    /// The fragments in the order of joining, by their names below `dockerfiles/`.
    pub fragments: Vec<String>,
    /// The stage that is built.
    pub stage: String,
}

/// A secret and where the client finds its value. The value is read only when BuildKit asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedSecret {
    /// The id that `RUN --mount=type=secret` names.
    pub id: String,
    /// Where the value is.
    pub source: SecretSource,
}

impl Serialize for PlannedSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.id)
    }
}
