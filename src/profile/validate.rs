//! What must hold between the keys of a complete profile.
//!
//! Runs after inheritance, because a profile may name what its parent defines. Names that an
//! inherited file mentions are not checked against the heir: `common` may restrict a target to
//! devices that only some frameworks have.

use super::document::Profile;
use super::pattern::{Patterns, glob};
use crate::toml_file::{FileError, Located, Table};

mod cycle;
mod values;

pub(crate) use values::{split_image, values};

/// Returns everything that does not fit together in a profile that has inherited.
pub(crate) fn validate(profile: &Profile) -> Vec<FileError> {
    let mut errors = Vec::new();
    defaults(profile, &mut errors);
    needs(profile, &mut errors);
    patterns(profile, &mut errors);
    secrets(profile, &mut errors);
    errors.extend(values(profile));
    sort(&mut errors);
    errors
}

/// Puts errors into the order of the lines that they are about.
fn sort(errors: &mut [FileError]) {
    errors.sort_by_key(|error| {
        let at = error.location()?;
        Some((at.file.name.clone(), at.span.start))
    });
}

fn defaults(profile: &Profile, errors: &mut Vec<FileError>) {
    known(&profile.default_device, "device", &profile.devices, errors);
    known(&profile.default_target, "target", &profile.targets, errors);
    if let (Some(source), Some(sources)) = (&profile.default_source, &profile.sources)
        && !sources.iter().any(|known| known.value == source.value)
    {
        errors.push(FileError::UnknownValue {
            what: "source",
            value: source.value.to_string(),
            valid: sources
                .iter()
                .map(|known| known.value.to_string())
                .collect(),
            at: source.at.clone(),
        });
    }
}

fn known<'a, T>(
    names: impl IntoIterator<Item = &'a Located<String>>,
    what: &'static str,
    table: &Table<T>,
    errors: &mut Vec<FileError>,
) {
    for name in names {
        if !table.contains(&name.value) {
            errors.push(unknown(name, what, table));
        }
    }
}

fn unknown<T>(name: &Located<String>, what: &'static str, table: &Table<T>) -> FileError {
    FileError::UnknownValue {
        what,
        value: name.value.clone(),
        valid: table.names().map(str::to_owned).collect(),
        at: name.at.clone(),
    }
}

/// Every need exists, and no target needs itself.
fn needs(profile: &Profile, errors: &mut Vec<FileError>) {
    for (_, target) in profile.targets.iter() {
        known(
            target.needs.iter().flatten(),
            "target",
            &profile.targets,
            errors,
        );
    }
    errors.extend(cycle::find(profile));
}

/// A pattern of the profile's own file picks something.
fn patterns(profile: &Profile, errors: &mut Vec<FileError>) {
    let Some(own) = profile.framework.as_ref().map(|name| &name.at.file) else {
        return;
    };
    let mut check = |patterns: &Option<Patterns>, what, names: Vec<&str>| {
        for pattern in patterns.iter().flat_map(|patterns| &patterns.0) {
            let picks = |name: &&str| glob(&pattern.value, name);
            if pattern.at.file == *own && !names.iter().any(picks) {
                errors.push(FileError::UnknownValue {
                    what,
                    value: pattern.value.clone(),
                    valid: names.iter().map(|&name| name.to_owned()).collect(),
                    at: pattern.at.clone(),
                });
            }
        }
    };
    let devices = || profile.devices.names().collect::<Vec<_>>();
    let targets = || profile.targets.names().collect::<Vec<_>>();
    for when in &profile.when {
        check(&when.device, "device", devices());
        check(&when.target, "target", targets());
    }
    for (_, target) in profile.targets.iter() {
        check(&target.devices, "device", devices());
    }
    for (_, feature) in profile.features.iter() {
        check(&feature.devices, "device", devices());
        check(&feature.targets, "target", targets());
    }
}

