//! Weights by how they are shared out over GPUs.

use std::array::from_fn;
use std::iter::Sum;
use std::ops::{Add, Mul};

/// A kind of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Embedding and output layer.
    Embedding,
    /// Projections of attention, and layers in its place.
    Attention,
    /// Routed experts.
    Routed,
    /// Norms and other vectors that every GPU holds.
    Replicated,
    /// MLPs, shared experts, routers, encoders of images.
    Other,
}

impl Group {
    /// Returns an amount of this kind alone.
    pub(crate) fn of(self, amount: u64) -> Groups {
        let mut groups = Groups::default();
        groups.0[self as usize] = amount;
        groups
    }
}

/// Amounts (parameters, or bytes) of each kind of weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Groups([u64; 5]);

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
        self.0.iter().sum()
    }

    /// Returns what one GPU holds.
    pub(crate) fn per_gpu(self, split: Split) -> u64 {
        let [embedding, attention, routed, replicated, other] = self.0;
        let tp = split.tp.max(1);
        let whole = routed.div_ceil(split.ep.max(tp))
            + attention.div_ceil(if split.dp_attention { 1 } else { tp })
            + (embedding + other).div_ceil(tp)
            + replicated;
        whole.div_ceil(split.pp.max(1))
    }
}

impl Add for Groups {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self(from_fn(|kind| self.0[kind] + more.0[kind]))
    }
}

impl Mul<u64> for Groups {
    type Output = Self;

    fn mul(self, factor: u64) -> Self {
        Self(self.0.map(|amount| amount * factor))
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
        let groups = Groups([80, 800, 6400, 5, 160]);
        assert_eq!(groups.total(), 7445);
        assert_eq!(groups.per_gpu(Split::tensor(8)), 10 + 100 + 800 + 5 + 20);
        let wide = Split {
            tp: 8,
            pp: 1,
            ep: 64,
            dp_attention: true,
        };
        assert_eq!(groups.per_gpu(wide), 10 + 800 + 100 + 5 + 20);
        let two = Split {
            pp: 2,
            ..Split::tensor(8)
        };
        assert_eq!(groups.per_gpu(two), 468);
    }
}
