//! `[devices.NAME]`: a kind of accelerator that a framework can be built for.

use schemars::JsonSchema;

use super::args::Args;
use crate::toml_file::{FromToml, Located, Merge, Node, Reader};

/// Docker's spelling of the platforms that engines build for, for editors.
const PLATFORM: &str =
    r"^(linux|windows)/(386|amd64|arm|arm64|loong64|mips64le|ppc64le|riscv64|s390x)(/v[0-9]+)?$";

/// An image with its tag or digest, for editors.
const IMAGE: &str = r"^[^\s:@]+(:[0-9]+/[^\s:@]+)?(:[\w.-]+|:[\w.-]+@sha256:[0-9a-f]{64})$";

/// A device and the images that its stages start from.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Device {
    /// The platforms that exist for this device, for example `linux/arm64`.
    #[schemars(inner(regex(pattern = PLATFORM)))]
    pub platforms: Option<Vec<Located<String>>>,
    /// The image that the build stages start from; becomes `BASE_IMAGE` and `BASE_IMAGE_TAG`.
    #[schemars(regex(pattern = IMAGE))]
    pub base_image: Option<Located<String>>,
    /// The image that the runtime starts from; becomes `RUNTIME_IMAGE` and `RUNTIME_IMAGE_TAG`.
    #[schemars(regex(pattern = IMAGE))]
    pub runtime_image: Option<Located<String>>,
    /// What somebody who chooses the device has to know, in one line; plans say it.
    pub description: Option<Located<String>>,
    /// Other names of the device on the command line.
    pub aliases: Option<Vec<Located<String>>>,
    /// Build arguments of builds for this device.
    pub args: Args,
}

impl FromToml for Device {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.table(key, node, |mut fields| {
            let device = Self {
                platforms: fields.take("platforms"),
                base_image: fields.take("base-image"),
                runtime_image: fields.take("runtime-image"),
                description: fields.take("description"),
                aliases: fields.take("aliases"),
                args: fields.take_or_default("args"),
            };
            fields.finish();
            Some(device)
        })
    }
}

impl Merge for Device {
    fn merge(self, parent: Self) -> Self {
        let Self {
            platforms,
            base_image,
            runtime_image,
            description,
            aliases,
            args,
        } = self;
        Self {
            platforms: platforms.merge(parent.platforms),
            base_image: base_image.merge(parent.base_image),
            runtime_image: runtime_image.merge(parent.runtime_image),
            description: description.merge(parent.description),
            aliases: aliases.merge(parent.aliases),
            args: args.merge(parent.args),
        }
    }
}
