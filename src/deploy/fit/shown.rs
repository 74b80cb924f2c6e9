//! Sizes of memory as makers of GPUs and engines write them: binary, and numbers in groups.

const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;

/// Returns a size such as `1.4 GiB`.
pub(crate) fn gib(bytes: u64) -> String {
    format!("{} GiB", tenths(bytes, GIB))
}

/// Returns a size such as `112.0 KiB`.
pub(crate) fn kib(bytes: u64) -> String {
    format!("{} KiB", tenths(bytes, KIB))
}

fn tenths(bytes: u64, unit: u64) -> String {
    let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Returns a number with a comma after every third digit.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for (index, digit) in digits[first..].char_indices() {
        if index % 3 == 0 && !text.is_empty() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_and_numbers_grouped() {
        assert_eq!(gib(1_503_238_553), "1.4 GiB");
        assert_eq!(kib(114_688), "112.0 KiB");
        assert_eq!(
            [0, 999, 1_000, 40_960, 1_234_567].map(grouped),
            ["0", "999", "1,000", "40,960", "1,234,567"]
        );
    }
}
