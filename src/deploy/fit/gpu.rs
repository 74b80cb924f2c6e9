//! GPUs by name.

use crate::docker::size::ByteSize;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Memory of GPUs as their makers name it. A driver reports a little less; where one is there, it
/// is asked.
const KNOWN: &[(&str, u64)] = &[
    ("a100", 80 * GIB),
    ("a100-40gb", 40 * GIB),
    ("b200", 180 * GIB),
    ("gb200", 189_471 * MIB),
    ("h100", 80 * GIB),
    ("h200", 141 * GIB),
    ("l40s", 46_068 * MIB),
];

/// Returns the memory of a GPU in bytes.
fn memory(name: &str) -> Option<u64> {
    let name = name.to_ascii_lowercase();
    let found = KNOWN.iter().find(|(known, _)| *known == name);
    found.map(|(_, memory)| *memory)
}

/// Returns the memory of a GPU by its name, or as a size such as `80g`.
pub(crate) fn memory_of(text: &str) -> Option<u64> {
    let size = || text.parse::<ByteSize>().ok().map(ByteSize::get);
    memory(text).or_else(size).filter(|memory| *memory > 0)
}

/// Returns the names that are known.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(name, _)| *name)
}
