//! The BuildKit client; the only module that names protobuf.

mod base64_json;
pub mod digest;
pub mod progress;
mod progress_proto;
pub(crate) mod proto;
pub mod session;

pub use digest::Digest;
