//! `--device xpu|cpu|cuda`: which processors the container gets.

use super::{Context, Implied};
use crate::launch::flag::{Flag, Origin};
use crate::launch::note::Note;
use crate::launch::request::Accelerator;

pub(super) fn imply(context: &Context<'_>) -> Implied {
    match context.request.accelerator {
        // The profile's GPUs are left out, see `Defaults`; those that are typed count.
        None | Some(Accelerator::Cuda | Accelerator::Cpu) => Implied::default(),
        Some(Accelerator::Xpu) => xpu(context.host.render_gid),
    }
}

fn xpu(render_gid: Option<u32>) -> Implied {
    let origin = || Origin::Implied("--device xpu");
    let mut implied = Implied {
        flags: vec![Flag::value("device", "/dev/dri", origin())],
        ..Implied::default()
    };
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
