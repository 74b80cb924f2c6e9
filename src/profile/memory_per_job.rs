//! `[memory-per-job]`: how much memory jobs of compilations need.

use schemars::JsonSchema;

use crate::docker::size::ByteSize;
use crate::toml_file::{FromToml, Node, Reader};

/// Memory that one job of a compilation needs, for example `2g`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct MemoryPerJob(#[schemars(with = "String")] pub ByteSize);

impl FromToml for MemoryPerJob {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        reader.parse(key, node, "memory per job", |text| {
            match text.parse::<ByteSize>() {
                Ok(size) if size.get() > 0 => Ok(Self(size)),
                Ok(_) => Err("a job needs some memory".to_owned()),
                Err(error) => Err(error.to_string()),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::profile::Profile;
    use crate::toml_file::SourceFile;

    #[test]
    fn sizes_are_read_and_mistakes_reported() {
        let read = |text: &str| Profile::parse(&SourceFile::new("profiles/x.toml", text));
        let profile = read("[memory-per-job]\nMAX_JOBS = \"1.5g\"\n").unwrap();
        let (name, size) = profile.memory_per_job.iter().next().unwrap();
        assert_eq!(
            (name.value.as_str(), size.value.0.get()),
            ("MAX_JOBS", 3 << 29)
        );
        let errors = read("[memory-per-job]\nA = \"0\"\nB = \"much\"\n").unwrap_err();
        let messages: Vec<_> = errors.iter().map(ToString::to_string).collect();
        assert!(
            messages[0].contains("a job needs some memory"),
            "{messages:?}"
        );
        assert!(
            messages[1].contains("Invalid memory per job `much`"),
            "{messages:?}"
        );
    }
}
