//! Files: `-v`, `--mount`, `--tmpfs`, `--volumes-from`, `--read-only`.

use super::{Draft, Refusal, RunOption};
use crate::docker::mount::Mount;
use crate::docker::volume::Volume;

pub(super) const OPTIONS: &[RunOption] = &[
    RunOption::value("volume", volume),
    RunOption::value("mount", |draft, text| {
        let mount: Mount = text.parse()?;
        let mount = mount.resolved(&draft.host.cwd.to_string_lossy());
        draft.spec.storage.mounts.push(mount);
        Ok(())
    }),
    RunOption::value("tmpfs", |draft, text| {
        let (target, options) = text.split_once(':').unwrap_or((text, ""));
        let tmpfs = &mut draft.spec.storage.tmpfs;
        tmpfs.insert(target.to_owned(), options.to_owned());
        Ok(())
    }),
    RunOption::texts("volumes-from", |draft| &mut draft.spec.storage.volumes_from),
    RunOption::switch("read-only", |draft, on| draft.spec.storage.read_only = on),
];

/// Files a volume where the engine wants it: those with a source are binds, even if the source is
/// a volume's name.
fn volume(draft: &mut Draft<'_>, text: &str) -> Result<(), Refusal> {
    let volume: Volume = text.parse()?;
    let storage = &mut draft.spec.storage;
    match volume.bind(&draft.host.cwd.to_string_lossy()) {
        Some(bind) => storage.binds.push(bind),
        None => storage.volumes.push(text.to_owned()),
    }
    Ok(())
}
