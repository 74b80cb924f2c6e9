//! `--volume [SOURCE:]TARGET[:OPTIONS]`.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::Hinted;
use super::path;

/// What `--volume` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    spec: String,
    source: Option<String>,
    target: String,
    options: VolumeFlags,
}

/// The options behind the second colon that the client understands. The engine reads them again,
/// and refuses those that it does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeFlags {
    /// Whether the container may not write to it.
    pub read_only: bool,
    /// Whether the image's files at the target are not copied into a new volume.
    pub no_copy: bool,
    /// How mounts made later travel between host and container.
    pub propagation: Option<String>,
}

/// Why a volume could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VolumeError {
    /// There is nothing.
    #[error("the volume is empty")]
    Empty,
    /// There is nothing between two colons, or at an end.
    #[error("volume `{0}` has an empty part")]
    EmptyPart(String),
    /// There are more than three parts.
    #[error("volume `{0}` has more than three parts")]
    TooManyParts(String),
}

impl Hinted for VolumeError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Empty | Self::EmptyPart(_) => {
                Some("write `SOURCE:TARGET`, for example `/data:/data:ro`".to_owned())
            }
            Self::TooManyParts(_) => {
                Some("for a path with a colon write `--mount type=bind,src=…,dst=…`".to_owned())
            }
        }
    }
}

const PROPAGATIONS: [&str; 6] = [
    "private", "rprivate", "rshared", "rslave", "shared", "slave",
];

impl Volume {
    /// Returns the host's path or the volume's name; nothing for an anonymous volume.
    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Returns the path in the container.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns the options that the client understands.
    pub const fn options(&self) -> &VolumeFlags {
        &self.options
    }

    /// Returns whether the source is a path of the host. A relative one without a leading `.` is
    /// the name of a volume.
    pub fn is_bind(&self) -> bool {
        self.source().is_some_and(is_path)
    }

    /// Returns what the engine is sent, with a source that begins with `.` made absolute; nothing
    /// for an anonymous volume, of which the engine is only sent the target.
    pub fn bind(&self, working_directory: &str) -> Option<String> {
        let source = self.source.as_deref()?;
        let (host, rest) = self.spec.split_once(':')?;
        if is_path(source) && host.starts_with('.') {
            return Some(format!("{}:{rest}", path::join(working_directory, host)));
        }
        Some(self.spec.clone())
    }
}

impl FromStr for Volume {
    type Err = VolumeError;

    fn from_str(spec: &str) -> Result<Self, VolumeError> {
        let anonymous = |target: &str| Self {
            spec: spec.to_owned(),
            source: None,
            target: target.to_owned(),
            options: VolumeFlags::default(),
        };
        match spec.len() {
            0 => return Err(VolumeError::Empty),
            1 | 2 => return Ok(anonymous(spec)),
            _ => {}
        }
        let parts = parts(spec);
        if parts.iter().any(String::is_empty) {
            return Err(VolumeError::EmptyPart(spec.to_owned()));
        }
        let named = |source: &str, target: &str| Self {
            source: Some(source.to_owned()),
            ..anonymous(target)
        };
        match parts.as_slice() {
            [target] => Ok(anonymous(target)),
            [source, target] => Ok(named(source, target)),
            [source, target, options] => Ok(Self {
                options: flags(options),
                ..named(source, target)
            }),
            _ => Err(VolumeError::TooManyParts(spec.to_owned())),
        }
    }
}

/// Splits at colons, but not behind a single letter at the start of a part, which may be a Windows
/// drive: `a:b:c:d` has the parts `a:b` and `c:d`.
fn parts(spec: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for letter in spec.chars() {
        let last = parts.len() - 1;
        let part = &mut parts[last];
        if letter == ':' && !is_drive(part) {
            parts.push(String::new());
        } else {
            part.push(letter);
        }
    }
    parts
}

fn is_drive(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(char::is_alphabetic) && letters.as_str().is_empty()
}

fn is_path(source: &str) -> bool {
    let mut letters = source.chars();
    source.starts_with(['.', '/', '~'])
        || source.starts_with(r"\\")
        || letters.next().is_some_and(char::is_alphabetic) && letters.as_str().starts_with(':')
}

fn flags(options: &str) -> VolumeFlags {
    let mut flags = VolumeFlags::default();
    for option in options.split(',') {
        match option {
            "ro" => flags.read_only = true,
            "rw" => flags.read_only = false,
            "nocopy" => flags.no_copy = true,
            word if PROPAGATIONS.contains(&word) => flags.propagation = Some(word.to_owned()),
            _ => {}
        }
    }
    flags
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spec)
    }
}

as_text!(Volume);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::reads_back::reads_back;
    use test_case::test_case;

    #[test_case("./a:/b:ro", Some("/here/a:/b:ro"); "relative path")]
    #[test_case("..:/b", Some("/:/b"); "parent")]
    #[test_case("/a:/b", Some("/a:/b"); "absolute path")]
    #[test_case("~/a:/b", Some("~/a:/b"); "home is the shell's business")]
    #[test_case("name:/b", Some("name:/b"); "volume")]
    #[test_case("a/b:/c", Some("a/b:/c"); "relative without a dot is a name")]
    #[test_case("/b", None; "anonymous")]
    fn the_engine_is_sent_absolute_paths(spec: &str, sent: Option<&str>) {
        let volume: Volume = spec.parse().unwrap();
        assert_eq!(volume.bind("/here").as_deref(), sent);
    }

    #[test_case(":/b", VolumeError::EmptyPart(":/b".to_owned()))]
    #[test_case("/a::ro", VolumeError::EmptyPart("/a::ro".to_owned()))]
    #[test_case("/a:/b:ro:x", VolumeError::TooManyParts("/a:/b:ro:x".to_owned()))]
    #[test_case("", VolumeError::Empty)]
    fn broken_volumes_are_refused(spec: &str, error: VolumeError) {
        assert_eq!(spec.parse::<Volume>(), Err(error));
    }

    reads_back!(Volume, "[/.a:é~,]{0,10}");
}
