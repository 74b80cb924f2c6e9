//! The deployments that are compiled in, to be listed, shown and copied.

/// A shipped deployment.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    pub name: &'static str,
    /// Its file.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(Shipped {
            name: $name,
            text: include_str!(concat!("../../deployments/", $name, ".toml")),
        }),*]
    };
}

impl Shipped {
    /// All of them, the simple ones first.
    pub const ALL: &'static [Self] = shipped![
        "mocker",
        "vllm-local",
        "vllm-distributed",
        "vllm-disaggregated",
        "vllm-two-machines",
        "sglang-local",
        "sglang-distributed",
        "sglang-disaggregated",
        "sglang-dp-attention",
        "trtllm-local",
        "trtllm-distributed",
        "deepseek-r1-wideep",
    ];

    /// Returns the one of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|shipped| shipped.name == name)
    }

    /// Returns the first line of its comment.
    pub fn about(&self) -> &'static str {
        self.text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("# ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::deploy::tests::files;

    #[test]
    fn every_deployment_of_the_repository_is_compiled_in() {
        let files: BTreeSet<_> = files("deployments").into_iter().collect();
        let shipped = Shipped::ALL.iter();
        let shipped = shipped.map(|it| (it.name.to_owned(), it.text.to_owned()));
        assert_eq!(files, shipped.collect());
        let mut abouts = Shipped::ALL.iter().map(Shipped::about);
        assert!(abouts.all(|about| about.ends_with('.')));
    }
}
