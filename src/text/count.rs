//! Numbers of things.

use std::fmt::Display;

/// Returns a number and its noun: `1 step`, `2 steps`.
pub fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        assert_eq!(
            [0_u32, 1, 2].map(|count| counted(count, "step")),
            ["0 steps", "1 step", "2 steps"]
        );
    }
}
