//! The attributes that BuildKit reads of each kind of cache, and their values.
//!
//! BuildKit takes any other word without complaint: `mode=maxi` means `min`.

use std::collections::BTreeMap;

use super::error::CacheError;
use super::kind::CacheKind;
use super::usage::CacheUse;
use crate::docker::attributes::{COMPRESSIONS, check_known};
use crate::docker::number::boolean;
use crate::docker::reference::Reference;

/// The attributes of a cache as they were written.
pub(super) type Fields = BTreeMap<String, String>;

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
fn attributes(kind: CacheKind) -> Vec<&'static str> {
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

/// Refuses attributes that the kind does not have.
pub(super) fn check_names(kind: CacheKind, fields: &Fields) -> Result<(), CacheError> {
    check_known(fields, &attributes(kind), ("Cache type", kind.as_str()))?;
    Ok(())
}

/// Refuses values that BuildKit would take for others, or refuse when the build has ended.
pub(super) fn check_values(
    kind: CacheKind,
    usage: CacheUse,
    fields: &Fields,
    masked: impl Fn() -> String,
) -> Result<(), CacheError> {
    // An empty `force-compression=` is true for BuildKit (util/compression), no other empty switch is.
    let is_empty = |switch: &str, value: &str| switch == "force-compression" && value.is_empty();
    for switch in SWITCHES {
        let value = fields.get(*switch);
        let value = value.filter(|value| !is_empty(switch, value));
        let value = value.map(|value| boolean(value)).transpose();
        value.map_err(|reason| CacheError::Value {
            text: masked(),
            reason,
        })?;
    }
    one_of("mode", MODES, fields)?;
    one_of("compression", COMPRESSIONS, fields)?;
    if usage == CacheUse::Read {
        return Ok(());
    }
    if kind == CacheKind::Registry
        && let Some(reference) = fields.get("ref")
    {
        reference.parse::<Reference>()?;
    }
    Ok(())
}

fn one_of(
    attribute: &'static str,
    known: &'static [&'static str],
    fields: &Fields,
) -> Result<(), CacheError> {
    match fields.get(attribute) {
        Some(value) if !known.contains(&value.as_str()) => Err(CacheError::Word {
            attribute,
            value: value.clone(),
            known,
        }),
        Some(_) | None => Ok(()),
    }
}
