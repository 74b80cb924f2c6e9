//! What dynrun always does, unless told otherwise: clean up, reap, bound the logs, leave a label.

use super::{Context, Implied};
use crate::launch::flag::{Flag, Origin};
use crate::launch::label;

pub(super) fn imply(context: &Context<'_>) -> Implied {
    let mut flags = Vec::new();
    if context.request.no_defaults {
        return Implied::default();
    }
    if !["rm", "restart", "detach"]
        .iter()
        .any(|name| context.typed(name))
    {
        let reason = "a container in the foreground is removed when it ends";
        flags.push(Flag::on("rm", Origin::Standard(reason)));
    }
    if !context.typed("log-driver") && !context.typed("log-opt") {
        let reason = "the logs of `local` are bounded, those of `json-file` fill the disk";
        flags.push(Flag::value("log-driver", "local", Origin::Standard(reason)));
    }
    let reason = "`dynrun ps` and `dynrun gc` find the container by it";
    flags.push(Flag::value(
        "label",
        label::assignment(label::MANAGED, "true"),
        Origin::Standard(reason),
    ));
    Implied {
        flags,
        ..Implied::default()
    }
}
