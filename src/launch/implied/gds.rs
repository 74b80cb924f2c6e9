//! `--use-nixl-gds`: what GPU-direct storage needs.

use super::{Context, Implied};
use crate::launch::flag::{Flag, Origin};

pub(super) fn imply(context: &Context<'_>) -> Implied {
    if !context.request.nixl_gds {
        return Implied::default();
    }
    let flag = |name, value| Flag::value(name, value, Origin::Implied("--use-nixl-gds"));
    Implied {
        flags: vec![
            flag("volume", "/run/udev:/run/udev:ro"),
            flag("volume", "/tmp:/tmp"),
            flag("cap-add", "IPC_LOCK"),
        ],
        ..Implied::default()
    }
}
