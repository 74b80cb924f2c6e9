//! "Did you mean …?"

/// Returns the candidate that is most like `word`, if one is like it at all.
///
/// Case is ignored. The threshold is the one clap uses for its own suggestions. Words that begin
/// differently are only alike if one letter is wrong: `CUDA_VERSION` never means `NATS_VERSION`.
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
        .filter(|(_, candidate)| plausible(&word, &candidate.to_lowercase()))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn plausible(word: &str, candidate: &str) -> bool {
    word.chars().next() == candidate.chars().next()
        || strsim::damerau_levenshtein(word, candidate) == 1
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
        assert_eq!(closest("untime", targets), Some("runtime"));
        assert_eq!(closest("CUDA_VERSION", ["NATS_VERSION"]), None);
    }
}
