//! `--mount-workspace`: the checkout at `/workspace`.
//!
//! run.sh also mounted the whole of the host's `/tmp` and `/mnt`, writable. dynrun does not: what
//! is needed from there can be mounted by name.

use super::{Context, Implied};
use crate::exit::Exit;
use crate::launch::flag::{Flag, Flags as _, Origin};
use crate::problem::Problem;

const FLAG: &str = "--mount-workspace";

pub(super) fn imply(context: &Context<'_>) -> Implied {
    if !context.request.mount_workspace {
        return Implied::default();
    }
    let host = context.host;
    let root = host.git_root.as_ref().unwrap_or(&host.cwd);
    let Some(text) = root.to_str().filter(|text| !text.contains(':')) else {
        return refuse(&root.display().to_string());
    };
    let origin = || Origin::Implied(FLAG);
    let mut flags = Vec::new();
    flags.push(Flag::value(
        "volume",
        format!("{text}:/workspace"),
        origin(),
    ));
    if !context.request.flags.has("workdir") {
        flags.push(Flag::value("workdir", "/workspace", origin()));
    }
    Implied {
        flags,
        ..Implied::default()
    }
}

/// `-v` separates by colons and knows no quotes.
fn refuse(root: &str) -> Implied {
    let problem = Problem::new(
        Exit::Run,
        format!("Cannot mount the workspace `{root}`: its path has a colon"),
    );
    Implied {
        problems: vec![
            problem.hint("Move the checkout to a directory without a colon in its name"),
        ],
        ..Implied::default()
    }
}
