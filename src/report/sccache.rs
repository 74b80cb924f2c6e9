//! What the compiler cache did.

use std::sync::LazyLock;

use regex::Regex;

use super::step::Step;

/// The counts that `sccache --show-stats` printed at the end of steps that compile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sccache {
    /// Compilations whose result was in the cache.
    pub hits: u64,
    /// Compilations that had to run.
    pub misses: u64,
}

impl Sccache {
    /// Adds up what the steps tell, if one does.
    pub(super) fn of(steps: &[Step]) -> Option<Self> {
        let told = steps
            .iter()
            .filter_map(|step| Self::parse(step.last_lines(usize::MAX)));
        told.reduce(|sum, more| Self {
            hits: sum.hits + more.hits,
            misses: sum.misses + more.misses,
        })
    }

    /// Reads the totals; those of single languages stand below them, as `Cache hits (Rust)`.
    fn parse<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Self> {
        static TOTAL: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"^Cache (hits|misses)\s+(\d+)$").ok());
        let totals = lines.filter_map(|line| TOTAL.as_ref()?.captures(line.trim_end()));
        totals.fold(None, |sum, total| {
            let mut sum: Self = sum.unwrap_or_default();
            let count = total[2].parse().unwrap_or(0);
            match &total[1] {
                "hits" => sum.hits = count,
                _ => sum.misses = count,
            }
            Some(sum)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As sccache 0.10 prints it.
    const STATS: &str = "\
Compile requests                     412
Compile requests executed            371
Cache hits                           350
Cache hits (C/C++)                    12
Cache hits (Rust)                    338
Cache misses                          21
Cache misses (Rust)                   21
Cache hits rate                    94.34 %
Cache timeouts                         0";

    #[test]
    fn the_totals_are_read() {
        let expected = Sccache {
            hits: 350,
            misses: 21,
        };
        assert_eq!(Sccache::parse(STATS.lines()), Some(expected));
        assert_eq!(Sccache::parse("Cache is warm".lines()), None);
    }
}
