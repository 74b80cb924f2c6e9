//! "Did you mean …?"

/// Returns the candidate that is most like `word`, if one is like it at all.
///
/// Case is ignored. The threshold is the one clap uses for its own suggestions.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const THRESHOLD: f64 = 0.7;
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(score, _)| *score > THRESHOLD)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_and_case_are_forgiven_but_not_everything() {
        let targets = ["base", "wheel_builder", "runtime", "dev"];
        assert_eq!(closest("runtme", targets), Some("runtime"));
        assert_eq!(closest("Wheel-Builder", targets), Some("wheel_builder"));
        assert_eq!(closest("xyz", targets), None);
    }
}
