//! What `docker buildx build` says about steps: their network, and what they may do beyond the
//! ordinary.

use std::str::FromStr;

use super::as_text::as_text;
use super::hinted::hinted;
use crate::text::words;

words! {
    /// `--network`: the network of steps that do not say which.
    #[derive(Default)]
    pub enum StepNetwork(StepNetworkError, StepNetworkError) {
        /// The engine's own for steps.
        #[default]
        Default = "default" | "",
        /// The engine's machine's.
        Host = "host",
        /// None.
        None = "none",
    }
}

/// Why a text is no network of steps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no network of build steps")]
pub struct StepNetworkError(String);

hinted!(StepNetworkError, "use `default`, `host` or `none`");

as_text!(StepNetwork);

words! {
    /// `--allow`: what steps may do beyond the ordinary, if they ask for it.
    #[derive(PartialOrd, Ord)]
    pub enum Entitlement(EntitlementError, EntitlementError) {
        /// Use the network of the engine's machine.
        NetworkHost = "network.host",
        /// Use all privileges.
        SecurityInsecure = "security.insecure",
    }
}

/// Why a text is no entitlement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no entitlement")]
pub struct EntitlementError(String);

hinted!(
    EntitlementError,
    "use `network.host` or `security.insecure`"
);

as_text!(Entitlement);

/// `--annotation`: a remark that an image carries in its manifest, index or descriptors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The attribute of an output that makes it, such as `annotation-index.KEY`.
    pub attributes: Vec<String>,
    /// Its value.
    pub value: String,
}

/// Why a text is no annotation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationError {
    /// It has no key, or no value.
    #[error("annotation `{0}` has no key and value")]
    Form(String),
    /// It is for a part that images do not have.
    #[error("annotation `{text}` is for `{part}`, which is no part of an image")]
    Part {
        /// What was written.
        text: String,
        /// The part.
        part: String,
    },
}

hinted!(
    AnnotationError,
    "write `[manifest|index|manifest-descriptor|index-descriptor[PLATFORM]:]KEY=VALUE`"
);

impl FromStr for Annotation {
    type Err = AnnotationError;

    /// Reads docker's grammar, `[TYPE[,TYPE…][[PLATFORM]]:]KEY=VALUE`.
    fn from_str(text: &str) -> Result<Self, AnnotationError> {
        const PARTS: [&str; 4] = [
            "manifest",
            "index",
            "manifest-descriptor",
            "index-descriptor",
        ];
        let form = || AnnotationError::Form(text.to_owned());
        let (name, value) = text.split_once('=').ok_or_else(form)?;
        let (parts, key) = name
            .split_once(':')
            .map_or((None, name), |(p, key)| (Some(p), key));
        if key.is_empty() {
            return Err(form());
        }
        let Some(parts) = parts else {
            return Ok(Self {
                attributes: vec![format!("annotation.{key}")],
                value: value.to_owned(),
            });
        };
        let (parts, platform) = match parts.split_once('[') {
            Some((parts, platform)) => (parts, format!("[{platform}")),
            None => (parts, String::new()),
        };
        let mut attributes = Vec::new();
        for part in parts.split(',') {
            if !PARTS.contains(&part) {
                let (text, part) = (text.to_owned(), part.to_owned());
                return Err(AnnotationError::Part { text, part });
            }
            attributes.push(format!("annotation-{part}{platform}.{key}"));
        }
        Ok(Self {
            attributes,
            value: value.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("host" => Ok(StepNetwork::Host))]
    #[test_case("none" => Ok(StepNetwork::None))]
    #[test_case("" => Ok(StepNetwork::Default))]
    #[test_case("bridge" => Err(StepNetworkError("bridge".into())))]
    fn networks_of_steps(text: &str) -> Result<StepNetwork, StepNetworkError> {
        text.parse()
    }

    #[test_case("security.insecure" => Ok(Entitlement::SecurityInsecure))]
    #[test_case("network.host" => Ok(Entitlement::NetworkHost))]
    #[test_case("fs.read=/" => Err(EntitlementError("fs.read=/".into())); "bake's")]
    fn entitlements(text: &str) -> Result<Entitlement, EntitlementError> {
        text.parse()
    }

    #[test_case("a=b=c" => "annotation.a")]
    #[test_case("index:org.a=b" => "annotation-index.org.a")]
    #[test_case("manifest[linux/arm64]:a=b" => "annotation-manifest[linux/arm64].a")]
    #[test_case("index,manifest:a=b" => "annotation-index.a annotation-manifest.a")]
    #[test_case("indx:a=b" => "annotation `indx:a=b` is for `indx`, which is no part of an image")]
    #[test_case("a" => "annotation `a` has no key and value")]
    #[test_case("=b" => "annotation `=b` has no key and value")]
    fn annotations(text: &str) -> String {
        match text.parse::<Annotation>() {
            Ok(annotation) => annotation.attributes.join(" "),
            Err(error) => error.to_string(),
        }
    }
}
