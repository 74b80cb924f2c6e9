//! The engine's own process, where it is on this machine: what it may do to containers.
//!
//! Nothing in the Engine API says how far limits can be raised, or whether NVIDIA's hook is where
//! the engine looks for it. The kernel tells who listens on the engine's socket, and `/proc` tells
//! about that process as much as we may know.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use super::Engine;
use crate::dial::Address;

/// `CAP_SYS_RESOURCE`, as its bit in `/proc/PID/status`.
const SYS_RESOURCE: u64 = 1 << 24;

/// Programs that give containers GPUs when they are in the engine's `PATH`: the older hook, and
/// the one that engine 29 looks for.
const GPU_HOOKS: [&str; 2] = ["nvidia-container-runtime-hook", "nvidia-cdi-hook"];

/// The names of limits in `/proc/PID/limits`, and docker's.
const LIMITS: [(&str, &str); 15] = [
    ("Max core file size", "core"),
    ("Max cpu time", "cpu"),
    ("Max data size", "data"),
    ("Max file size", "fsize"),
    ("Max file locks", "locks"),
    ("Max locked memory", "memlock"),
    ("Max msgqueue size", "msgqueue"),
    ("Max nice priority", "nice"),
    ("Max open files", "nofile"),
    ("Max processes", "nproc"),
    ("Max resident set", "rss"),
    ("Max realtime priority", "rtprio"),
    ("Max realtime timeout", "rttime"),
    ("Max pending signals", "sigpending"),
    ("Max stack size", "stack"),
];

/// What is known about the engine's process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    /// Whether it may raise limits above its own.
    pub may_raise_limits: Option<bool>,
    /// Its own hard limits by docker's name; `None` for unlimited.
    pub hard_limits: BTreeMap<String, Option<i64>>,
    /// Whether one of NVIDIA's hooks is in its `PATH`.
    pub gpu_hook: Option<bool>,
}

impl Engine {
    /// Looks at the engine's process; nothing is known of one on another machine.
    pub fn peer(&self) -> Peer {
        match self.process() {
            // A socket that systemd opened tells nothing about the engine behind it.
            None | Some(1) => Peer::default(),
            Some(pid) => Peer::of_process(pid),
        }
    }

    /// Returns the addresses of the network that the engine is in, if it is on this machine: it may
    /// not be ours. Loopback is left out.
    pub fn own_addresses(&self) -> Vec<Ipv4Addr> {
        let table = self
            .process()
            .and_then(|pid| fs_err::read_to_string(format!("/proc/{pid}/net/fib_trie")).ok());
        local_addresses(&table.unwrap_or_default())
    }

    /// Returns the TCP sockets of the network that the engine is in, as the kernel lists them
    /// (proc(5), `/proc/net/tcp`), if it is on this machine.
    pub(crate) fn sockets(&self) -> Option<String> {
        let pid = self.process()?;
        let tables = ["tcp", "tcp6"].map(|table| format!("/proc/{pid}/net/{table}"));
        let texts = tables.map(|table| fs_err::read_to_string(table).unwrap_or_default());
        Some(texts.concat())
    }

    /// Returns the process that listens on the engine's socket: the engine, or systemd for it.
    pub(super) fn process(&self) -> Option<i32> {
        let Address::Unix(socket) = self.address().stream() else {
            return None;
        };
        let stream = UnixStream::connect(socket).ok()?;
        let credentials = rustix::net::sockopt::socket_peercred(&stream).ok()?;
        Some(credentials.pid.as_raw_nonzero().get())
    }
}

/// Reads the addresses of a machine out of `/proc/net/fib_trie`, where each stands above a line
/// `/32 host LOCAL`, those that packets leave by first.
fn local_addresses(table: &str) -> Vec<Ipv4Addr> {
    let mut addresses: Vec<Ipv4Addr> = Vec::new();
    let mut last = None;
    for line in table.lines() {
        if let Some((_, address)) = line.split_once("|-- ") {
            last = address.trim().parse().ok();
        } else if line.contains("/32 host LOCAL")
            && let Some(address) = last
                .take()
                .filter(|address: &Ipv4Addr| !address.is_loopback())
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    addresses
}

impl Peer {
    fn of_process(pid: i32) -> Self {
        let read = |file: &str| fs_err::read_to_string(format!("/proc/{pid}/{file}")).ok();
        Self {
            may_raise_limits: read("status").as_deref().and_then(may_raise),
            hard_limits: read("limits")
                .as_deref()
                .map(hard_limits)
                .unwrap_or_default(),
            gpu_hook: read("environ").map(|environment| has_gpu_hook(pid, &environment)),
        }
    }
}

fn may_raise(status: &str) -> Option<bool> {
    let bits = status
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))?;
    let bits = u64::from_str_radix(bits.trim(), 16).ok()?;
    Some(bits & SYS_RESOURCE != 0)
}

/// Reads lines such as `Max open files   1024   20000   files`.
fn hard_limits(text: &str) -> BTreeMap<String, Option<i64>> {
    let of = |(label, name): (&str, &str)| {
        let rest = text.lines().find_map(|line| line.strip_prefix(label))?;
        let hard = rest.split_whitespace().nth(1)?;
        let limit = match hard {
            "unlimited" => None,
            digits => Some(digits.parse().ok()?),
        };
        Some((name.to_owned(), limit))
    };
    LIMITS.into_iter().filter_map(of).collect()
}

/// Looks through the `PATH` of a process, with its own view of the file system.
fn has_gpu_hook(pid: i32, environment: &str) -> bool {
    let path = environment
        .split('\0')
        .find_map(|variable| variable.strip_prefix("PATH="));
    let directories = path.unwrap_or("/usr/sbin:/usr/bin:/sbin:/bin").split(':');
    let root = PathBuf::from(format!("/proc/{pid}/root"));
    directories
        .map(|directory| root.join(directory.trim_start_matches('/')))
        .any(|directory| GPU_HOOKS.iter().any(|hook| directory.join(hook).exists()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_a_machine_are_found() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n\
            Local:\n     |-- 10.214.163.0\n        /30 link UNICAST\n     |-- 10.214.163.2\n\
        /32 host LOCAL\n     |-- 10.214.163.3\n        /32 link BROADCAST\n\
            |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 10.214.163.2\n        /32 host LOCAL\n";
        assert_eq!(local_addresses(table), [Ipv4Addr::new(10, 214, 163, 2)]);
        assert_eq!(local_addresses(""), [] as [Ipv4Addr; 0]);
    }

    #[test]
    fn limits_are_read_as_the_kernel_writes_them() {
        let text = "Limit                     Soft Limit           Hard Limit           Units     \n\
                    Max stack size            8388608              unlimited            bytes     \n\
                    Max open files            1024                 20000                files     \n\
                    Max nice priority         0                    0                    \n";
        let limits = hard_limits(text);
        assert_eq!(limits["stack"], None);
        assert_eq!(limits["nofile"], Some(20_000));
        assert_eq!(limits["nice"], Some(0));
        assert_eq!(limits.len(), 3);
    }

    #[test]
    fn the_right_to_raise_limits_is_a_bit() {
        assert_eq!(
            may_raise("Name:\tx\nCapEff:\t000001ffffffffff\n"),
            Some(true)
        );
        assert_eq!(may_raise("CapEff:\t000001fffeffffff\n"), Some(false));
        assert_eq!(may_raise("Name:\tx\n"), None);
    }

    #[test]
    fn our_own_process_can_be_looked_at() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let peer = Peer::of_process(pid);
        assert!(peer.may_raise_limits.is_some());
        assert!(peer.hard_limits.contains_key("nofile"));
    }
}
