//! What is said of a container that ended.

use crate::cli::edge::Edge;
use crate::diagnosis::Diagnosis;

/// Says why a container ended as it did.
pub(super) fn show(diagnosis: &Diagnosis, edge: &mut Edge) {
    edge.ui.warn(&diagnosis.cause);
    if let Some(line) = &diagnosis.evidence {
        edge.ui.quote(line);
    }
    for fix in &diagnosis.fixes {
        edge.ui.hint(fix);
    }
}
