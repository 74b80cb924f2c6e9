//! The KV cache: bytes per token and per sequence.

use super::layers::{Layer, Reach};

/// What a model keeps of the tokens that it has seen, per GPU.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    layers: Vec<Layer>,
}

impl Cache {
    pub(crate) fn new(layers: Vec<Layer>) -> Self {
        Self { layers }
    }

    pub(crate) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Returns the bytes of one more token in a short sequence.
    pub(crate) fn per_token(&self, tp: u64, element: u64) -> u64 {
        self.sum(tp, element, |_| 1)
    }

    /// Returns the bytes of one more token where all windows are full already.
    pub(crate) fn per_token_beyond_window(&self, tp: u64, element: u64) -> u64 {
        self.sum(tp, element, |reach| u64::from(reach == Reach::All))
    }

    /// Returns the bytes of a sequence of this many tokens.
    pub(crate) fn per_sequence(&self, tokens: u64, tp: u64, element: u64) -> u64 {
        self.sum(tp, element, |reach| match reach {
            Reach::All => tokens,
            Reach::Window(limit) | Reach::Chunk(limit) => tokens.min(limit),
        })
    }

    /// Returns the longest window, if there is one.
    pub(crate) fn window(&self) -> Option<u64> {
        let windows = self.layers.iter().filter_map(|layer| match layer {
            Layer::Attention(_, Reach::Window(limit) | Reach::Chunk(limit)) => Some(*limit),
            _ => None,
        });
        windows.max()
    }

    /// Heads are shared out over GPUs and repeated where there are more GPUs than heads; a latent
    /// vector is whole on each.
    fn sum(&self, tp: u64, element: u64, tokens: impl Fn(Reach) -> u64) -> u64 {
        let elements = self.layers.iter().map(|layer| match *layer {
            Layer::Attention(heads, reach) => {
                heads.count.div_ceil(tp.max(1)) * heads.width * tokens(reach)
            }
            Layer::Latent(width) => width * tokens(Reach::All),
            Layer::Recurrent | Layer::Nothing => 0,
        });
        elements.sum::<u64>() * element
    }
}
