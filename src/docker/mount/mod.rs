//! `--mount KEY=VALUE,…`.

mod error;
mod parse;
mod spec;

pub use error::{MountError, OptionFault};
pub use spec::{
    BindOptions, BindRecursion, ImageOptions, Mount, MountKind, TmpfsOptions, VolumeDriver,
    VolumeOptions,
};
