//! The pieces of a graph of steps, as BuildKit's clients write them.

use prost::Message as _;

use super::proto::pb;
use crate::hash::sha256_hex;

/// Returns the name by which other steps refer to an encoded step.
pub(super) fn digest_of(step: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(step))
}

/// Encodes the last entry of a graph, which says that output `index` of a step is the result.
pub(super) fn end_of(digest: String, index: i64) -> Vec<u8> {
    pb::Op {
        inputs: vec![pb::Input { digest, index }],
        ..pb::Op::default()
    }
    .encode_to_vec()
}

/// Describes a step: its name for people, and what an engine must know to run it.
pub(super) fn described(name: &str, caps: &[&str]) -> pb::OpMetadata {
    pb::OpMetadata {
        description: [("llb.customname".to_owned(), name.to_owned())].into(),
        caps: caps.iter().map(|&cap| (cap.to_owned(), true)).collect(),
        ..pb::OpMetadata::default()
    }
}
