//! `[devices.NAME]`: a kind of accelerator that a framework can be built for.

use super::args::Args;
use crate::toml_file::{Located, table};

/// Docker's spelling of the platforms that engines build for, for editors.
const PLATFORM: &str =
    r"^(linux|windows)/(386|amd64|arm|arm64|loong64|mips64le|ppc64le|riscv64|s390x)(/v[0-9]+)?$";

/// An image with its tag or digest, for editors.
const IMAGE: &str = r"^[^\s:@]+(:[0-9]+/[^\s:@]+)?(:[\w.-]+|:[\w.-]+@sha256:[0-9a-f]{64})$";

table! {
    /// A device and the images that its stages start from.
    pub struct Device {
        /// The platforms that exist for this device, for example `linux/arm64`.
        #[schemars(inner(regex(pattern = PLATFORM)))]
        platforms: Option<Vec<Located<String>>> = "platforms",
        /// The image that the build stages start from; becomes `BASE_IMAGE` and `BASE_IMAGE_TAG`.
        #[schemars(regex(pattern = IMAGE))]
        base_image: Option<Located<String>> = "base-image",
        /// The image that the runtime starts from; becomes `RUNTIME_IMAGE` and `RUNTIME_IMAGE_TAG`.
        #[schemars(regex(pattern = IMAGE))]
        runtime_image: Option<Located<String>> = "runtime-image",
        /// What somebody who chooses the device has to know, in one line; plans say it.
        description: Option<Located<String>> = "description",
        /// Other names of the device on the command line.
        aliases: Option<Vec<Located<String>>> = "aliases",
        /// Build arguments of builds for this device.
        args: Args = "args",
    }
}
