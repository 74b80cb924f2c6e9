//! The memory that a model needs: weights and KV cache, from its files alone.
//!
//! A number is either right or not given. The cache is counted layer by layer, because the formula
//! that takes all layers to be alike is wrong for most models of today: 25 times for latent
//! attention, 2 to 9 times for windows and for hybrids. An architecture that is not in
//! [`family`] is "not known".

pub(crate) mod budget;
pub(crate) mod cache;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod elements;
pub(crate) mod error;
pub(crate) mod family;
pub(crate) mod gpu;
pub(crate) mod groups;
pub(crate) mod layers;
pub(crate) mod locate;
pub(crate) mod model;
mod parameters;
mod safetensors;
pub(crate) mod share;
pub(crate) mod shown;
#[cfg(test)]
mod tests;
pub(crate) mod weights;
