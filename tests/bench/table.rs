//! Cells and rows of the tables.

use crate::client::{Client, Sample};

/// The head of tables with [`row`]s.
pub(crate) const HEAD: &str = "\
| case | store | ours | docker's | ratio | memory, ours | memory, docker's | ratio |
|---|---|---|---|---|---|---|---|";

/// Returns the row of a case: our samples, docker's, and how they compare.
pub(crate) fn row(case: &str, store: &str, [ours, theirs]: &[Client; 2]) -> String {
    let ratio = median(&seconds(&ours.samples)) / median(&seconds(&theirs.samples));
    let memory = median(&peaks(&ours.samples)) / median(&peaks(&theirs.samples));
    format!(
        "| {case} | {store} | {} | {} | **{ratio:.2}** | {} | {} | **{memory:.2}** |",
        times(&ours.samples),
        times(&theirs.samples),
        mebibytes(&ours.samples),
        mebibytes(&theirs.samples),
    )
}

/// Returns the median and the range of the times.
pub(crate) fn times(samples: &[Sample]) -> String {
    let seconds = seconds(samples);
    let (fastest, slowest) = range(&seconds);
    format!("{:.3} s ({fastest:.3}–{slowest:.3})", median(&seconds))
}

/// Returns the median of the peak memory.
pub(crate) fn mebibytes(samples: &[Sample]) -> String {
    format!("{:.0} MiB", median(&peaks(samples)) / f64::from(1 << 20))
}

fn seconds(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.seconds).collect()
}

fn peaks(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.peak).collect()
}

/// Returns the middle of the values, or of two of them.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[half - 1], values[half])
    } else {
        values[half]
    }
}

/// Returns the least and the greatest value.
pub(crate) fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, greatest)
}
