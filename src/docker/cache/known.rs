//! The attributes that BuildKit reads of each kind of cache, and their values.
//!
//! BuildKit takes any other word without complaint: `mode=maxi` means `min`.

use super::error::CacheError;
use super::kind::CacheKind;
use super::usage::CacheUse;
use crate::docker::attributes::{Attributes, COMPRESSIONS};
use crate::docker::reference::Reference;

const WRITTEN: &[&str] = &["ignore-error", "mode"];
const LAYERS: &[&str] = &["compression", "compression-level", "force-compression"];
const MANIFEST: &[&str] = &["image-manifest", "oci-mediatypes"];
const SWITCHES: &[&str] = &[
    "force-compression",
    "ignore-error",
    "image-manifest",
    "oci-mediatypes",
    "registry.insecure",
    "use_path_style",
];
const MODES: &[&str] = &["max", "min"];

/// Returns the attributes of a kind for both uses: what only matters for writing does no harm where
/// the same cache is read.
pub(super) fn names(kind: CacheKind) -> Vec<&'static str> {
    const GHA: &[&str] = &[
        "scope",
        "token",
        "url",
        "url_v2",
        "version",
        "timeout",
        "repository",
        "ghtoken",
    ];
    const S3: &[&str] = &[
        "bucket",
        "region",
        "prefix",
        "name",
        "blobs_prefix",
        "manifests_prefix",
        "endpoint_url",
        "use_path_style",
        "access_key_id",
        "secret_access_key",
        "session_token",
        "touch_refresh",
        "upload_parallelism",
    ];
    const AZBLOB: &[&str] = &[
        "account_url",
        "account_name",
        "secret_access_key",
        "container",
        "prefix",
        "name",
        "blobs_prefix",
        "manifests_prefix",
        "upload_parallelism",
    ];
    let known: &[&[&str]] = match kind {
        CacheKind::Registry => &[&["ref", "registry.insecure"], WRITTEN, MANIFEST, LAYERS],
        // Docker takes a `ref`, which means nothing: the cache is part of the image.
        CacheKind::Inline => &[&["ref"], WRITTEN],
        CacheKind::Gha => &[GHA, WRITTEN],
        CacheKind::S3 => &[S3, WRITTEN],
        CacheKind::Azblob => &[AZBLOB, WRITTEN],
        CacheKind::Local => &[&["src", "dest", "tag", "digest"], WRITTEN, MANIFEST, LAYERS],
    };
    known.concat()
}

/// Refuses values that BuildKit would take for others, or refuse when the build has ended.
pub(super) fn check_values(
    kind: CacheKind,
    usage: CacheUse,
    attributes: &Attributes<'_>,
) -> Result<(), CacheError> {
    // An empty `force-compression=` is true for BuildKit (util/compression), no other empty switch is.
    let is_empty = |switch: &str| {
        switch == "force-compression" && attributes.get(switch).is_some_and(str::is_empty)
    };
    for switch in SWITCHES.iter().filter(|switch| !is_empty(switch)) {
        attributes.boolean(switch)?;
    }
    attributes.check_word("mode", MODES)?;
    attributes.check_word("compression", COMPRESSIONS)?;
    if let (CacheUse::Write, CacheKind::Registry, Some(reference)) =
        (usage, kind, attributes.get("ref"))
    {
        reference.parse::<Reference>()?;
    }
    Ok(())
}
