//! The container's account database (`/etc/passwd`): users found, and the host's user added.

/// A user as the database has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user's number.
    pub uid: u64,
    /// The number of the user's group.
    pub gid: u64,
}

/// Finds the user that `--user` or the image names; no name is root. A group is left to the
/// engine, because it only matters for the owner of files that nobody else may read.
pub fn find(passwd: &str, user: &str) -> Option<Account> {
    let name = user.split(':').next().unwrap_or_default();
    if name.is_empty() {
        return Some(Account { uid: 0, gid: 0 });
    }
    let by_name = lines(passwd)
        .find(|(line, _)| *line == name)
        .map(|(_, account)| account);
    let by_number = || {
        let uid = name.parse().ok()?;
        let known = lines(passwd)
            .map(|(_, account)| account)
            .find(|account| account.uid == uid);
        Some(known.unwrap_or(Account { uid, gid: 0 }))
    };
    by_name.or_else(by_number)
}

fn lines(passwd: &str) -> impl Iterator<Item = (&str, Account)> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some((name, Account { uid, gid }))
    })
}

/// Adds a user of the host; `None` if the number is known. One whose name is taken is `NAME-host`.
pub fn with_user(passwd: &str, name: &str, account: Account, home: &str) -> Option<String> {
    if lines(passwd).any(|(_, known)| known.uid == account.uid) {
        return None;
    }
    let taken = lines(passwd).any(|(known, _)| known == name);
    let name = if taken {
        format!("{name}-host")
    } else {
        name.to_owned()
    };
    let separator = if passwd.is_empty() || passwd.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let Account { uid, gid } = account;
    Some(format!(
        "{passwd}{separator}{name}:x:{uid}:{gid}::{home}:/bin/sh\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\ndynamo:x:1000:0::/home/dynamo:/bin/sh";

    #[test_case("", Some((0, 0)); "none is root")]
    #[test_case("dynamo", Some((1000, 0)); "by name")]
    #[test_case("1000:5", Some((1000, 0)); "by number")]
    #[test_case("1234", Some((1234, 0)); "unknown number")]
    #[test_case("nobody", None; "unknown name")]
    fn users_are_found(user: &str, expected: Option<(u64, u64)>) {
        let found = find(PASSWD, user).map(|account| (account.uid, account.gid));
        assert_eq!(found, expected);
    }

    #[test]
    fn the_hosts_user_is_added_once() {
        let me = Account {
            uid: 1234,
            gid: 100,
        };
        let with_me = with_user(PASSWD, "me", me, "/home/dynamo").unwrap();
        assert!(
            with_me.ends_with("/bin/sh\nme:x:1234:100::/home/dynamo:/bin/sh\n"),
            "{with_me}"
        );
        assert_eq!(with_user(&with_me, "me", me, "/home/dynamo"), None);
        let taken = with_user(PASSWD, "dynamo", me, "/home/dynamo").unwrap();
        assert!(taken.ends_with("\ndynamo-host:x:1234:100::/home/dynamo:/bin/sh\n"));
        assert_eq!(
            with_user(PASSWD, "me", Account { uid: 1000, gid: 0 }, "/"),
            None
        );
    }
}
