//! What a Dockerfile fragment declares: the build arguments and secrets that can reach it.

use std::collections::BTreeSet;

use parse_dockerfile::{Instruction, RunInstruction};

/// The names that a fragment declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// The arguments of its `ARG` instructions.
    pub args: BTreeSet<String>,
    /// The ids of the secrets that its `RUN` instructions mount.
    pub secrets: BTreeSet<String>,
}

impl Declared {
    /// Reads the names out of a fragment's text.
    pub fn scan(text: &str) -> Result<Self, parse_dockerfile::Error> {
        let mut declared = Self::default();
        for instruction in parse_dockerfile::parse_iter(text)? {
            match instruction? {
                Instruction::Arg(arg) => declared.args.extend(names(&arg.arguments.value)),
                Instruction::Run(run) => declared.secrets.extend(secret_ids(&run)),
                _ => {}
            }
        }
        Ok(declared)
    }

    /// Adds what another fragment declares.
    pub fn extend(&mut self, other: &Self) {
        self.args.extend(other.args.iter().cloned());
        self.secrets.extend(other.secrets.iter().cloned());
    }
}

/// Returns the names of `A B=c D="e f"`.
fn names(arguments: &str) -> Vec<String> {
    let words = shell_words::split(arguments).unwrap_or_else(|_| vec![arguments.to_owned()]);
    let name = |word: String| word.split('=').next().unwrap_or_default().to_owned();
    words.into_iter().map(name).collect()
}

/// Returns the ids of `--mount=type=secret,id=…`; without an id, BuildKit takes the target's name.
fn secret_ids(run: &RunInstruction<'_>) -> Vec<String> {
    let mounts = run.options.iter().filter(|flag| flag.name.value == "mount");
    let values = mounts.filter_map(|flag| flag.value.as_ref());
    values.filter_map(|value| secret_id(&value.value)).collect()
}

fn secret_id(mount: &str) -> Option<String> {
    let field = |names: &[&str]| {
        let fields = mount.split(',').filter_map(|field| field.split_once('='));
        fields
            .into_iter()
            .find(|(key, _)| names.contains(key))
            .map(|(_, value)| value)
    };
    if field(&["type"]) != Some("secret") {
        return None;
    }
    let target = || field(&["target", "dst", "destination"])?.rsplit('/').next();
    field(&["id"]).or_else(target).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_and_secrets_of_all_stages_are_found() {
        let text = r#"
ARG BASE=debian
FROM ${BASE} AS base
ARG A B=1 C="x y"
RUN --mount=type=secret,id=token,env=TOKEN \
    --mount=type=cache,target=/root/.cache \
    --mount=type=secret,target=/run/secrets/other \
    true
FROM base
ARG D
"#;
        let declared = Declared::scan(text).unwrap();
        assert_eq!(
            declared.args,
            ["A", "B", "BASE", "C", "D"].map(str::to_owned).into()
        );
        assert_eq!(
            declared.secrets,
            ["other", "token"].map(str::to_owned).into()
        );
    }
}
