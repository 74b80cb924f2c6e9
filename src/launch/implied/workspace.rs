//! `--mount-workspace`: the checkout at `/workspace`.
//!
//! run.sh also mounted the whole of the host's `/tmp` and `/mnt`, writable. dynrun does not: what
//! is needed from there can be mounted by name.

use std::path::Path;

use super::bind::bind;
use super::git_link::{GitLink, WORKSPACE};
use super::{Context, Implied};
use crate::launch::flag::{Flag, Flags as _, Origin};
use crate::launch::note::Note;
use crate::problem::{Problem, ProblemKind};
use crate::text::utf8_rename;

const FLAG: &str = "--mount-workspace";

pub(super) fn imply(context: &Context<'_>) -> Implied {
    if !context.request.mount_workspace {
        return Implied::default();
    }
    let host = context.host;
    let root = host.git_root.as_ref().unwrap_or(&host.cwd);
    if is_too_much(root, host.home.as_deref()) {
        return refuse_all_of_it(&root.display().to_string());
    }
    let Some(text) = root.to_str() else {
        return refuse(root);
    };
    let origin = || Origin::Implied(FLAG);
    let mut flags = vec![bind(text, WORKSPACE, false, origin())];
    if !context.request.flags.has("workdir") {
        flags.push(Flag::value("workdir", WORKSPACE, origin()));
    }
    let link = host.git_link.as_deref();
    let shared = link.and_then(|link| GitLink::of(root, link));
    flags.extend(shared.iter().filter_map(|shared| shared.flag(origin())));
    let note = || {
        let message = format!(
            "`{text}` is in no git checkout; `--mount-workspace` mounts it as it is, writable"
        );
        Note::new(message)
    };
    let mut notes = Vec::from_iter(host.git_root.is_none().then(note));
    notes.extend(shared.and_then(|shared| shared.note()));
    Implied {
        flags,
        notes,
        workspace: Some(root.clone()),
        ..Implied::default()
    }
}

/// Returns whether a directory holds everything of the machine or of the user.
fn is_too_much(root: &Path, home: Option<&Path>) -> bool {
    root == Path::new("/") || home.is_some_and(|home| home.starts_with(root))
}

fn refuse_all_of_it(root: &str) -> Implied {
    let message = format!("`--mount-workspace` would mount all of `{root}`, writable");
    let problem = Problem::new(ProblemKind::Usage, message)
        .hint("Change into the checkout that you mean: `cd ~/dynamo`")
        .hint(format!(
            "Or mount it on purpose: `-v {root}:/workspace -w /workspace`"
        ));
    Implied {
        problems: vec![problem],
        ..Implied::default()
    }
}

fn refuse(root: &Path) -> Implied {
    let message = format!(
        "Cannot mount the workspace `{}`: its path is not UTF-8",
        root.display()
    );
    let problem = Problem::new(ProblemKind::Usage, message);
    Implied {
        problems: vec![problem.hint(format!("Rename it: `{}`", utf8_rename(root)))],
        ..Implied::default()
    }
}
