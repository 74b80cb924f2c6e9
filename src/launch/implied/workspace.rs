//! `--mount-workspace`: the checkout at `/workspace`.
//!
//! run.sh also mounted the whole of the host's `/tmp` and `/mnt`, writable. dynrun does not: what
//! is needed from there can be mounted by name.

use std::path::Path;

use super::{Context, Implied};
use crate::exit::Exit;
use crate::launch::flag::{Flag, Flags as _, Origin};
use crate::launch::note::Note;
use crate::problem::Problem;

const FLAG: &str = "--mount-workspace";

pub(super) fn imply(context: &Context<'_>) -> Implied {
    if !context.request.mount_workspace {
        return Implied::default();
    }
    let host = context.host;
    let root = host.git_root.as_ref().unwrap_or(&host.cwd);
    if host.git_root.is_none() && is_too_much(root, host.home.as_deref()) {
        return refuse_all_of_it(&root.display().to_string());
    }
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
    let note = || {
        let message = format!(
            "`{text}` is in no git checkout; `--mount-workspace` mounts it as it is, writable"
        );
        Note::new(message)
    };
    Implied {
        flags,
        notes: host.git_root.is_none().then(note).into_iter().collect(),
        ..Implied::default()
    }
}

/// Returns whether a directory holds everything of the machine or of the user.
fn is_too_much(root: &Path, home: Option<&Path>) -> bool {
    root == Path::new("/") || home.is_some_and(|home| home.starts_with(root))
}

fn refuse_all_of_it(root: &str) -> Implied {
    let message = format!("`--mount-workspace` would mount all of `{root}`, writable");
    let problem = Problem::new(Exit::Run, message)
        .hint("Change into the checkout that you mean: `cd ~/dynamo`")
        .hint(format!(
            "Or mount it on purpose: `-v {root}:/workspace -w /workspace`"
        ));
    Implied {
        problems: vec![problem],
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
