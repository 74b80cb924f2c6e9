//! Caches: `--hf-home` for Hugging Face's, and the others of the profile's `[run.caches]`.
//!
//! Hugging Face's is a directory of the host, because other programs of the host use it too.
//! `HF_HOME` of the host is the default (read-only where the user may not write), and with `--mount-workspace` the usual
//! `~/.cache/huggingface`. In the container it is where the profile says, and `HF_HOME` says so as
//! well: images that set no `HOME` find it. The others are volumes of the engine, `dynrun-NAME`.

use std::path::Path;

use super::bind::bind;
use super::{Context, Implied};
use crate::launch::access::Access;
use crate::launch::flag::{Flag, Flags as _, Origin};
use crate::launch::note::Note;
use crate::launch::paths;

/// The entry of `[run.caches]` that `--hf-home` fills.
const HUGGING_FACE: &str = "huggingface";

/// Of a cache that nobody asked for in this launch.
const FROM_ENVIRONMENT: Origin = Origin::Standard("`HF_HOME` is set");

/// Where Dynamo's images have it.
const USUAL_TARGET: &str = "/home/dynamo/.cache/huggingface";

pub(super) fn imply(context: &Context<'_>) -> Implied {
    let mut implied = hugging_face(context);
    if !context.request.no_defaults {
        let others = context
            .table
            .caches
            .iter()
            .filter(|(name, _)| name.value != HUGGING_FACE);
        implied.flags.extend(others.map(|(name, target)| {
            let volume = format!("dynrun-{}:{}", name.value, target.value);
            Flag::value("volume", volume, Origin::Profile(target.at.to_string()))
        }));
    }
    implied
}

fn hugging_face(context: &Context<'_>) -> Implied {
    let Some((directory, origin)) = directory(context) else {
        return Implied::default();
    };
    let source = paths::absolute(&context.host.cwd, directory);
    let target = target(context);
    let path = source.display().to_string();
    // Nobody asked for it now: where it cannot be used, the launch goes on with what is possible.
    match context.host.hf_home.filter(|_| origin == FROM_ENVIRONMENT) {
        Some(Access::Read) => return read_only(&path, target),
        Some(Access::None) => return left_out(&source),
        Some(Access::Write) | None => {}
    }
    Implied {
        flags: vec![
            bind(&path, target, false, origin.clone()),
            Flag::value("env", format!("HF_HOME={target}"), origin),
        ],
        directories: vec![source],
        ..Implied::default()
    }
}

/// A cache that others fill: models are read from it, and what is missing cannot be added.
fn read_only(path: &str, target: &str) -> Implied {
    Implied {
        flags: vec![
            bind(path, target, true, FROM_ENVIRONMENT),
            Flag::value("env", format!("HF_HOME={target}"), FROM_ENVIRONMENT),
        ],
        notes: vec![Note::new(
            "You may not write to the directory of `HF_HOME`: the container can only read it; \
             `--hf-home DIR` takes another, `--hf-home NONE` none",
        )],
        ..Implied::default()
    }
}

fn left_out(source: &Path) -> Implied {
    let told = format!(
        "The directory of `HF_HOME`, `{}`, cannot be used and is left out; `--hf-home DIR` takes \
         another",
        source.display()
    );
    Implied {
        notes: vec![Note::new(told)],
        ..Implied::default()
    }
}

/// Returns the cache's place in the container: root's home for root, else what the profile says.
/// run.sh only knew `root` and `0`; `0:0` and `root:root` are root as well.
fn target<'a>(context: &Context<'a>) -> &'a str {
    let user = context.request.flags.latest("user").unwrap_or_default();
    if matches!(user.split(':').next(), Some("root" | "0")) {
        return "/root/.cache/huggingface";
    }
    let profiles = context.table.caches.get(HUGGING_FACE);
    profiles.map_or(USUAL_TARGET, |target| target.as_str())
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
        return Some((set.clone(), FROM_ENVIRONMENT));
    }
    let home = host.home.as_ref().filter(|_| request.mount_workspace)?;
    let usual = home.join(".cache/huggingface").to_str()?.to_owned();
    Some((usual, Origin::Implied("--mount-workspace")))
}
