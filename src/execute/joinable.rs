//! What several nodes can make of one target together, and what not.

use crate::buildkit::Store;
use crate::docker::cache::{CacheKind, CacheSpec};
use crate::docker::output::{Output, OutputKind};
use crate::plan::PlannedTarget;
use crate::problem::{Problem, ProblemKind, Problems};

/// Finds the outputs that several nodes cannot make together.
///
/// # Errors
/// Returns them.
pub(super) fn check(target: &PlannedTarget, store: Store) -> Result<(), Problems> {
    let is_upload_by_engine = store == Store::Classic && target.is_pushed();
    let refused = target.outputs.iter().filter(|output| match output.kind {
        OutputKind::Docker | OutputKind::Moby | OutputKind::Oci | OutputKind::Tar => true,
        OutputKind::Image | OutputKind::Registry => is_upload_by_engine,
        OutputKind::Local | OutputKind::CacheOnly => false,
    });
    let problems: Vec<_> = refused.map(|output| cannot_join(target, output)).collect();
    Problems(problems).or(())
}

/// Returns the caches that nodes write one over the other.
pub(super) fn overwritten(target: &PlannedTarget) -> impl Iterator<Item = &CacheSpec> {
    let caches = target.cache_to.iter();
    caches.filter(|cache| cache.kind != CacheKind::Inline)
}

fn cannot_join(target: &PlannedTarget, output: &Output) -> Problem {
    let message = format!(
        "The platforms of target `{}` are built by several nodes, which cannot make output `{output}` together",
        target.name
    );
    let mut problem = Problem::new(ProblemKind::Usage, message);
    let cause = "Each node sends only the images of its own platforms";
    problem.causes.push(cause.to_owned());
    problem.hint(
        "Push the image, for which its parts are joined: `--push`; or build one platform at a time: \
         `--platform PLATFORM`",
    )
}
