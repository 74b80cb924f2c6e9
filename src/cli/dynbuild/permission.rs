//! `--allow`: what a build may do that it otherwise may not, in the words of `docker buildx`.

use std::str::FromStr;

use crate::docker::step::Entitlement;

/// One permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// Steps that ask for it get it.
    Step(Entitlement),
    /// A profile of somebody else may read this path outside of its repository.
    Read(String),
}

/// Why a text is no permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use `fs.read=PATH`, `network.host` or `security.insecure`")]
pub(crate) struct NoPermission;

impl FromStr for Permission {
    type Err = NoPermission;

    fn from_str(text: &str) -> Result<Self, NoPermission> {
        let path = text
            .strip_prefix("fs.read=")
            .or_else(|| text.strip_prefix("fs="));
        match path {
            Some("") => Err(NoPermission),
            Some(path) => Ok(Self::Read(path.into())),
            None => text.parse().map(Self::Step).map_err(|_| NoPermission),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_read() {
        assert_eq!(
            "fs.read=/etc/ssl".parse(),
            Ok(Permission::Read("/etc/ssl".into()))
        );
        assert_eq!(
            "network.host".parse(),
            Ok(Permission::Step(Entitlement::NetworkHost))
        );
        for text in ["", "fs.read=", "fs.write=/", "network"] {
            assert_eq!(text.parse::<Permission>(), Err(NoPermission), "{text}");
        }
    }
}
