//! `--device`: a device of the host by path, or one by its CDI name; and `--device-cgroup-rule`.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::Hinted;
use super::path;

/// A device for a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Device {
    /// A device file of the host.
    Path(DeviceMapping),
    /// A device that a CDI specification describes.
    Cdi(CdiName),
}

/// A device file of the host and where it appears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceMapping {
    /// The path on the host.
    pub host: String,
    /// The path in the container.
    pub container: String,
    /// What the container may do: `r`ead, `w`rite, `m`ake.
    pub permissions: String,
}

/// A qualified name of the Container Device Interface: `vendor/class=name`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CdiName(String);

/// Why a device could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// There is no path on the host, or more than three parts.
    #[error("`{0}` is not a device")]
    Malformed(String),
    /// The permissions are not made of `r`, `w` and `m`.
    #[error("device `{device}` has wrong permissions `{permissions}`")]
    Permissions {
        /// The whole text.
        device: String,
        /// The permissions.
        permissions: String,
    },
    /// The path in the container is relative.
    #[error("device path `{0}` is not absolute")]
    Relative(String),
    /// It is no CDI name.
    #[error("`{0}` is not the name of a CDI device")]
    CdiName(String),
    /// It is no rule of the device cgroup.
    #[error("`{0}` is not a rule of the device cgroup")]
    CgroupRule(String),
}

impl Hinted for DeviceError {
    fn hint(&self) -> Option<String> {
        let words = match self {
            Self::Malformed(_) => "write `/dev/HOST[:/dev/CONTAINER][:rwm]`, or a CDI name",
            Self::Permissions { .. } => "permissions are letters of `rwm`, each at most once",
            Self::Relative(_) => {
                "write a path such as `/dev/dri`, or a CDI name such as `nvidia.com/gpu=all`"
            }
            Self::CdiName(_) => "write `VENDOR/CLASS=NAME`, for example `nvidia.com/gpu=all`",
            Self::CgroupRule(_) => "write `TYPE MAJOR:MINOR PERMISSIONS`, for example `c 13:* rwm`",
        };
        Some(words.to_owned())
    }
}

impl CdiName {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CdiName {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let parts = text.split_once('=').and_then(|(kind, name)| {
            let (vendor, class) = kind.split_once('/')?;
            Some((vendor, class, name))
        });
        let is_name = |(vendor, class, name): (&str, &str, &str)| {
            let first_is_letter = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
            let kinds = [vendor, class];
            kinds
                .into_iter()
                .all(|kind| first_is_letter(kind) && is_word(kind, "_-."))
                && is_word(name, "_-.:")
        };
        match parts.filter(|parts| is_name(*parts)) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(DeviceError::CdiName(text.to_owned())),
        }
    }
}

/// Letters and digits, with some punctuation between the first and the last.
fn is_word(text: &str, inner: &str) -> bool {
    let ends = [text.chars().next(), text.chars().next_back()];
    ends.iter()
        .all(|end| end.is_some_and(|end| end.is_ascii_alphanumeric()))
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || inner.contains(c))
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text.parse() {
            Ok(name) => Ok(Self::Cdi(name)),
            Err(_) => mapping(text).map(Self::Path),
        }
    }
}

fn mapping(text: &str) -> Result<DeviceMapping, DeviceError> {
    let malformed = || DeviceError::Malformed(text.to_owned());
    // Docker cleans the container's path unless all three parts are given.
    let (host, container, permissions) = match text.split(':').collect::<Vec<_>>()[..] {
        ["", ..] => return Err(malformed()),
        [both] => (path::clean(both), path::clean(both), "rwm"),
        [both, permissions] if are_permissions(permissions) => {
            (path::clean(both), path::clean(both), permissions)
        }
        [host, container] => (host.to_owned(), path::clean(container), "rwm"),
        [host, container, permissions] => (host.to_owned(), container.to_owned(), permissions),
        _ => return Err(malformed()),
    };
    if !are_permissions(permissions) {
        let (device, permissions) = (text.to_owned(), permissions.to_owned());
        return Err(DeviceError::Permissions {
            device,
            permissions,
        });
    }
    if !container.starts_with('/') {
        return Err(DeviceError::Relative(container));
    }
    Ok(DeviceMapping {
        host,
        container,
        permissions: permissions.to_owned(),
    })
}

fn are_permissions(text: &str) -> bool {
    let once = |letter: char| text.matches(letter).count() <= 1;
    !text.is_empty()
        && text
            .chars()
            .all(|letter| "rwm".contains(letter) && once(letter))
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cdi(name) => f.write_str(name.as_str()),
            Self::Path(DeviceMapping {
                host,
                container,
                permissions,
            }) => {
                write!(f, "{host}:{container}:{permissions}")
            }
        }
    }
}

as_text!(Device);

/// Checks a value of `--device-cgroup-rule`: `TYPE MAJOR:MINOR PERMISSIONS`.
pub fn cgroup_rule(text: &str) -> Result<&str, DeviceError> {
    let is_number = |text: &str| {
        text == "*" || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let valid = match text.split(' ').collect::<Vec<_>>()[..] {
        ["a" | "b" | "c", numbers, permissions] => {
            let (major, minor) = numbers.split_once(':').unwrap_or_default();
            let letters = permissions.chars().all(|letter| "rwm".contains(letter));
            is_number(major) && is_number(minor) && letters && (1..=3).contains(&permissions.len())
        }
        _ => false,
    };
    if valid {
        Ok(text)
    } else {
        Err(DeviceError::CgroupRule(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use test_case::test_case;

    #[test_case("/dev/dri", "/dev/dri:/dev/dri:rwm")]
    #[test_case("/dev/dri/:r", "/dev/dri:/dev/dri:r")]
    #[test_case("/dev/a:/dev//b", "/dev/a:/dev/b:rwm")]
    #[test_case("dev/a:/dev/b:rw", "dev/a:/dev/b:rw"; "docker lets a relative host path be")]
    #[test_case("nvidia.com/gpu=all", "nvidia.com/gpu=all")]
    #[test_case("nvidia.com/gpu=0:1", "nvidia.com/gpu=0:1")]
    fn devices_are_read_as_docker_does(text: &str, printed: &str) {
        assert_eq!(text.parse::<Device>().unwrap().to_string(), printed);
    }

    #[test_case("bogus", DeviceError::Relative("bogus".to_owned()))]
    #[test_case("/dev/a:x", DeviceError::Relative("x".to_owned()))]
    #[test_case("/dev/a:/dev/b:rr", DeviceError::Permissions { device: "/dev/a:/dev/b:rr".to_owned(), permissions: "rr".to_owned() })]
    #[test_case(":/dev/b", DeviceError::Malformed(":/dev/b".to_owned()))]
    #[test_case("/a:/b:r:w", DeviceError::Malformed("/a:/b:r:w".to_owned()))]
    #[test_case("nvidia.com/gpu=", DeviceError::Relative("nvidia.com/gpu=".to_owned()))]
    fn broken_devices_are_refused(text: &str, error: DeviceError) {
        assert_eq!(text.parse::<Device>(), Err(error));
    }

    #[test]
    fn cgroup_rules_have_three_parts() {
        assert!(cgroup_rule("c 13:* rwm").is_ok());
        for wrong in [
            "",
            "c 13:*",
            "d 1:2 r",
            "c 1 r",
            "c 1:x r",
            "c 1:2 rwmr",
            "c 1:2 x",
        ] {
            assert!(cgroup_rule(wrong).is_err(), "{wrong}");
        }
    }

    reads_back!(Device, "[/a.:rwm=]{0,10}");
}
