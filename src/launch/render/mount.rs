//! `--mount` in the shape of the Engine API.

use std::collections::BTreeMap;

use serde::Serialize;

use super::skip::is_false;
use crate::docker::mount::{
    BindOptions, BindRecursion, ImageOptions, Mount, MountKind, TmpfsOptions, VolumeDriver,
    VolumeOptions,
};
use crate::docker::size::ByteSize;

/// An entry of `HostConfig.Mounts`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireMount {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    source: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    target: String,
    #[serde(skip_serializing_if = "is_false")]
    read_only: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    consistency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bind_options: Option<WireBind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    volume_options: Option<WireVolume>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_options: Option<WireImage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tmpfs_options: Option<WireTmpfs>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the Engine API has these fields, one boolean each"
)]
struct WireBind {
    #[serde(skip_serializing_if = "String::is_empty")]
    propagation: String,
    #[serde(skip_serializing_if = "is_false")]
    non_recursive: bool,
    #[serde(skip_serializing_if = "is_false")]
    create_mountpoint: bool,
    #[serde(skip_serializing_if = "is_false")]
    read_only_non_recursive: bool,
    #[serde(skip_serializing_if = "is_false")]
    read_only_force_recursive: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireVolume {
    #[serde(skip_serializing_if = "is_false")]
    no_copy: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    subpath: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    driver_config: Option<WireDriver>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireDriver {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireImage {
    #[serde(skip_serializing_if = "String::is_empty")]
    subpath: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireTmpfs {
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<u32>,
}

impl From<Mount> for WireMount {
    fn from(mount: Mount) -> Self {
        let Mount {
            kind,
            source,
            target,
            read_only,
            consistency,
        } = mount;
        let common = Self {
            kind: kind.as_str().to_owned(),
            source,
            target,
            read_only,
            consistency,
            ..Self::default()
        };
        match kind {
            MountKind::Bind(options) => Self {
                bind_options: bind(options),
                ..common
            },
            MountKind::Volume(options) => Self {
                volume_options: volume(options),
                ..common
            },
            MountKind::Image(ImageOptions { subpath }) => Self {
                image_options: subpath.map(|subpath| WireImage { subpath }),
                ..common
            },
            MountKind::Tmpfs(options) => Self {
                tmpfs_options: tmpfs(options),
                ..common
            },
            MountKind::Npipe | MountKind::Cluster | MountKind::Other(_) => common,
        }
    }
}

fn bind(options: BindOptions) -> Option<WireBind> {
    if options == BindOptions::default() {
        return None;
    }
    let BindOptions {
        propagation,
        recursion,
        create_source,
    } = options;
    Some(WireBind {
        propagation: propagation.unwrap_or_default(),
        non_recursive: recursion == BindRecursion::Disabled,
        create_mountpoint: create_source,
        read_only_non_recursive: recursion == BindRecursion::Writable,
        read_only_force_recursive: recursion == BindRecursion::ReadOnly,
    })
}

fn volume(options: VolumeOptions) -> Option<WireVolume> {
    if options == VolumeOptions::default() {
        return None;
    }
    let VolumeOptions {
        no_copy,
        subpath,
        labels,
        driver,
    } = options;
    Some(WireVolume {
        no_copy,
        labels,
        subpath: subpath.unwrap_or_default(),
        driver_config: driver.map(|VolumeDriver { name, options }| WireDriver { name, options }),
    })
}

fn tmpfs(TmpfsOptions { size, mode }: TmpfsOptions) -> Option<WireTmpfs> {
    let said = size.is_some() || mode.is_some();
    said.then(|| WireTmpfs {
        size_bytes: size.map(ByteSize::get),
        mode,
    })
}
