//! Values that are right or wrong by themselves, whatever else a profile says.

use crate::docker::platform::Platform;
use crate::docker::reference::Reference;
use crate::docker::size::ByteSize;
use crate::docker::ulimit::Ulimit;
use crate::profile::component::PerPlatform;
use crate::profile::document::Profile;
use crate::toml_file::{FileError, Located};

/// Returns the values of a profile that are wrong by themselves. Of a profile that could not be read
/// whole, those that could.
pub(crate) fn values(profile: &Profile) -> Vec<FileError> {
    let mut errors = Vec::new();
    argument_names(profile, &mut errors);
    platforms(profile, &mut errors);
    images(profile, &mut errors);
    checksums(profile, &mut errors);
    run(profile, &mut errors);
    errors
}

/// Build arguments are names that a Dockerfile can declare.
fn argument_names(profile: &Profile, errors: &mut Vec<FileError>) {
    let of_components = profile.components.iter();
    let of_components = of_components.filter_map(|(_, component)| component.arg.as_ref());
    let of_features = profile.features.iter();
    let of_features = of_features.filter_map(|(_, feature)| feature.arg.as_ref());
    for name in profile.arg_names().chain(of_components).chain(of_features) {
        if !is_argument_name(&name.value) {
            let reason = "it takes letters, digits and `_`, and starts with no digit";
            errors.push(invalid("build argument name", name, reason));
        }
    }
}

/// Returns whether a Dockerfile's `ARG` can declare this name.
fn is_argument_name(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Images are names with a tag, because stages say `FROM ${BASE_IMAGE}:${BASE_IMAGE_TAG}`.
fn images(profile: &Profile, errors: &mut Vec<FileError>) {
    let images = profile
        .devices
        .iter()
        .flat_map(|(_, device)| [&device.base_image, &device.runtime_image]);
    for image in images.flatten() {
        let reason = match image.value.parse::<Reference>() {
            Err(error) => error.to_string(),
            Ok(_) if split_image(&image.value).is_none() => {
                "it needs a tag, which becomes a build argument of its own".to_owned()
            }
            Ok(_) => continue,
        };
        errors.push(invalid("image", image, reason));
    }
}

/// Platforms are written in the one way in which builds name them.
fn platforms(profile: &Profile, errors: &mut Vec<FileError>) {
    let devices = profile.devices.iter();
    for platform in devices.flat_map(|(_, device)| device.platforms.iter().flatten()) {
        let reason = match platform.value.parse::<Platform>() {
            Err(error) => error.to_string(),
            Ok(known) => match known.normalized().to_string() {
                text if text == platform.value => continue,
                text => format!("it is written `{text}`"),
            },
        };
        errors.push(invalid("platform", platform, reason));
    }
}

/// What containers get has docker's grammar, and is read long after the profile.
fn run(profile: &Profile, errors: &mut Vec<FileError>) {
    let run = &profile.run;
    if let Some(size) = &run.shm_size {
        let wrong = size.value.parse::<ByteSize>().err();
        errors.extend(wrong.map(|error| invalid("size", size, error.to_string())));
    }
    for limit in run.ulimits.iter().flatten() {
        let wrong = limit.value.parse::<Ulimit>().err();
        errors.extend(wrong.map(|error| invalid("ulimit", limit, error.to_string())));
    }
    let policy = run.ulimit_policy.iter();
    for policy in policy.filter(|policy| !["keep", "clamp", "refuse"].contains(&policy.as_str())) {
        let reason = "it is `keep`, `clamp` or `refuse`";
        errors.push(invalid("policy", policy, reason));
    }
    let directory = run.workdir.iter();
    for directory in directory.filter(|directory| !directory.value.starts_with('/')) {
        errors.push(invalid("directory", directory, "it is not absolute"));
    }
}

fn invalid(what: &'static str, value: &Located<String>, reason: impl Into<String>) -> FileError {
    FileError::InvalidValue {
        what,
        value: value.value.clone(),
        reason: reason.into(),
        at: value.at.clone(),
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
                errors.push(invalid("SHA-256", sum, "it takes 64 hexadecimal digits"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("debian:bookworm-slim" => Some(("debian", "bookworm-slim")))]
    #[test_case("host:5000/a/b:1.2" => Some(("host:5000/a/b", "1.2")))]
    #[test_case("host:5000/a/b" => None; "a port is no tag")]
    #[test_case("a:1@sha256:00" => Some(("a", "1@sha256:00")); "a digest stays with the tag")]
    #[test_case("a@sha256:00" => None; "a digest alone is no tag")]
    #[test_case("a:" => None)]
    fn images_split_at_the_tag(image: &str) -> Option<(&str, &str)> {
        split_image(image)
    }
}
