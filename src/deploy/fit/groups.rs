//! Weights by how they are shared out over GPUs.

use std::iter::Sum;
use std::ops::{Add, Mul};

/// Amounts (parameters, or bytes) of each kind of weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups {
    /// Embedding and output layer.
    pub(crate) embedding: u64,
    /// Projections of attention, and layers in its place.
    pub(crate) attention: u64,
    /// Routed experts.
    pub(crate) routed: u64,
    /// Norms and other vectors that every GPU holds.
    pub(crate) replicated: u64,
    /// MLPs, shared experts, routers, encoders of images.
    pub(crate) other: u64,
}

/// How a replica is spread over GPUs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    pub(crate) tp: u64,
    pub(crate) pp: u64,
    pub(crate) ep: u64,
    /// Whether every GPU holds the whole attention, for sequences of its own.
    pub(crate) dp_attention: bool,
}

impl Split {
    /// Tensor parallelism only.
    pub(crate) fn tensor(tp: u64) -> Self {
        Self {
            tp,
            pp: 1,
            ep: 1,
            dp_attention: false,
        }
    }
}

impl Groups {
    pub(crate) fn total(self) -> u64 {
        self.embedding + self.attention + self.routed + self.replicated + self.other
    }

    /// Returns what one GPU holds.
    pub(crate) fn per_gpu(self, split: Split) -> u64 {
        let tp = split.tp.max(1);
        let attention = if split.dp_attention { 1 } else { tp };
        let whole = self.routed.div_ceil(split.ep.max(tp))
            + self.attention.div_ceil(attention)
            + (self.embedding + self.other).div_ceil(tp)
            + self.replicated;
        whole.div_ceil(split.pp.max(1))
    }
}

impl Add for Groups {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            embedding: self.embedding + more.embedding,
            attention: self.attention + more.attention,
            routed: self.routed + more.routed,
            replicated: self.replicated + more.replicated,
            other: self.other + more.other,
        }
    }
}

impl Mul<u64> for Groups {
    type Output = Self;

    fn mul(self, factor: u64) -> Self {
        Self {
            embedding: self.embedding * factor,
            attention: self.attention * factor,
            routed: self.routed * factor,
            replicated: self.replicated * factor,
            other: self.other * factor,
        }
    }
}

impl Sum for Groups {
    fn sum<I: Iterator<Item = Self>>(groups: I) -> Self {
        groups.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_shared_out_in_its_way() {
        let groups = Groups {
            embedding: 80,
            attention: 800,
            routed: 6400,
            replicated: 5,
            other: 160,
        };
        assert_eq!(groups.total(), 7445);
        assert_eq!(groups.per_gpu(Split::tensor(8)), 10 + 100 + 800 + 5 + 20);
        let wide = Split {
            tp: 8,
            pp: 1,
            ep: 64,
            dp_attention: true,
        };
        assert_eq!(groups.per_gpu(wide), 10 + 800 + 100 + 5 + 20);
        assert_eq!(
            groups.per_gpu(Split {
                pp: 2,
                ..Split::tensor(8)
            }),
            468
        );
    }
}
