//! `--build-context NAME=PLACE`: the places that a named context can be.

use std::path::PathBuf;
use std::str::FromStr;

use super::as_text::as_written;
use super::hinted::Hinted;
use super::layout_image::LayoutImage;
use super::reference::{Reference, ReferenceError};

/// What a place begins with that is an image.
const IMAGE: &str = "docker-image://";
/// What a place begins with that is an image in a directory of this machine.
const LAYOUT: &str = "oci-layout://";
/// What places begin with that the engine fetches or finds by itself.
const REMOTE: [&str; 6] = ["http://", "https://", "git://", "ssh://", "git@", "target:"];

/// The place of a named context, as written and as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedContext {
    text: String,
    /// What it is.
    pub place: ContextPlace,
}

/// Where a named context comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextPlace {
    /// An image, by reference.
    Image(String),
    /// A directory of this machine.
    Directory(PathBuf),
    /// A git repository, an archive or another target, which the engine understands.
    Url(String),
    /// An image in a directory of this machine.
    Layout {
        /// The directory.
        directory: PathBuf,
        /// Which of its images.
        image: LayoutImage,
    },
}

/// Why a text is no place of a named context.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamedContextError {
    /// There is nothing behind the `=`.
    #[error("The place of a build context is empty")]
    Empty,
    /// Its own name is none that a stage could refer to.
    #[error("Build context `{name}` has no name that `FROM` or `--from` could take")]
    Name {
        /// What was written.
        name: String,
        /// What is wrong with it.
        #[source]
        reason: ReferenceError,
    },
    /// The image has no valid name.
    #[error("Build context `{text}` names no image")]
    Image {
        /// What was written.
        text: String,
        /// What is wrong with the name.
        #[source]
        reason: ReferenceError,
    },
}

impl Hinted for NamedContextError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Empty => "Write a directory, a URL or `docker-image://NAME`".to_owned(),
            Self::Image { reason, .. } | Self::Name { reason, .. } => reason.hint()?,
        })
    }
}

/// Checks the name of a context: docker reads it as that of an image, which it may replace.
///
/// # Errors
/// Fails when no image could be called so.
pub fn check_name(name: &str) -> Result<(), NamedContextError> {
    let checked = name.parse::<Reference>().map(|_| ());
    checked.map_err(|reason| NamedContextError::Name {
        name: name.to_owned(),
        reason,
    })
}

impl FromStr for NamedContext {
    type Err = NamedContextError;

    fn from_str(text: &str) -> Result<Self, NamedContextError> {
        let place = if text.is_empty() {
            return Err(NamedContextError::Empty);
        } else if let Some(image) = text.strip_prefix(IMAGE) {
            let reference = image.parse::<Reference>();
            reference.map_err(|reason| NamedContextError::Image {
                text: text.to_owned(),
                reason,
            })?;
            ContextPlace::Image(image.to_owned())
        } else if let Some(layout) = text.strip_prefix(LAYOUT) {
            layout_place(layout)
        } else if REMOTE.iter().any(|prefix| text.starts_with(prefix)) {
            ContextPlace::Url(text.to_owned())
        } else {
            ContextPlace::Directory(text.into())
        };
        Ok(Self {
            text: text.to_owned(),
            place,
        })
    }
}

as_written!(NamedContext);

/// Takes `DIR`, `DIR:TAG` and `DIR@DIGEST` apart.
fn layout_place(text: &str) -> ContextPlace {
    let digest = text.rsplit_once('@').and_then(|(directory, digest)| {
        let digest = digest.parse().ok()?;
        // Next to a digest, a tag is for people only.
        let directory = tagged(directory).map_or(directory, |(directory, _)| directory);
        Some((directory, LayoutImage::Digest(digest)))
    });
    let tag = || tagged(text).map(|(directory, tag)| (directory, LayoutImage::Tag(tag.to_owned())));
    let (directory, image) = digest.or_else(tag).unwrap_or((text, LayoutImage::Default));
    ContextPlace::Layout {
        directory: directory.into(),
        image,
    }
}

fn tagged(text: &str) -> Option<(&str, &str)> {
    text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/'))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn place(text: &str) -> ContextPlace {
        let context: NamedContext = text.parse().unwrap();
        assert_eq!(context.to_string(), text);
        context.place
    }

    fn layout(text: &str) -> (PathBuf, LayoutImage) {
        match place(&format!("oci-layout://{text}")) {
            ContextPlace::Layout { directory, image } => (directory, image),
            other => panic!("{other:?}"),
        }
    }

    #[test_case("out" => ("out".into(), LayoutImage::Default))]
    #[test_case("/a:b/out" => ("/a:b/out".into(), LayoutImage::Default))]
    #[test_case("out:main" => ("out".into(), LayoutImage::Tag("main".into())))]
    #[test_case("a@b" => ("a@b".into(), LayoutImage::Default))]
    fn images_in_directories(text: &str) -> (PathBuf, LayoutImage) {
        layout(text)
    }

    #[test]
    fn a_digest_counts_and_its_tag_does_not() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for text in [format!("out@{digest}"), format!("out:main@{digest}")] {
            let expected = LayoutImage::Digest(digest.parse().unwrap());
            assert_eq!(layout(&text), ("out".into(), expected));
        }
    }

    #[test_case("docker-image://r.example/a:1" => ContextPlace::Image("r.example/a:1".into()))]
    #[test_case("../wheels" => ContextPlace::Directory("../wheels".into()))]
    #[test_case("git@github.com:a/b.git" => ContextPlace::Url("git@github.com:a/b.git".into()))]
    fn places(text: &str) -> ContextPlace {
        place(text)
    }

    #[test]
    fn mistakes_are_found_before_the_build() {
        let texts = ["", "docker-image://Upper:1", "docker-image://"].map(|text| {
            let error = text.parse::<NamedContext>().unwrap_err();
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            format!(
                "{error}{} ({})",
                cause.unwrap_or_default(),
                error.hint().unwrap_or_default()
            )
        });
        insta::assert_snapshot!(texts.join("\n"), @"
        The place of a build context is empty (Write a directory, a URL or `docker-image://NAME`)
        Build context `docker-image://Upper:1` names no image: image name `Upper:1` has upper-case letters (write `upper:1`)
        Build context `docker-image://` names no image: `` is not the name of an image (write `[REGISTRY/]NAME[:TAG]`; names are lower-case letters and digits, joined by single `.` or `_`, by `__` or by `-`)
        ");
    }
}
