//! With whom a container shares a namespace: `--pid`, `--ipc`, `--uts`, `--userns`, `--cgroupns`.

use std::fmt;
use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::Hinted;
use crate::text::words;

/// A flag that was given a mode that it does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{mode}` is not a mode of {namespace}")]
pub struct ModeError {
    /// What was given.
    pub mode: String,
    /// The namespace, for people.
    pub namespace: &'static str,
    /// The modes that there are.
    pub modes: &'static str,
}

impl Hinted for ModeError {
    fn hint(&self) -> Option<String> {
        Some(format!("write {}", self.modes))
    }
}

impl ModeError {
    fn cgroupns(mode: String) -> Self {
        Self {
            mode,
            namespace: "the cgroup namespace",
            modes: "`private` or `host`",
        }
    }
}

/// Whose processes the container sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PidMode {
    /// Its own.
    #[default]
    Private,
    /// All of the host.
    Host,
    /// Those of another container.
    Container(String),
}

/// With whom the container shares memory and semaphores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum IpcMode {
    /// As the engine is configured.
    #[default]
    Default,
    /// With no one, and there is no `/dev/shm`.
    None,
    /// With no one.
    Private,
    /// With those containers that ask for it.
    Shareable,
    /// With the host.
    Host,
    /// With another container, which must be shareable.
    Container(String),
    /// One that we do not know; the engine decides.
    Other(String),
}

/// A namespace that is either the container's own or the host's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostMode {
    /// As the engine is configured, mostly its own.
    #[default]
    Default,
    /// The host's.
    Host,
}

words! {
    /// Which cgroups the container sees.
    #[derive(Default)]
    pub enum CgroupnsMode(ModeError, ModeError::cgroupns) {
        /// As the engine is configured.
        #[default]
        Default = "",
        /// Its own.
        Private = "private",
        /// The host's.
        Host = "host",
    }
}

/// Returns the name in `container:NAME`.
fn container(text: &str) -> Option<String> {
    text.strip_prefix("container:").map(str::to_owned)
}

impl FromStr for PidMode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        match text {
            "" => Ok(Self::Private),
            "host" => Ok(Self::Host),
            _ => container(text)
                .filter(|name| !name.is_empty())
                .map(Self::Container)
                .ok_or_else(|| ModeError {
                    mode: text.to_owned(),
                    namespace: "the PID namespace",
                    modes: "`host` or `container:NAME`",
                }),
        }
    }
}

impl From<&str> for IpcMode {
    /// Reads a mode. Docker's client refuses none.
    fn from(text: &str) -> Self {
        match text {
            "" => Self::Default,
            "none" => Self::None,
            "private" => Self::Private,
            "shareable" => Self::Shareable,
            "host" => Self::Host,
            _ => container(text).map_or_else(|| Self::Other(text.to_owned()), Self::Container),
        }
    }
}

impl HostMode {
    /// Reads a value of `--uts`.
    pub fn uts(text: &str) -> Result<Self, ModeError> {
        Self::of(text, "the UTS namespace")
    }

    /// Reads a value of `--userns`.
    pub fn userns(text: &str) -> Result<Self, ModeError> {
        Self::of(text, "the user namespace")
    }

    fn of(text: &str, namespace: &'static str) -> Result<Self, ModeError> {
        match text {
            "" => Ok(Self::Default),
            "host" => Ok(Self::Host),
            _ => Err(ModeError {
                mode: text.to_owned(),
                namespace,
                modes: "`host`",
            }),
        }
    }
}

impl fmt::Display for PidMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private => Ok(()),
            Self::Host => f.write_str("host"),
            Self::Container(name) => write!(f, "container:{name}"),
        }
    }
}

impl fmt::Display for IpcMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => Ok(()),
            Self::None => f.write_str("none"),
            Self::Private => f.write_str("private"),
            Self::Shareable => f.write_str("shareable"),
            Self::Host => f.write_str("host"),
            Self::Container(name) => write!(f, "container:{name}"),
            Self::Other(word) => f.write_str(word),
        }
    }
}

impl fmt::Display for HostMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Host { "host" } else { "" })
    }
}

as_text!(PidMode);
as_text!(CgroupnsMode);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_printed_as_they_are_written() {
        for mode in ["", "host", "container:x"] {
            assert_eq!(mode.parse::<PidMode>().unwrap().to_string(), mode);
        }
        for mode in [
            "",
            "none",
            "private",
            "shareable",
            "host",
            "container:x",
            "bogus",
        ] {
            assert_eq!(IpcMode::from(mode).to_string(), mode);
        }
        for mode in ["", "private", "host"] {
            assert_eq!(mode.parse::<CgroupnsMode>().unwrap().to_string(), mode);
        }
        for mode in ["", "host"] {
            assert_eq!(HostMode::uts(mode).unwrap().to_string(), mode);
        }
    }

    #[test]
    fn other_modes_are_refused_where_docker_does() {
        assert!("bogus".parse::<PidMode>().is_err());
        assert!("container:".parse::<PidMode>().is_err());
        assert!("bogus".parse::<CgroupnsMode>().is_err());
        let error = HostMode::userns("x").unwrap_err();
        assert_eq!(error.to_string(), "`x` is not a mode of the user namespace");
        assert_eq!(error.hint().unwrap(), "write `host`");
    }
}
