//! The labels by which dynrun finds its containers again.

use std::collections::BTreeMap;
use std::fmt;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Set on every container that dynrun starts, but with `--no-defaults`, where all is docker's.
pub const MANAGED: &str = "io.dynbuild.run";
/// The process that follows the container in the foreground, see [`Owner`].
pub const OWNER: &str = "io.dynbuild.run.owner";
/// The deployment that a container is a member of.
pub const DEPLOYMENT: &str = "io.dynbuild.run.deployment";
/// Which member of it.
pub const MEMBER: &str = "io.dynbuild.run.member";

/// Writes a label as `--label` takes it.
pub fn assignment(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

/// Returns whether a container with these labels was started by dynrun.
pub fn is_ours(labels: Option<&BTreeMap<String, String>>) -> bool {
    labels.is_some_and(|labels| labels.contains_key(MANAGED))
}

/// A dynrun that follows a container: machine, process, and when the process started, because
/// numbers are used again. They also only count within a namespace: containers with the engine's
/// socket have the machine's id and processes of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    machine: String,
    namespace: String,
    pid: u32,
    start: String,
}

impl Owner {
    /// Returns this process.
    pub fn this_process() -> Option<Self> {
        let pid = std::process::id();
        Some(Self {
            machine: machine()?,
            namespace: namespace()?,
            pid,
            start: start_of(pid)?,
        })
    }

    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        Some(Self {
            machine: parts.next()?.to_owned(),
            namespace: parts.next()?.to_owned(),
            pid: parts.next()?.parse().ok()?,
            start: parts.next()?.to_owned(),
        })
    }

    /// Returns whether the process can be seen to be gone: it was one of this boot of the machine
    /// and of our own namespace of processes, and is there no more.
    pub fn is_gone(&self) -> bool {
        machine().is_some_and(|machine| machine == self.machine)
            && namespace().is_some_and(|namespace| namespace == self.namespace)
            && !self.is_alive()
    }

    /// Processes of others may be hidden in `/proc`, but not from a signal.
    fn is_alive(&self) -> bool {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let exists = pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH));
        exists && start_of(self.pid).is_none_or(|start| start == self.start)
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            machine,
            namespace,
            pid,
            start,
        } = self;
        write!(f, "{machine}:{namespace}:{pid}:{start}")
    }
}

/// The first digits of the kernel's id of this boot.
fn machine() -> Option<String> {
    let boot = fs_err::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    boot.get(..8).map(str::to_owned)
}

/// The number of our namespace of processes.
fn namespace() -> Option<String> {
    let link = fs_err::read_link("/proc/self/ns/pid").ok()?;
    let number = link.to_str()?.strip_prefix("pid:[")?.strip_suffix(']')?;
    Some(number.to_owned())
}

/// When a process started, in clock ticks since the boot: field 22 of its `stat`, counted behind
/// the name, which may have spaces.
fn start_of(pid: u32) -> Option<String> {
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_alive_and_reads_back() {
        let owner = Owner::this_process().unwrap();
        assert!(owner.is_alive() && !owner.is_gone());
        assert_eq!(Owner::parse(&owner.to_string()), Some(owner));
    }

    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let owner = Owner {
            start: "1".to_owned(),
            ..Owner::this_process().unwrap()
        };
        assert!(owner.is_gone());
    }

    #[test]
    fn processes_of_another_namespace_or_machine_are_never_seen_to_be_gone() {
        let gone = Owner {
            start: "1".to_owned(),
            ..Owner::this_process().unwrap()
        };
        let elsewhere = Owner {
            namespace: "1".to_owned(),
            ..gone.clone()
        };
        let machine = "00000000".to_owned();
        let far = Owner { machine, ..gone };
        assert!(!elsewhere.is_gone() && !far.is_gone());
    }
}
