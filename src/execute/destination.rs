//! Whether results can be written where they are to go, before hours of building them.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, Mode, OFlags, access, makedev, open};

use crate::docker::output::{Destination, OutputKind};
use crate::plan::BuildPlan;
use crate::problem::{Problem, ProblemKind, Problems};

/// Looks at every place of this machine that a plan writes to.
///
/// # Errors
/// Returns all that cannot be written to.
pub fn check_destinations(plan: &BuildPlan) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for output in plan.targets.iter().flat_map(|target| &target.outputs) {
        let Some(Destination::Path(path)) = &output.destination else {
            continue;
        };
        let obstacle = match output.kind {
            OutputKind::Local => directory_obstacle(path),
            _ => file_obstacle(path),
        };
        problems.extend(obstacle.map(|obstacle| {
            let message = format!("Output `{output}` cannot be written");
            obstacle.problem(message, "--output type=…,dest=PATH")
        }));
    }
    Problems(problems).or(())
}

/// What keeps a file or directory from being written.
#[derive(Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The directory that it would be in is missing.
    NoDirectory(PathBuf),
    /// There is something of another kind.
    Kind(PathBuf, &'static str),
    /// It may not be written to, or is on a file system that is only read.
    Refused(PathBuf, String),
    /// It is a pipe that nobody reads.
    Unread(PathBuf),
    /// It is in a file system that keeps nothing, or a device that takes nothing.
    Keepless(PathBuf),
}

impl Obstacle {
    /// Says what is wrong with the place that `option` names.
    pub fn problem(&self, message: String, option: &str) -> Problem {
        let mut problem = Problem::new(ProblemKind::Usage, message);
        let (cause, hint) = match self {
            Self::NoDirectory(path) => (
                format!("There is no directory `{}`", path.display()),
                format!(
                    "Create it: `mkdir -p {}`",
                    shell_words::quote(&path.display().to_string())
                ),
            ),
            Self::Kind(path, what) => (
                format!("`{}` is {what}", path.display()),
                format!("Name another place: `{option}`"),
            ),
            Self::Refused(path, why) => (
                format!("`{}`: {why}", path.display()),
                format!("Name another place: `{option}`"),
            ),
            Self::Keepless(path) => (
                format!(
                    "`{}` belongs to the kernel, and keeps no files",
                    path.display()
                ),
                format!("Name another place: `{option}`"),
            ),
            Self::Unread(path) => (
                format!("Nobody reads the pipe `{}`", path.display()),
                "Start its reader first".to_owned(),
            ),
        };
        problem.causes.push(cause);
        problem.hint(hint)
    }
}

/// Returns what keeps a file from being written; one that is there will be replaced.
pub fn file_obstacle(path: &Path) -> Option<Obstacle> {
    let owned = || path.to_owned();
    let kind = path.metadata().ok().map(|metadata| metadata.file_type());
    match kind {
        Some(kind) if kind.is_dir() => Some(Obstacle::Kind(owned(), "a directory")),
        Some(kind) if kind.is_socket() => Some(Obstacle::Kind(owned(), "a socket")),
        Some(kind) if kind.is_fifo() => has_no_reader(path).then(|| Obstacle::Unread(owned())),
        Some(_) if is_always_full(path) => Some(Obstacle::Keepless(owned())),
        Some(kind) if !kind.is_file() || access(path, Access::WRITE_OK).is_ok() => refusal(path),
        Some(_) | None => {
            let directory = path.parent().filter(|parent| *parent != Path::new(""));
            let directory = directory.unwrap_or(Path::new("."));
            if directory.is_dir() {
                refusal(directory)
            } else if directory.exists() {
                Some(Obstacle::Kind(directory.to_owned(), "not a directory"))
            } else {
                Some(Obstacle::NoDirectory(directory.to_owned()))
            }
        }
    }
}

/// Returns what keeps files from being written into a directory, which is made if it is missing.
fn directory_obstacle(path: &Path) -> Option<Obstacle> {
    let existing = path.ancestors().find(|part| part.exists());
    let existing = existing.filter(|part| *part != Path::new(""));
    let existing = existing.unwrap_or(Path::new("."));
    if existing.is_dir() {
        refusal(existing)
    } else {
        Some(Obstacle::Kind(existing.to_owned(), "not a directory"))
    }
}

