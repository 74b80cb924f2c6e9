//! `--mount KEY=VALUE,…`.

mod error;
mod parse;
mod spec;

pub use spec::{
    BindOptions, BindRecursion, Mount, MountKind, TmpfsOptions, VolumeDriver, VolumeOptions,
};