/// A secret has exactly one place.
fn secrets(profile: &Profile, errors: &mut Vec<FileError>) {
    for (id, secret) in profile.secrets.iter() {
        let reason = match (&secret.env, &secret.file) {
            (Some(_), Some(_)) => "it names both `env` and `file`",
            (None, None) => "it names neither `env` nor `file`",
            _ => continue,
        };
        errors.push(FileError::InvalidValue {
            what: "secret",
            value: id.value.clone(),
            reason: reason.into(),
            at: id.at.clone(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toml_file::SourceFile;

    #[test]
    fn what_does_not_fit_together_is_told() {
        let text = r#"
framework = "x"
default-device = "cup"
default-target = "runtime"
default-source = "tree"
sources = ["wheel"]
[devices.cpu]
base-image = "debian"
platforms = ["linux-amd64", "Linux/AMD64", "linux/arm64"]
runtime-image = "Debian:trixie"
[targets.runtime]
needs = ["bsae", "dev"]
[targets.dev]
needs = ["runtime"]
devices = "cuda*"
[args]
"A B" = "c"
[components.nats]
sha256 = "abc"
[secrets.token]
[[when]]
target = "runtme"
[run]
shm-size = "12q"
ulimits = ["memlock=-1", "memlok=1"]
ulimit-policy = "clap"
workdir = "workspace"
"#;
        let profile = Profile::parse(&SourceFile::new("x.toml", text)).unwrap();
        let errors = validate(&profile);
        let lines: Vec<_> = errors
            .iter()
            .map(|error| format!("{}: {error}", error.location().unwrap()))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        x.toml:3: Unknown device `cup`
        x.toml:5: Unknown source `tree`
        x.toml:8: Invalid image `debian`: it needs a tag, which becomes a build argument of its own
        x.toml:9: Invalid platform `linux-amd64`: `linux-amd64` is neither an operating system nor a processor
        x.toml:9: Invalid platform `Linux/AMD64`: it is written `linux/amd64`
        x.toml:10: Invalid image `Debian:trixie`: image name `Debian:trixie` has upper-case letters
        x.toml:12: Unknown target `bsae`
        x.toml:14: Targets depend on each other in a cycle: runtime → dev → runtime
        x.toml:15: Unknown device `cuda*`
        x.toml:17: Invalid build argument name `A B`: it takes letters, digits and `_`, and starts with no digit
        x.toml:19: Invalid SHA-256 `abc`: it takes 64 hexadecimal digits
        x.toml:20: Invalid secret `token`: it names neither `env` nor `file`
        x.toml:22: Unknown target `runtme`
        x.toml:24: Invalid size `12q`: size `12q` has an unknown unit `q`
        x.toml:25: Invalid ulimit `memlok=1`: unknown ulimit `memlok`
        x.toml:26: Invalid policy `clap`: it is `keep`, `clamp` or `refuse`
        x.toml:27: Invalid directory `workspace`: it is not absolute
        ");
    }

    fn first_error(text: String) -> String {
        let profile = Profile::parse(&SourceFile::new("x.toml", text)).unwrap();
        let errors = validate(&profile);
        errors.first().map(ToString::to_string).unwrap_or_default()
    }

    /// Every target needs all before it: a search that follows each way would not end.
    #[test]
    fn needs_are_followed_once() {
        let all: Vec<_> = (0..200).map(|number| format!("\"t{number}\"")).collect();
        let targets = (0..200).map(|number| {
            let needs = all[..number].join(", ");
            format!("[targets.t{number}]\nneeds = [{needs}]\n")
        });
        assert_eq!(first_error(targets.collect()), "");
    }

    #[test]
    fn a_chain_of_needs_may_be_long() {
        let count = 20_000;
        let targets = (0..count).map(|number| {
            let next = (number + 1).min(count - 1);
            format!("[targets.t{number}]\nneeds = [\"t{next}\"]\n")
        });
        assert_eq!(
            first_error(targets.collect()),
            "Targets depend on each other in a cycle: t19999 → t19999"
        );
    }
}
