//! The profiles that are compiled in, so that `cargo install` is enough.

/// Names, without `.toml`, and texts.
pub(crate) const EMBEDDED: &[(&str, &str)] = &[
    ("common", include_str!("../../profiles/common.toml")),
    ("devices", include_str!("../../profiles/devices.toml")),
    ("dynamo", include_str!("../../profiles/dynamo.toml")),
    ("sglang", include_str!("../../profiles/sglang.toml")),
    ("trtllm", include_str!("../../profiles/trtllm.toml")),
    ("versions", include_str!("../../profiles/versions.toml")),
    ("vllm", include_str!("../../profiles/vllm.toml")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_profile_of_the_repository_is_compiled_in() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
        let files: BTreeSet<String> = fs_err::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
            .collect();
        let embedded = EMBEDDED
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect();
        assert_eq!(files, embedded);
    }
}
