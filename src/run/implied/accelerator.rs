//! `--device xpu|cpu|cuda`: which processors the container gets.

use super::{Context, Implied};
use crate::run::flag::{Flag, Origin};
use crate::run::note::Note;
use crate::run::request::Accelerator;

pub(super) fn imply(context: &Context<'_>) -> Implied {
    match context.request.accelerator {
        None | Some(Accelerator::Cuda) => Implied::default(),
        Some(Accelerator::Cpu) => none("--device cpu"),
        Some(Accelerator::Xpu) => xpu(context.host.render_gid),
    }
}

/// No GPU of NVIDIA, whatever the profile says.
fn none(flag: &'static str) -> Implied {
    Implied {
        flags: vec![Flag::value("gpus", "none", Origin::Implied(flag))],
        ..Implied::default()
    }
}

fn xpu(render_gid: Option<u32>) -> Implied {
    let origin = || Origin::Implied("--device xpu");
    let mut implied = none("--device xpu");
    implied
        .flags
        .push(Flag::value("device", "/dev/dri", origin()));
    match render_gid {
        Some(gid) => implied
            .flags
            .push(Flag::value("group-add", gid.to_string(), origin())),
        None => implied.notes.push(Note::new(
            "This machine has no group `render`: only root can use the devices of `/dev/dri`",
        )),
    }
    implied
}
