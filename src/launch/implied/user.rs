//! `--user`: who the container runs as.
//!
//! `--user host` is dynrun's own: the user of the host, so that files in the workspace stay theirs.
//! It is the default for `--mount-workspace` with a dev image, whose own user is root. Group 0 is
//! kept in any case, because Dynamo's images make their directories writable for it.

use super::{Context, Implied};
use crate::launch::flag::{Flag, Flags as _, Origin};
use crate::launch::note::Note;

/// The value of `--user` that stands for the host's user.
pub const HOST: &str = "host";

const HOME: &str = "/home/dynamo";

pub(super) fn imply(context: &Context<'_>) -> Implied {
    match context.request.flags.latest("user") {
        Some(HOST) => host_user(context, "--user host"),
        Some(user) => group_zero(context, user),
        None if defaults_to_host(context) => {
            let mut implied = host_user(context, "--mount-workspace");
            implied.notes.push(Note::new(
                "The container runs as you, so that files in the workspace stay yours; \
                 `--user root` or another `--user` changes that",
            ));
            implied
        }
        None => Implied::default(),
    }
}

/// Dev images run as root, and root of the host has nothing to lose.
fn defaults_to_host(context: &Context<'_>) -> bool {
    let request = context.request;
    let dev = match request.target.as_deref() {
        None => request.image.is_none() && request.words.is_empty() | request.terminated,
        Some(target) => matches!(target, "dev" | "local-dev"),
    };
    request.mount_workspace && !request.no_defaults && dev && context.host.uid != 0
}

fn host_user(context: &Context<'_>, flag: &'static str) -> Implied {
    let (uid, gid) = (context.host.uid, context.host.gid);
    let origin = || Origin::Implied(flag);
    let mut flags = vec![Flag::value("user", format!("{uid}:{gid}"), origin())];
    if uid != 0 {
        flags.push(Flag::value("group-add", "0", origin()));
        flags.push(Flag::value("env", format!("HOME={HOME}"), origin()));
    }
    Implied {
        flags,
        host_user: uid != 0,
        ..Implied::default()
    }
}

fn group_zero(context: &Context<'_>, user: &str) -> Implied {
    let name = user.split(':').next().unwrap_or(user);
    if context.request.no_defaults || matches!(name, "root" | "0" | "") {
        return Implied::default();
    }
    Implied {
        flags: vec![Flag::value("group-add", "0", Origin::Implied("--user"))],
        ..Implied::default()
    }
}
