//! A private certificate authority on this machine, which builds need to be given.

use std::path::Path;

use super::finding::Finding;
use crate::text::counted;

/// Where Debian's `update-ca-certificates` looks for authorities that an administrator added.
pub(super) const ADDED_AUTHORITIES: &str = "/usr/local/share/ca-certificates";

/// The bundle that the shipped profiles hand to builds, as Debian's `update-ca-certificates` makes
/// it.
pub(super) const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Tells which authorities builds get. Only what Debian and its like keep apart is known to be
/// added; others mix it with what they ship.
pub(super) fn check(directory: &Path, bundle: &Path) -> Finding {
    const CHECK: &str = "TLS";
    let added = authorities(directory);
    let files = counted(added, "private certificate authority file");
    let bundle_path = bundle.display();
    let detail = match (bundle.is_file(), added) {
        (true, 0) => format!("builds get `{bundle_path}` as the secret `ca`"),
        (true, _) => {
            format!("{files} of this machine; builds get `{bundle_path}` as the secret `ca`")
        }
        (false, 0) => format!("no `{bundle_path}`: builds trust what their images trust"),
        (false, _) => {
            let detail = format!(
                "{files} of this machine, but no `{bundle_path}`, so builds do not get them"
            );
            return Finding::warning(CHECK, detail, "`update-ca-certificates`");
        }
    };
    Finding::ok(CHECK, detail)
}

/// Counts the files that `update-ca-certificates` takes.
fn authorities(directory: &Path) -> usize {
    let entries = fs_err::read_dir(directory).into_iter().flatten().flatten();
    let counts = entries.map(|entry| {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            authorities(&path)
        } else {
            usize::from(path.extension().is_some_and(|end| end == "crt"))
        }
    });
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_authorities_and_the_bundle_are_told() {
        let place = tempfile::tempdir().unwrap();
        let (added, bundle) = (place.path().join("added"), place.path().join("all.crt"));
        let told = || check(&added, &bundle).detail;
        assert!(told().starts_with("no `"), "{}", told());
        fs_err::write(&bundle, "").unwrap();
        assert!(told().starts_with("builds get `"), "{}", told());
        fs_err::create_dir_all(added.join("mine")).unwrap();
        fs_err::write(added.join("README"), "").unwrap();
        assert!(told().starts_with("builds get `"), "{}", told());
        fs_err::write(added.join("mine/proxy.crt"), "").unwrap();
        assert!(told().starts_with("1 private"), "{}", told());
        fs_err::remove_file(&bundle).unwrap();
        assert!(told().contains("builds do not get them"), "{}", told());
    }
}
