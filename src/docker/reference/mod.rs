//! Names of images: `vllm-runtime:0.8.1`, `nvcr.io/nvidia/ai-dynamo/vllm-runtime@sha256:…`.

mod error;
mod name;
mod tag;

pub use error::ReferenceError;
pub use name::{DEFAULT_DOMAIN, Reference, has_variable};
pub use tag::Tag;
