//! What frameworks were called in earlier generations of the scripts.

/// A name that people and scripts still know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormerName {
    /// The name of today.
    pub now: &'static str,
    /// What to say about it, behind the name.
    pub why: &'static str,
}

/// Returns what a name of those days is today, in any case.
pub fn former_name(name: &str) -> Option<FormerName> {
    let mut names = NAMES.iter();
    let (_, now, why) = names.find(|(old, ..)| old.eq_ignore_ascii_case(name))?;
    Some(FormerName { now, why })
}

const NAMES: &[(&str, &str, &str)] = &[
    ("tensorrtllm", "trtllm", "its name since 2025"),
    ("trt-llm", "trtllm", "its name since 2025"),
    ("tensorrt-llm", "trtllm", "its name since 2025"),
    ("tensorrt_llm", "trtllm", "its name since 2025"),
    ("vllm_nixl", "vllm", "which has NIXL"),
    ("vllm_v1", "vllm", "which is the first version no more"),
    (
        "sglang-wideep",
        "sglang",
        "whose image has DeepEP for wide expert parallelism",
    ),
    (
        "sglang_wideep",
        "sglang",
        "whose image has DeepEP for wide expert parallelism",
    ),
    ("sglang-deepep", "sglang", "whose image has DeepEP"),
    ("standard", "none", "Dynamo without an engine"),
    (
        "kvbm",
        "none",
        "to which `--enable-kvbm` adds the KV block manager",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Store;

    #[test]
    fn every_name_leads_to_a_framework_of_today() {
        let store = Store::embedded();
        for (old, now, _) in NAMES {
            assert!(store.load(now).is_ok(), "{now}");
            assert_eq!(
                former_name(&old.to_uppercase()).map(|name| name.now),
                Some(*now)
            );
        }
    }

    #[test]
    fn a_former_name_is_answered_with_the_one_of_today() {
        let problems = Store::embedded().load("STANDARD").unwrap_err();
        let hints = problems.0[0].hints.join("\n");
        assert!(hints.contains("Did you mean `none`"), "{hints}");
    }
}