fn refusal(path: &Path) -> Option<Obstacle> {
    if is_of_the_kernel(path) {
        return Some(Obstacle::Keepless(path.to_owned()));
    }
    let error = access(path, Access::WRITE_OK).err()?;
    let error = io::Error::from(error).to_string();
    Some(Obstacle::Refused(path.to_owned(), error))
}

/// Returns whether a path is in a file system in which every file is a question to the kernel. Root
/// may write to all of them, so permissions do not tell.
fn is_of_the_kernel(path: &Path) -> bool {
    // linux/magic.h, without those that keep files, such as tmpfs.
    const PROC: u64 = 0x9fa0;
    const SYSFS: u64 = 0x6265_6572;
    const CGROUP: u64 = 0x0027_e0eb;
    const CGROUP2: u64 = 0x6367_7270;
    const DEBUGFS: u64 = 0x6462_6720;
    const TRACEFS: u64 = 0x7472_6163;
    const SECURITYFS: u64 = 0x7363_6673;
    const CONFIGFS: u64 = 0x6265_6570;
    const BPF: u64 = 0xcafe_4a11;
    const MQUEUE: u64 = 0x1980_0202;
    const KINDS: [u64; 10] = [
        PROC, SYSFS, CGROUP, CGROUP2, DEBUGFS, TRACEFS, SECURITYFS, CONFIGFS, BPF, MQUEUE,
    ];
    let kind = rustix::fs::statfs(path).map(|facts| u64::try_from(facts.f_type));
    matches!(kind, Ok(Ok(kind)) if KINDS.contains(&kind))
}

/// Returns whether a path is `/dev/full`, by its number.
fn is_always_full(path: &Path) -> bool {
    let full = makedev(1, 7);
    let metadata = path.metadata();
    metadata.is_ok_and(|facts| facts.file_type().is_char_device() && facts.rdev() == full)
}

/// A pipe that nobody reads cannot be opened for writing without waiting.
fn has_no_reader(path: &Path) -> bool {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    open(path, flags, Mode::empty()).is_err_and(|error| error == rustix::io::Errno::NXIO)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    #[test]
    fn what_stands_in_the_way_of_a_file() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs_err::write(at("file"), "").unwrap();
        mknodat(
            CWD,
            at("pipe"),
            FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        assert_eq!(file_obstacle(&at("new")), None);
        assert_eq!(file_obstacle(&at("file")), None);
        assert_eq!(file_obstacle(Path::new("/dev/null")), None);
        assert_eq!(
            file_obstacle(&at("no/new")),
            Some(Obstacle::NoDirectory(at("no")))
        );
        assert_eq!(
            file_obstacle(place.path()),
            Some(Obstacle::Kind(place.path().to_owned(), "a directory"))
        );
        assert_eq!(
            file_obstacle(&at("file/new")),
            Some(Obstacle::Kind(at("file"), "not a directory"))
        );
        assert_eq!(
            file_obstacle(&at("pipe")),
            Some(Obstacle::Unread(at("pipe")))
        );
    }

    #[test]
    fn nothing_is_kept_by_the_kernel() {
        let keepless = |path: &str| Some(Obstacle::Keepless(path.into()));
        assert_eq!(file_obstacle(Path::new("/proc/x.tar")), keepless("/proc"));
        assert_eq!(file_obstacle(Path::new("/sys/x.tar")), keepless("/sys"));
        let existing = "/proc/sys/kernel/core_pattern";
        assert_eq!(file_obstacle(Path::new(existing)), keepless(existing));
        assert_eq!(file_obstacle(Path::new("/dev/full")), keepless("/dev/full"));
        assert_eq!(
            directory_obstacle(Path::new("/proc/x/y")),
            keepless("/proc")
        );
        assert_eq!(directory_obstacle(Path::new("/sys")), keepless("/sys"));
        assert_eq!(directory_obstacle(Path::new("/dev/shm")), None);
    }

    #[test]
    fn what_stands_in_the_way_of_a_directory() {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        fs_err::write(at("file"), "").unwrap();
        assert_eq!(directory_obstacle(place.path()), None);
        assert_eq!(directory_obstacle(&at("a/b/c")), None);
        assert_eq!(
            directory_obstacle(&at("file/c")),
            Some(Obstacle::Kind(at("file"), "not a directory"))
        );
    }
}
