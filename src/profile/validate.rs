//! What must hold between the keys of a complete profile.
//!
//! Runs after inheritance, because a profile may name what its parent defines. Names that an
//! inherited file mentions are not checked against the heir: `common` may restrict a target to
//! devices that only some frameworks have.

use super::args::Args;
use super::component::PerPlatform;
use super::document::Profile;
use super::pattern::Patterns;
use crate::toml_file::{FileError, Located, Table};

mod cycle;

/// Returns everything that does not fit together in a profile that has inherited.
pub(crate) fn validate(profile: &Profile) -> Vec<FileError> {
    let mut errors = Vec::new();
    defaults(profile, &mut errors);
    needs(profile, &mut errors);
    patterns(profile, &mut errors);
    argument_names(profile, &mut errors);
    images(profile, &mut errors);
    checksums(profile, &mut errors);
    secrets(profile, &mut errors);
    errors.sort_by_key(|error| {
        let at = error.location()?;
        Some((at.file.name.clone(), at.span.start))
    });
    errors
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
            let own_pattern = Patterns(vec![pattern.clone()]);
            if pattern.at.file == *own && !names.iter().any(|name| own_pattern.matches(name)) {
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

/// Build arguments are names that a Dockerfile can declare.
fn argument_names(profile: &Profile, errors: &mut Vec<FileError>) {
    let of = |args: &Args| {
        args.iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    let mut names = of(&profile.args);
    names.extend(
        profile
            .devices
            .iter()
            .flat_map(|(_, device)| of(&device.args)),
    );
    names.extend(profile.when.iter().flat_map(|when| of(&when.args)));
    names.extend(
        profile
            .components
            .iter()
            .filter_map(|(_, component)| component.arg.clone()),
    );
    names.extend(
        profile
            .features
            .iter()
            .filter_map(|(_, feature)| feature.arg.clone()),
    );
    for name in names {
        if !is_argument_name(&name.value) {
            errors.push(FileError::InvalidValue {
                what: "build argument name",
                value: name.value,
                reason: "it takes letters, digits and `_`, and starts with no digit".into(),
                at: name.at,
            });
        }
    }
}

/// Returns whether a Dockerfile's `ARG` can declare this name.
fn is_argument_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Images have a tag, because stages say `FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG}`.
fn images(profile: &Profile, errors: &mut Vec<FileError>) {
    for (_, device) in profile.devices.iter() {
        for image in [&device.base_image, &device.runtime_image]
            .into_iter()
            .flatten()
        {
            if split_image(&image.value).is_none() {
                errors.push(FileError::InvalidValue {
                    what: "image",
                    value: image.value.clone(),
                    reason: "it needs a tag, which becomes a build argument of its own".into(),
                    at: image.at.clone(),
                });
            }
        }
    }
}

/// Splits `name:tag` or `name:tag@digest` into the name and what follows it.
pub(crate) fn split_image(image: &str) -> Option<(&str, &str)> {
    let path = image.rfind('/').map_or(0, |slash| slash + 1);
    let colon = path + image[path..].find(':')?;
    let (name, tag) = (&image[..colon], &image[colon + 1..]);
    let without_tag = image[path..colon].contains('@');
    (!name.is_empty() && !tag.is_empty() && !without_tag).then_some((name, tag))
}

fn checksums(profile: &Profile, errors: &mut Vec<FileError>) {
    for (_, component) in profile.components.iter() {
        let sums: Vec<_> = match &component.sha256 {
            None => Vec::new(),
            Some(PerPlatform::Same(sum)) => vec![sum],
            Some(PerPlatform::Each(sums)) => sums.iter().map(|(_, sum)| sum).collect(),
        };
        for sum in sums {
            let is_hex = sum.value.chars().all(|c| c.is_ascii_hexdigit());
            if sum.value.len() != 64 || !is_hex {
                errors.push(FileError::InvalidValue {
                    what: "SHA-256",
                    value: sum.value.clone(),
                    reason: "it takes 64 hexadecimal digits".into(),
                    at: sum.at.clone(),
                });
            }
        }
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
    use test_case::test_case;

    use super::*;
    use crate::toml_file::SourceFile;

    #[test_case("debian:bookworm-slim" => Some(("debian", "bookworm-slim")))]
    #[test_case("host:5000/a/b:1.2" => Some(("host:5000/a/b", "1.2")))]
    #[test_case("host:5000/a/b" => None; "a port is no tag")]
    #[test_case("a:1@sha256:00" => Some(("a", "1@sha256:00")); "a digest stays with the tag")]
    #[test_case("a@sha256:00" => None; "a digest alone is no tag")]
    #[test_case("a:" => None)]
    fn images_split_at_the_tag(image: &str) -> Option<(&str, &str)> {
        split_image(image)
    }

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
        x.toml:10: Unknown target `bsae`
        x.toml:12: Targets depend on each other in a cycle: runtime → dev → runtime
        x.toml:13: Unknown device `cuda*`
        x.toml:15: Invalid build argument name `A B`: it takes letters, digits and `_`, and starts with no digit
        x.toml:17: Invalid SHA-256 `abc`: it takes 64 hexadecimal digits
        x.toml:18: Invalid secret `token`: it names neither `env` nor `file`
        x.toml:20: Unknown target `runtme`
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
