//! Sizes for people.

/// Returns a size in bytes with three significant digits and docker's decimal units.
pub fn human_size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    // 999.5 would be printed as a four-digit "1000".
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = match value {
        value if value < 9.995 => 2,
        value if value < 99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case(0, "0 B")]
    #[test_case(999, "999 B")]
    #[test_case(1_000, "1.00 kB")]
    #[test_case(14_230_000, "14.2 MB")]
    #[test_case(999_499, "999 kB")]
    #[test_case(999_500, "1.00 MB"; "rounds into the next unit")]
    #[test_case(28_600_000_000, "28.6 GB")]
    #[test_case(u64::MAX, "18447 PB"; "largest")]
    fn reads_well(bytes: u64, expected: &str) {
        assert_eq!(human_size(bytes), expected);
    }
}
