//! Whether the container's user may work in the directory that `--mount-workspace` mounts.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::account::Account;
use crate::launch::note::Note;

const OTHERS_WRITE: u32 = 0o002;
const GROUP_WRITES: u32 = 0o020;

/// The owner of a directory, and who else may write to it.
#[derive(Clone, Copy, Debug)]
struct Owned {
    uid: u64,
    gid: u64,
    mode: u32,
}

impl Owned {
    fn of(directory: &Path) -> Option<Self> {
        let metadata = fs_err::metadata(directory).ok()?;
        Some(Self {
            uid: metadata.uid().into(),
            gid: metadata.gid().into(),
            mode: metadata.mode(),
        })
    }

    fn lets_write(self, account: Account, groups: &[String]) -> bool {
        let is_member = account.gid == self.gid || groups.contains(&self.gid.to_string());
        self.mode & OTHERS_WRITE != 0 || is_member && self.mode & GROUP_WRITES != 0
    }
}

/// Returns what the container's user cannot do there: write, or use git, which refuses checkouts of
/// other users. Root may do everything.
pub(super) fn misfit(
    workspace: &Path,
    user: &str,
    account: Account,
    groups: &[String],
) -> Option<Note> {
    let owned = Owned::of(workspace)?;
    let is_checkout = workspace.join(".git").exists();
    misfit_of(owned, is_checkout, user, account, groups)
}

fn misfit_of(
    owned: Owned,
    is_checkout: bool,
    user: &str,
    account: Account,
    groups: &[String],
) -> Option<Note> {
    if account.uid == 0 || account.uid == owned.uid {
        return None;
    }
    let cannot = match (owned.lets_write(account, groups), is_checkout) {
        (false, true) => "cannot write there, and git refuses the checkout of another user",
        (false, false) => "cannot write there",
        (true, true) => "may write there, but git refuses the checkout of another user",
        (true, false) => return None,
    };
    let Account { uid, .. } = account;
    let who = match user.split(':').next().unwrap_or_default() {
        name if name.parse::<u64>().is_ok() => format!("user {uid}"),
        name => format!("`{name}` (user {uid})"),
    };
    Some(Note::new(format!(
        "The container runs as {who} and the workspace belongs to user {}: it {cannot}. \
         `--user host` runs it as you",
        owned.uid
    )))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    const OWNED: Owned = Owned {
        uid: 1234,
        gid: 100,
        mode: 0o40755,
    };

    fn said(owned: Owned, is_checkout: bool, user: &str, uid: u64, gid: u64) -> Option<String> {
        let account = Account { uid, gid };
        let groups = ["0".to_owned()];
        Some(misfit_of(owned, is_checkout, user, account, &groups)?.message)
    }

    #[test_case("dynamo", 1000, 0 => Some("The container runs as `dynamo` (user 1000) and the workspace belongs to user 1234: it cannot write there, and git refuses the checkout of another user. `--user host` runs it as you".to_owned()); "by name")]
    #[test_case("1000:5", 1000, 5 => Some("The container runs as user 1000 and the workspace belongs to user 1234: it cannot write there, and git refuses the checkout of another user. `--user host` runs it as you".to_owned()); "by number")]
    #[test_case("me", 1234, 100 => None; "the owner")]
    #[test_case("", 0, 0 => None; "root")]
    fn users_who_cannot_work_in_a_checkout_are_named(
        user: &str,
        uid: u64,
        gid: u64,
    ) -> Option<String> {
        said(OWNED, true, user, uid, gid)
    }

    #[test_case(0o40755, 0, 100 => true; "others only read")]
    #[test_case(0o40777, 100, 5 => false; "all may write")]
    #[test_case(0o40775, 100, 100 => false; "their group may write")]
    #[test_case(0o40775, 100, 5 => true; "another group may write")]
    #[test_case(0o40775, 0, 5 => false; "the group that was added may write")]
    fn a_directory_that_is_no_checkout_only_has_to_be_writable(
        mode: u32,
        owning: u64,
        gid: u64,
    ) -> bool {
        let owned = Owned {
            mode,
            gid: owning,
            ..OWNED
        };
        said(owned, false, "dynamo", 1000, gid).is_some()
    }
}
