//! All parts together.

use super::context::{Context, Implied};
use super::{accelerator, cache, gds, secrets, standard, user, worker, workspace};
use crate::problem::Problems;

/// Works out what dynrun's own flags mean for docker.
///
/// # Errors
/// Returns all problems of all parts.
pub fn imply(context: &Context<'_>) -> Result<Implied, Problems> {
    let parts = [
        standard::imply(context),
        accelerator::imply(context),
        workspace::imply(context),
        cache::imply(context),
        gds::imply(context),
        user::imply(context),
        secrets::imply(context),
        worker::imply(context),
    ];
    let mut all = Implied::default();
    for part in parts {
        all.add(part);
    }
    if all.problems.is_empty() {
        Ok(all)
    } else {
        Err(Problems(all.problems))
    }
}
