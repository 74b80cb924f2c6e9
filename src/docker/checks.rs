//! Values that docker's client only checks and sends as they are.

use std::net::IpAddr;

use super::hinted::Hinted;

/// Why a value was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A label has no name.
    #[error("label `{0}` has no name")]
    LabelName(String),
    /// The name of a label has white space in it.
    #[error("label `{0}` has white space in its name")]
    LabelSpace(String),
    /// A kernel parameter that is not a namespace's, or has no value.
    #[error("kernel parameter `{0}` cannot be set for a container")]
    Sysctl(String),
    /// A name server is no IP address.
    #[error("name server `{0}` is not an IP address")]
    Dns(String),
    /// A search domain is none.
    #[error("`{0}` is not a domain")]
    Domain(String),
    /// A stream that there is not.
    #[error("`{0}` is not a stream to attach to")]
    Stream(String),
}

impl Hinted for CheckError {
    fn hint(&self) -> Option<String> {
        let words = match self {
            Self::LabelName(_) | Self::LabelSpace(_) => "write `KEY=VALUE`",
            Self::Sysctl(_) => {
                "write `net.…=VALUE`, `fs.mqueue.…=VALUE`, or one of kernel.msg*, kernel.sem, kernel.shm*"
            }
            Self::Dns(_) => "write an address such as `1.1.1.1`",
            Self::Domain(_) => "write a domain such as `example.com`, or `.` for none",
            Self::Stream(_) => "the streams are stdin, stdout and stderr",
        };
        Some(words.to_owned())
    }
}

/// Checks a value of `--label`: a name without white space, and possibly a value.
pub fn label(text: &str) -> Result<&str, CheckError> {
    let (name, _) = text.split_once('=').unwrap_or((text, ""));
    match name.trim_start_matches([' ', '\t']) {
        "" => Err(CheckError::LabelName(text.to_owned())),
        name if name.contains([' ', '\t']) => Err(CheckError::LabelSpace(text.to_owned())),
        _ => Ok(text),
    }
}

/// The parameters outside `net.` and `fs.mqueue.` that belong to a namespace.
const SYSCTLS: [&str; 8] = [
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// Checks a value of `--sysctl` and splits it into name and value.
pub fn sysctl(text: &str) -> Result<(&str, &str), CheckError> {
    let allowed = |name: &str| {
        SYSCTLS.contains(&name) || name.starts_with("net.") || name.starts_with("fs.mqueue.")
    };
    let pair = text.split_once('=').filter(|(name, _)| allowed(name));
    pair.ok_or_else(|| CheckError::Sysctl(text.to_owned()))
}

/// Reads a value of `--dns`.
pub fn dns(text: &str) -> Result<IpAddr, CheckError> {
    text.trim()
        .parse()
        .map_err(|_| CheckError::Dns(text.to_owned()))
}

/// Reads a value of `--dns-search`: a domain, without a trailing dot, or a lone dot.
pub fn dns_search(text: &str) -> Result<&str, CheckError> {
    let trimmed = text.trim_matches(' ');
    if trimmed == "." {
        return Ok(trimmed);
    }
    let domain = trimmed.trim_end();
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    // Docker's pattern allows a colon before each label, most likely by mistake.
    let is_label = |label: &str| {
        let label = label.strip_prefix(':').unwrap_or(label);
        let label = label.strip_prefix(':').unwrap_or(label);
        let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty()
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let has_letter = domain.contains(|c: char| c.is_ascii_alphabetic());
    if has_letter && domain.len() < 255 && domain.split('.').all(is_label) {
        Ok(domain)
    } else {
        Err(CheckError::Domain(text.to_owned()))
    }
}

/// A stream of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// What it reads.
    Stdin,
    /// What it prints.
    Stdout,
    /// Where it prints errors.
    Stderr,
}

/// Reads a value of `--attach`, in whatever case.
pub fn attach(text: &str) -> Result<Stream, CheckError> {
    match text.to_lowercase().as_str() {
        "stdin" => Ok(Stream::Stdin),
        "stdout" => Ok(Stream::Stdout),
        "stderr" => Ok(Stream::Stderr),
        _ => Err(CheckError::Stream(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_need_a_name_without_white_space() {
        assert_eq!(label(" a=b c"), Ok(" a=b c"));
        assert_eq!(label("a"), Ok("a"));
        assert!(label("=b").is_err());
        assert!(label("a b=c").is_err());
    }

    #[test]
    fn only_parameters_of_namespaces_can_be_set() {
        assert_eq!(
            sysctl("net.core.somaxconn=1024"),
            Ok(("net.core.somaxconn", "1024"))
        );
        assert_eq!(sysctl("kernel.shmmax="), Ok(("kernel.shmmax", "")));
        assert!(sysctl("kernel.panic=1").is_err());
        assert!(sysctl("net.core.somaxconn").is_err());
    }

    #[test]
    fn domains_have_letters_and_dots() {
        assert_eq!(dns_search(" example.com. "), Ok("example.com"));
        assert_eq!(dns_search("."), Ok("."));
        for wrong in ["", "1.2", "a..b", "-a.b", "a_b", "a b"] {
            assert!(dns_search(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_rest_is_checked_as_docker_does() {
        assert!(dns(" 1.1.1.1 ").is_ok());
        assert!(dns("one").is_err());
        assert_eq!(attach("STDIN"), Ok(Stream::Stdin));
        assert!(attach("stdnull").is_err());
    }
}
