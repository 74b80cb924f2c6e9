//! Free space where the engine keeps images and caches.

use std::path::Path;

use super::Finding;

/// An inference image and the layers of its build take about this much, in bytes.
const COMFORTABLE: u64 = 60 << 30;
/// Below this not even the smallest image builds, in bytes.
const NEEDED: u64 = 5 << 30;

/// Checks the file system that holds `data_root`, if the engine runs on this machine.
pub(crate) fn check(data_root: &Path) -> Finding {
    match free(data_root) {
        Some(bytes) => judge(data_root, bytes),
        None => Finding::warning(
            "disk",
            format!(
                "`{}` is not on this machine, or not readable",
                data_root.display()
            ),
            "run `df -h` on the engine's machine",
        ),
    }
}

fn judge(data_root: &Path, free: u64) -> Finding {
    const CHECK: &str = "disk";
    const FIX: &str = "`docker buildx prune --keep-storage 20GB` and `docker image prune`";
    let detail = format!("{} GiB free in `{}`", free >> 30, data_root.display());
    if free < NEEDED {
        Finding::failed(CHECK, detail, FIX)
    } else if free < COMFORTABLE {
        Finding::warning(CHECK, format!("{detail}; images with CUDA need more"), FIX)
    } else {
        Finding::ok(CHECK, detail)
    }
}

fn free(path: &Path) -> Option<u64> {
    let stat = rustix::fs::statvfs(path).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn a_full_disk_fails_and_a_small_one_warns() {
        let root = Path::new("/var/lib/docker");
        assert_eq!(judge(root, 1 << 30).status, Status::Failed);
        assert_eq!(judge(root, 20 << 30).status, Status::Warning);
        assert_eq!(judge(root, 200 << 30).status, Status::Ok);
    }

    #[test]
    fn the_root_file_system_can_be_asked() {
        assert!(free(Path::new("/")).is_some());
        assert!(free(Path::new("/no/such/directory")).is_none());
    }
}
