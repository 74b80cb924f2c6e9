//! `--hf-home`: the Hugging Face cache of the host.
//!
//! `HF_HOME` of the host is the default, and with `--mount-workspace` the usual
//! `~/.cache/huggingface`. In the container it is where the user's home is, and `HF_HOME` says so:
//! images that set no `HOME` find it as well.

use super::{Context, Implied};
use crate::run::flag::{Flag, Flags as _, Origin};
use crate::run::paths;

pub(super) fn imply(context: &Context<'_>) -> Implied {
    let Some((directory, origin)) = directory(context) else {
        return Implied::default();
    };
    let source = paths::absolute(&context.host.cwd, directory);
    let target = format!(
        "{}/.cache/huggingface",
        home(context.request.flags.latest("user"))
    );
    let bind = format!("{}:{target}", source.display());
    Implied {
        flags: vec![
            Flag::value("volume", bind, origin.clone()),
            Flag::value("env", format!("HF_HOME={target}"), origin),
        ],
        directories: vec![source],
        ..Implied::default()
    }
}

fn directory(context: &Context<'_>) -> Option<(String, Origin)> {
    let (request, host) = (context.request, context.host);
    match &request.hf_home {
        Some(typed) if typed.eq_ignore_ascii_case("none") => return None,
        Some(typed) => return Some((typed.clone(), Origin::Implied("--hf-home"))),
        None if request.no_defaults => return None,
        None => {}
    }
    if let Some(set) = host.env.get("HF_HOME").filter(|set| !set.is_empty()) {
        return Some((set.clone(), Origin::Standard("`HF_HOME` is set")));
    }
    let home = host.home.as_ref().filter(|_| request.mount_workspace)?;
    let usual = home.join(".cache/huggingface").to_str()?.to_owned();
    Some((usual, Origin::Implied("--mount-workspace")))
}

/// Returns the home directory in Dynamo's images. run.sh only knew `root` and `0`; `0:0` and
/// `root:root` are root as well.
fn home(user: Option<&str>) -> &'static str {
    let name = user.map(|user| user.split(':').next().unwrap_or(user));
    match name {
        Some("root" | "0") => "/root",
        _ => "/home/dynamo",
    }
}
