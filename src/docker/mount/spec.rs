//! What a mount is, and how it prints.

use std::collections::BTreeMap;
use std::fmt;

use crate::docker::as_text::as_text;
use crate::docker::size::ByteSize;
use crate::docker::{csv, path};
use crate::text::words;

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// What is mounted, with the options that only it has.
    pub kind: MountKind,
    /// The host's path, the volume's name or the image; empty for an anonymous volume or tmpfs.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// Whether the container may not write to it.
    pub read_only: bool,
    /// A word for Docker Desktop; engines on Linux ignore it. Empty if not given.
    pub consistency: String,
}

/// The kinds of mounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// A file or directory of the host.
    Bind(BindOptions),
    /// A volume of the engine.
    Volume(VolumeOptions),
    /// A file system in memory.
    Tmpfs(TmpfsOptions),
    /// The files of an image.
    Image(ImageOptions),
    /// A named pipe of Windows.
    Npipe,
    /// A volume of a swarm.
    Cluster,
    /// A kind that we do not know; the engine decides.
    Other(String),
}

impl MountKind {
    /// Returns the word that stands for the kind.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Bind(_) => "bind",
            Self::Volume(_) => "volume",
            Self::Tmpfs(_) => "tmpfs",
            Self::Image(_) => "image",
            Self::Npipe => "npipe",
            Self::Cluster => "cluster",
            Self::Other(name) => name,
        }
    }
}

/// Options of a bind mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BindOptions {
    /// How mounts made later travel between host and container, such as `rslave`.
    pub propagation: Option<String>,
    /// What happens to the mounts below the source.
    pub recursion: BindRecursion,
    /// Whether a missing source is made, as a directory.
    pub create_source: bool,
}

words! {
    /// What happens to the mounts below the source of a bind mount.
    #[derive(Default)]
    pub enum BindRecursion {
        /// They come along, and are read-only with the mount if the kernel can.
        #[default]
        Enabled = "enabled",
        /// They stay out.
        Disabled = "disabled",
        /// They come along and stay writable.
        Writable = "writable",
        /// They come along read-only, or the mount fails.
        ReadOnly = "readonly",
    }
}

/// Options of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeOptions {
    /// Whether the files that the image has at the target are not copied into a new volume.
    pub no_copy: bool,
    /// The directory of the volume that is mounted.
    pub subpath: Option<String>,
    /// Labels of a new volume.
    pub labels: BTreeMap<String, String>,
    /// The driver of a new volume.
    pub driver: Option<VolumeDriver>,
}

/// The driver of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeDriver {
    /// Its name; empty for the default.
    pub name: String,
    /// Its options.
    pub options: BTreeMap<String, String>,
}

/// Options of a tmpfs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TmpfsOptions {
    /// Its largest size.
    pub size: Option<ByteSize>,
    /// The permissions of its root.
    pub mode: Option<u32>,
}

/// Options of an image mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageOptions {
    /// The directory of the image that is mounted.
    pub subpath: Option<String>,
}

impl Mount {
    /// Makes a source that begins with `.` absolute, as the docker client does.
    #[must_use]
    pub fn resolved(mut self, working_directory: &str) -> Self {
        if self.source.starts_with('.') {
            self.source = path::join(working_directory, &self.source);
        }
        self
    }
}

impl fmt::Display for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            source,
            target,
            read_only,
            consistency,
        } = self;
        let mut fields = Fields(vec![format!("type={}", kind.as_str())]);
        fields.text("src", source);
        fields.text("dst", target);
        fields.switch("readonly", *read_only);
        fields.text("consistency", consistency);
        match kind {
            MountKind::Bind(bind) => fields.bind(bind),
            MountKind::Volume(volume) => fields.volume(volume),
            MountKind::Tmpfs(TmpfsOptions { size, mode }) => {
                fields
                    .0
                    .extend(size.map(|size| format!("tmpfs-size={size}")));
                fields
                    .0
                    .extend(mode.map(|mode| format!("tmpfs-mode={mode:o}")));
            }
            MountKind::Image(ImageOptions { subpath }) => {
                fields.text("image-subpath", subpath.as_deref().unwrap_or(""));
            }
            MountKind::Npipe | MountKind::Cluster | MountKind::Other(_) => {}
        }
        f.write_str(&csv::join(&fields.0))
    }
}

as_text!(Mount);

struct Fields(Vec<String>);

impl Fields {
    fn text(&mut self, key: &str, value: &str) {
        self.0
            .extend((!value.is_empty()).then(|| format!("{key}={value}")));
    }

    fn switch(&mut self, key: &str, on: bool) {
        self.0.extend(on.then(|| key.to_owned()));
    }

    fn pairs(&mut self, key: &str, pairs: &BTreeMap<String, String>) {
        self.0.extend(
            pairs
                .iter()
                .map(|(name, value)| format!("{key}={name}={value}")),
        );
    }

    fn bind(&mut self, bind: &BindOptions) {
        let BindOptions {
            propagation,
            recursion,
            create_source,
        } = bind;
        self.text("bind-propagation", propagation.as_deref().unwrap_or(""));
        if *recursion != BindRecursion::Enabled {
            self.text("bind-recursive", recursion.as_str());
        }
        self.switch("bind-create-src", *create_source);
    }

    fn volume(&mut self, volume: &VolumeOptions) {
        let VolumeOptions {
            no_copy,
            subpath,
            labels,
            driver,
        } = volume;
        self.switch("volume-nocopy", *no_copy);
        self.text("volume-subpath", subpath.as_deref().unwrap_or(""));
        self.pairs("volume-label", labels);
        if let Some(VolumeDriver { name, options }) = driver {
            self.text("volume-driver", name);
            self.pairs("volume-opt", options);
        }
    }
}
