//! A private certificate authority on this machine, which builds need to be given.

use std::path::Path;

use super::finding::Finding;
use crate::text::counted;

/// Where Debian's `update-ca-certificates` looks for authorities that an administrator added.
pub(super) const ADDED_AUTHORITIES: &str = "/usr/local/share/ca-certificates";

/// Tells whether authorities were added to this machine; profiles hand the bundle to builds.
pub(super) fn check(directory: &Path) -> Finding {
    const CHECK: &str = "TLS";
    let entries = fs_err::read_dir(directory).into_iter().flatten();
    let added = entries.filter_map(Result::ok).count();
    if added == 0 {
        return Finding::ok(CHECK, "no private certificate authority is installed");
    }
    Finding::ok(
        CHECK,
        format!(
            "{} of this machine; builds get the bundle as the secret `ca`",
            counted(added, "private certificate authority file")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_authorities_are_counted() {
        let directory = tempfile::tempdir().unwrap();
        assert!(check(directory.path()).detail.starts_with("no private"));
        fs_err::write(directory.path().join("proxy.crt"), "").unwrap();
        assert!(check(directory.path()).detail.starts_with("1 private"));
    }
}
