//! `dynbuild lint --pins`: whether what the profiles pin can be installed together, by the wheels'
//! own metadata.
//!
//! [`set`] takes out of a plan what it pins, [`pip`] asks the index what these packages demand, and
//! [`demand`] finds contradictions. Nothing is installed and no wheel is built.

mod command;
mod demand;
mod pip;
mod set;

pub(super) use command::check;
