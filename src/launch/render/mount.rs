//! `--mount` in the shape of the Engine API.

use super::object::Object;
use crate::docker::mount::{
    BindOptions, BindRecursion, Mount, MountKind, TmpfsOptions, VolumeDriver, VolumeOptions,
};
use crate::docker::size::ByteSize;

/// Writes an entry of `HostConfig.Mounts`.
pub(super) fn mount(mount: &Mount) -> Object {
    let Mount {
        kind,
        source,
        target,
        read_only,
        consistency,
    } = mount;
    let common = Object::default()
        .always("Type", kind.as_str())
        .with("Source", source)
        .with("Target", target)
        .with("ReadOnly", read_only)
        .with("Consistency", consistency);
    match kind {
        MountKind::Bind(options) => common.said("BindOptions", bind(options)),
        MountKind::Volume(options) => common.said("VolumeOptions", volume(options)),
        MountKind::Image(options) => {
            let subpath = options.subpath.as_ref();
            let options = subpath.map(|subpath| Object::default().with("Subpath", subpath));
            common.said("ImageOptions", options)
        }
        MountKind::Tmpfs(options) => common.with("TmpfsOptions", tmpfs(options)),
        MountKind::Npipe | MountKind::Cluster | MountKind::Other(_) => common,
    }
}

fn bind(options: &BindOptions) -> Option<Object> {
    let BindOptions {
        propagation,
        recursion,
        create_source,
    } = options;
    let object = Object::default()
        .with("Propagation", propagation)
        .with("NonRecursive", *recursion == BindRecursion::Disabled)
        .with("CreateMountpoint", create_source)
        .with(
            "ReadOnlyNonRecursive",
            *recursion == BindRecursion::Writable,
        )
        .with(
            "ReadOnlyForceRecursive",
            *recursion == BindRecursion::ReadOnly,
        );
    (*options != BindOptions::default()).then_some(object)
}

fn volume(options: &VolumeOptions) -> Option<Object> {
    let VolumeOptions {
        no_copy,
        subpath,
        labels,
        driver,
    } = options;
    let object = Object::default()
        .with("NoCopy", no_copy)
        .with("Labels", labels)
        .with("Subpath", subpath)
        .said("DriverConfig", driver.as_ref().map(volume_driver));
    (*options != VolumeOptions::default()).then_some(object)
}

fn volume_driver(VolumeDriver { name, options }: &VolumeDriver) -> Object {
    Object::default()
        .with("Name", name)
        .with("Options", options)
}

fn tmpfs(TmpfsOptions { size, mode }: &TmpfsOptions) -> Object {
    Object::default()
        .said("SizeBytes", size.map(ByteSize::get))
        .said("Mode", *mode)
}
