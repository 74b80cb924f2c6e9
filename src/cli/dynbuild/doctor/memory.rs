//! Memory of this machine against the number of parallel compile jobs.

use super::Finding;

/// What one heavy C++ or CUDA compile job takes at its peak, in bytes. vLLM's own advice for
/// `MAX_JOBS` is of this order.
const PER_JOB: u64 = 4 << 30;

/// Compares the memory with what as many jobs as processors would take.
pub(crate) fn check(total: Option<u64>, processors: usize) -> Finding {
    const CHECK: &str = "memory";
    let Some(total) = total else {
        return Finding::warning(CHECK, "the amount is not known", "read /proc/meminfo");
    };
    let gib = total >> 30;
    let jobs = usize::try_from(total / PER_JOB)
        .unwrap_or(usize::MAX)
        .max(1);
    if jobs >= processors {
        return Finding::ok(CHECK, format!("{gib} GiB for {processors} processors"));
    }
    Finding::warning(
        CHECK,
        format!("{gib} GiB for {processors} processors; compiling engines from source may not fit"),
        format!("`--build-arg MAX_JOBS={jobs}` when you compile from source"),
    )
}

/// Returns the machine's memory in bytes, from the text of `/proc/meminfo`.
pub(crate) fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn meminfo_is_in_kibibytes() {
        assert_eq!(
            total("MemTotal:       24 kB\nMemFree: 1 kB\n"),
            Some(24 << 10)
        );
        assert_eq!(total("nonsense"), None);
    }

    #[test]
    fn little_memory_for_many_processors_is_a_warning_with_a_number() {
        let finding = check(Some(16 << 30), 32);
        assert_eq!(finding.status, Status::Warning);
        assert_eq!(
            finding.fix.as_deref(),
            Some("`--build-arg MAX_JOBS=4` when you compile from source")
        );
        assert_eq!(check(Some(64 << 30), 8).status, Status::Ok);
    }
}
