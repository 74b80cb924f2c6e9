//! How many jobs the compilations in steps run at once, by the engine's cores and memory.
//!
//! The numbers get to steps as secrets: their values are no part of the keys in the cache, so that
//! another machine finds the same layers.

use std::collections::BTreeMap;

use super::policy::Machine;
use crate::plan::PlannedTarget;
use crate::secret::Secret;

/// Computes a number for each name that a step asks for; none where the machine is not known.
pub(super) fn numbers(targets: &[PlannedTarget], machine: Machine) -> BTreeMap<String, u64> {
    let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
    let Machine { cores, memory } = machine;
    if cores == 0 || memory == 0 {
        return numbers;
    }
    for (name, size) in targets.iter().flat_map(|target| &target.memory_per_job) {
        let jobs = cores.min(memory / (*size).max(1)).max(1);
        let least = numbers.entry(name.clone()).or_insert(jobs);
        *least = jobs.min(*least);
    }
    numbers
}

/// Returns the numbers as steps mount them.
pub(super) fn as_secrets(numbers: &BTreeMap<String, u64>) -> BTreeMap<String, Secret> {
    let numbers = numbers.iter();
    numbers
        .map(|(name, number)| (name.clone(), Secret::new(number.to_string())))
        .collect()
}
