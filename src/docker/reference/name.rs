//! References to images, by the grammar of the registry's `distribution/reference`.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

use super::error::ReferenceError;
use super::tag::Tag;
use crate::docker::as_text::as_text;

/// The registry that a name without one belongs to.
pub const DEFAULT_DOMAIN: &str = "docker.io";

/// Docker Hub's old name, which still means [`DEFAULT_DOMAIN`].
const LEGACY_DOMAIN: &str = "index.docker.io";

/// Docker Hub's repositories that are named without an owner belong to this one.
const OFFICIAL: &str = "library/";

/// The most characters that a repository may have.
const MAX_PATH: usize = 255;

/// A name for an image: registry, repository, and a tag or digest or both.
///
/// Prints in the familiar form, without the parts that docker fills in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    domain: String,
    path: String,
    tag: Option<Tag>,
    digest: Option<String>,
}

static GRAMMAR: LazyLock<Regex> = LazyLock::new(|| {
    let label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    let domain = format!(r"(?:{label}(?:\.{label})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?");
    let component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
    Regex::new(&format!("^{domain}/{component}(?:/{component})*$")).expect("a valid pattern")
});

impl Reference {
    /// Returns the registry, such as `nvcr.io` or `localhost:5000`.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Returns the repository in the registry, such as `library/debian`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the tag, if there is one.
    pub const fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// Returns the digest with its algorithm, if there is one.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// Returns registry and repository as people write them, without tag and digest.
    ///
    /// Docker also leaves its own registry out of `docker.io/a.b/c`, and so names another one. Here
    /// it stays wherever the rest alone would be read as something else.
    pub fn familiar_name(&self) -> String {
        let owned = self.path.strip_prefix(OFFICIAL);
        owned
            .into_iter()
            .chain([self.path.as_str()])
            .find(|short| !is_id(short) && self.is_split_from(short))
            .map_or_else(|| format!("{}/{}", self.domain, self.path), str::to_owned)
    }

    fn is_split_from(&self, name: &str) -> bool {
        let (domain, path) = split_domain(name);
        domain == self.domain && path == self.path
    }

    /// Returns the form with all parts, such as `docker.io/library/debian:12`.
    pub fn normalized(&self) -> String {
        format!("{}/{}{}", self.domain, self.path, self.suffix())
    }

    /// Returns the reference with the tag `latest` if it has neither tag nor digest.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = "latest".parse().ok();
        }
        self
    }

    fn suffix(&self) -> String {
        let tag = self.tag.iter().map(|tag| format!(":{tag}"));
        let digest = self.digest.iter().map(|digest| format!("@{digest}"));
        tag.chain(digest).collect()
    }
}

/// Returns whether a text has a variable in it that nothing has replaced: of a shell, or `%NAME%`
/// of Windows' command line and of some CI services.
pub fn has_variable(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let parts: Vec<&str> = text.split('%').collect();
    let inner = parts.get(1..parts.len().saturating_sub(1));
    text.contains(['$', '`']) || inner.unwrap_or_default().iter().any(|part| is_name(part))
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if is_id(text) {
            return Err(ReferenceError::Id(text.to_owned()));
        }
        if has_variable(text) {
            return Err(ReferenceError::Unexpanded(text.to_owned()));
        }
        let (domain, rest) = split_domain(text);
        let (name, digest) = match rest.split_once('@') {
            Some((name, digest)) => (name, Some(checked_digest(digest, text)?)),
            None => (rest.as_str(), None),
        };
        let (path, tag) = match name.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (name, None),
        };
        check_path(&domain, path, text)?;
        let wrong_tag = |source| ReferenceError::Tag {
            name: text.to_owned(),
            source,
        };
        let tag = tag.map(str::parse).transpose().map_err(wrong_tag)?;
        Ok(Self {
            path: path.to_owned(),
            domain,
            tag,
            digest,
        })
    }
}

fn check_path(domain: &str, path: &str, text: &str) -> Result<(), ReferenceError> {
    if path.to_lowercase() != path {
        return Err(ReferenceError::Uppercase(text.to_owned()));
    }
    if !GRAMMAR.is_match(&format!("{domain}/{path}")) {
        return Err(ReferenceError::Malformed(text.to_owned()));
    }
    if path.len() > MAX_PATH {
        Err(ReferenceError::TooLong(text.to_owned()))
    } else {
        Ok(())
    }
}

