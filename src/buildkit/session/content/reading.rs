//! Blobs as they are read.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::docker::digest::BlobDigest;

/// Blobs that are read from their beginning to their end, piece by piece, and those that turned
/// out to be wrong. What is read in another order is not looked at.
#[derive(Debug, Default)]
pub(super) struct Reading {
    under_way: BTreeMap<BlobDigest, (u64, Sha256)>,
    pub(super) damaged: BTreeSet<BlobDigest>,
}

impl Reading {
    /// Notes a piece of a blob that has `length` bytes.
    pub(super) fn saw(&mut self, digest: &BlobDigest, offset: u64, data: &[u8], length: u64) {
        let known = self.under_way.remove(digest);
        let (begun, mut hash) = match known {
            Some(known) if offset > 0 => known,
            _ => (0, Sha256::new()),
        };
        if begun != offset {
            return;
        }
        hash.update(data);
        let next = offset + data.len() as u64;
        if next < length {
            self.under_way.insert(digest.clone(), (next, hash));
        } else if BlobDigest::of(hash) != *digest {
            self.damaged.insert(digest.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_bytes_are_seen_if_all_are_read() {
        let digest = BlobDigest::of(Sha256::new_with_prefix("layer"));
        let damaged = |pieces: &[(u64, &str)]| {
            let mut reading = Reading::default();
            for (offset, data) in pieces {
                reading.saw(&digest, *offset, data.as_bytes(), 5);
            }
            !reading.damaged.is_empty()
        };
        assert!(!damaged(&[(0, "layer")]));
        assert!(!damaged(&[(0, "la"), (2, "yer")]));
        assert!(!damaged(&[(0, "xx"), (0, "la"), (2, "yer")]));
        assert!(damaged(&[(0, "la"), (2, "xxx")]));
        assert!(damaged(&[(0, "later")]));
        assert!(!damaged(&[(2, "xxx"), (0, "xx"), (3, "xx")]));
    }
}
