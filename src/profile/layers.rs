//! `[layers]`: how many layers the images have that stages start from.

use schemars::JsonSchema;
use toml::de::DeValue;

use crate::toml_file::{FromToml, Node, Reader};

/// A number of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct LayerCount(pub u16);

impl FromToml for LayerCount {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        if let DeValue::Integer(number) = node.get_ref()
            && let Ok(number) = number.to_string().parse()
        {
            return Some(Self(number));
        }
        reader.wrong_type(key, "a number of layers", node);
        None
    }
}
