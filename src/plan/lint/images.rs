//! Images that can be another one tomorrow.

use super::finding::{Finding, Rule};
use super::stages::origins;
use super::subject::{Subject, finding};

/// Finds images without tag and digest, or with the tag `latest`.
pub(super) fn unpinned(subject: &Subject<'_>) -> Vec<Finding> {
    origins(subject)
        .filter_map(|(fragment, external)| {
            let name = &external.name;
            let reason = unpinned_reason(name)?;
            let message = format!("the image `{name}` {reason}: it can be another one tomorrow");
            let hint = "Name a version or a digest, best in the profile".to_owned();
            let span = &external.span;
            Some(finding(Rule::UnpinnedImage, fragment, span, message, hint))
        })
        .collect()
}

fn unpinned_reason(image: &str) -> Option<&'static str> {
    if image.contains('@') {
        return None;
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once(':') {
        Some((_, "latest")) => Some("has the tag `latest`"),
        Some(_) => None,
        // A bare word is reported as an unknown stage.
        None => image.contains('/').then_some("has no tag"),
    }
}