/// Splits the registry off. What stands before the first slash is one if it has a dot, a colon or
/// an upper-case letter, or is `localhost`; otherwise it is part of the repository.
fn split_domain(text: &str) -> (String, String) {
    let is_domain = |first: &str| {
        first == "localhost" || first.contains(['.', ':']) || first.to_lowercase() != first
    };
    let (domain, rest) = match text.split_once('/') {
        Some((LEGACY_DOMAIN, rest)) => (DEFAULT_DOMAIN, rest),
        Some((first, rest)) if is_domain(first) => (first, rest),
        _ => (DEFAULT_DOMAIN, text),
    };
    let official = domain == DEFAULT_DOMAIN && !rest.contains('/');
    let owner = if official { OFFICIAL } else { "" };
    (domain.to_owned(), format!("{owner}{rest}"))
}

/// The algorithms are those that docker's digest library knows.
fn checked_digest(digest: &str, text: &str) -> Result<String, ReferenceError> {
    let digits = match digest.split_once(':') {
        Some(("sha256", hex)) => (hex, 64),
        Some(("sha384", hex)) => (hex, 96),
        Some(("sha512", hex)) => (hex, 128),
        _ => return Err(ReferenceError::Digest(text.to_owned())),
    };
    let (hex, length) = digits;
    if hex.len() == length && is_lower_hex(hex) {
        Ok(digest.to_owned())
    } else {
        Err(ReferenceError::Digest(text.to_owned()))
    }
}

/// Tells whether a text is the ID of an image, which is no name.
fn is_id(text: &str) -> bool {
    text.len() == 64 && is_lower_hex(text)
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.familiar_name(), self.suffix())
    }
}

as_text!(Reference);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::Hinted as _;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("Dynamo:latest", "write `dynamo:latest`")]
    #[test_case("nvcr.io/NVIDIA/x:V1", "write `nvcr.io/nvidia/x:V1`"; "the tag keeps its case")]
    #[test_case("dynamo:feature x", "write `feature-x`")]
    #[test_case("dynamo:", "write a tag such as `latest`, or leave the colon out")]
    #[test_case("dynamo@sha256:12", "a digest is `@sha256:` and 64 digits from 0 to f")]
    fn refusals_say_how_to_mend_them(text: &str, hint: &str) {
        assert_eq!(text.parse::<Reference>().unwrap_err().hint().unwrap(), hint);
    }

    #[test]
    fn parts_are_filled_in_and_left_out() {
        let debian: Reference = "debian".parse().unwrap();
        assert_eq!(debian.normalized(), "docker.io/library/debian");
        assert_eq!(debian.clone().tagged().to_string(), "debian:latest");
    }

    #[test_case("docker.io/a.b/c", "docker.io/a.b/c"; "an owner like a registry")]
    #[test_case("docker.io/localhost/c", "docker.io/localhost/c"; "an owner like this machine")]
    #[test_case("docker.io/library/a", "a"; "an official image")]
    #[test_case("docker.io/library/a.b/c", "library/a.b/c"; "a name below library")]
    fn the_registry_stays_where_the_name_would_mean_another(text: &str, printed: &str) {
        assert_eq!(text.parse::<Reference>().unwrap().to_string(), printed);
    }

    #[test]
    fn a_name_like_an_id_keeps_its_owner() {
        let name = format!("library/{}", "a".repeat(64));
        assert_eq!(name.parse::<Reference>().unwrap().to_string(), name);
    }

    proptest! {
        #[test]
        fn what_is_read_is_printed_and_read_back(
            text in "((docker.io|nvcr.io|localhost:5000|Up|a|library|localhost|[a-f0-9]{64})/){0,2}([a-z]{1,2}([-_./]{1,2}[a-z]){0,2}|localhost|[a-f0-9]{64})(:[a-z.]{1,3})?",
        ) {
            if let Ok(reference) = text.parse::<Reference>() {
                prop_assert_eq!(reference.to_string().parse(), Ok(reference.clone()));
                prop_assert_eq!(reference.normalized().parse(), Ok(reference));
            }
        }

        #[test]
        fn any_text_is_read_or_refused_with_a_hint(text in "[-aA/:@.é_ \\[\\]0-9]{0,16}") {
            if let Err(error) = text.parse::<Reference>() {
                drop(error.hint());
            }
        }
    }
}
