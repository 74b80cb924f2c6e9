//! What a reader of figures has to know of the machine.

use std::env::consts::ARCH;
use std::thread::available_parallelism;

use crate::Result;

/// Returns the date, the machine and its load in a line.
pub(crate) fn description() -> Result<String> {
    let read = fs_err::read_to_string::<&str>;
    let memory = read("/proc/meminfo")?;
    let kibibytes: u64 = word(&memory, 1).parse()?;
    Ok(format!(
        "{}, {} cores, {} GiB memory, Linux {}, {ARCH}, load {}",
        jiff::Zoned::now().date(),
        available_parallelism()?,
        (kibibytes + (1 << 19)) >> 20,
        read("/proc/sys/kernel/osrelease")?.trim(),
        word(&read("/proc/loadavg")?, 0),
    ))
}

fn word(text: &str, index: usize) -> &str {
    text.split_whitespace().nth(index).unwrap_or_default()
}
