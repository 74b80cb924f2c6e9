//! What a build gives to its stages.

use std::collections::BTreeMap;

use crate::docker::named_context::NamedContext;
use crate::docker::platform::Platform;

/// What decides which stages are run, and what their variables are.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The build arguments.
    pub args: &'a BTreeMap<String, String>,
    /// The named contexts: one with a stage's name takes the stage's place.
    pub contexts: &'a BTreeMap<String, NamedContext>,
    /// The platforms.
    pub platforms: &'a [Platform],
}

static NONE: BTreeMap<String, NamedContext> = BTreeMap::new();

impl<'a> Inputs<'a> {
    /// Creates the inputs of a build that only has arguments.
    pub const fn of_args(args: &'a BTreeMap<String, String>) -> Self {
        Self {
            args,
            contexts: &NONE,
            platforms: &[],
        }
    }
}
