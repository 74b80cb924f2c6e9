//! `--output`: what becomes of the result of a build.

mod error;
mod kind;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

pub use self::error::OutputError;
pub use self::kind::OutputKind;
use super::as_text::as_written;
use super::attributes::{Attributes, COMPRESSIONS};
use super::csv;
use super::number::boolean;
use super::reference::Reference;
use crate::text::Words as _;

/// An output, as written and as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    text: String,
    /// The type.
    pub kind: OutputKind,
    /// Image names of its own, instead of those of the build.
    pub names: Option<Vec<String>>,
    /// Whether the image is pushed, where that is said.
    pub push: Option<bool>,
    /// Where the bytes go that the engine sends.
    pub destination: Option<Destination>,
    /// The other attributes, under BuildKit's own names.
    pub attributes: BTreeMap<String, String>,
}

/// Where the bytes go that the engine sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Stdout,
    /// A file, or the directory of [`OutputKind::Local`].
    Path(PathBuf),
}

impl FromStr for Output {
    type Err = OutputError;

    fn from_str(text: &str) -> Result<Self, OutputError> {
        let mut attributes = Attributes::read("output", text, &text, "dest")?;
        let is_stdout = attributes.get("dest") == Some("-");
        let kind = match attributes.fields.remove("type") {
            Some(kind) => OutputKind::from_word(&kind).ok_or(OutputError::UnknownKind(kind))?,
            None if is_stdout => OutputKind::Tar,
            None => OutputKind::Local,
        };
        if is_stdout && kind == OutputKind::Local {
            return Err(OutputError::LocalToStdout);
        }
        let dest = attributes.get("dest").map(str::to_owned);
        attributes.check_known(kind.as_str(), &kind.known_attributes(dest.is_some()))?;
        check_values(&attributes, text)?;
        if attributes.take_boolean("tar")? == Some(false) {
            return Err(OutputError::Unpacked(text.to_owned()));
        }
        let destination = dest.as_deref().and_then(Destination::new);
        if destination.is_none() && (dest.is_some() || kind.needs_destination()) {
            return Err(OutputError::NoDestination {
                text: text.to_owned(),
                kind,
            });
        }
        let push = attributes.take_boolean("push")?;
        attributes.boolean("push-by-digest")?;
        let mut fields = attributes.fields;
        fields.remove("dest");
        Ok(Self {
            text: text.to_owned(),
            kind,
            names: fields.remove("name").map(|names| list(&names)),
            push,
            destination,
            attributes: fields,
        })
    }
}

/// Refuses values that BuildKit refuses when everything is built. It takes an empty one for none, or
/// for true.
fn check_values(attributes: &Attributes<'_>, text: &str) -> Result<(), OutputError> {
    const SWITCHES: &[&str] = &[
        "attestation-inline",
        "force-compression",
        "name-canonical",
        "oci-mediatypes",
        "platform-split",
        "prefer-nondist-layers",
        "registry.insecure",
        "rewrite-timestamp",
        "store",
        "unpack",
    ];
    let written = |name: &str| attributes.get(name).filter(|value| !value.is_empty());
    for switch in SWITCHES.iter().filter(|name| written(name).is_some()) {
        attributes.boolean(switch)?;
    }
    if written("compression").is_some() {
        attributes.check_word("compression", COMPRESSIONS)?;
    }
    match written("compression-level").map(str::parse::<i64>) {
        Some(Err(_)) => Err(OutputError::Level(text.to_owned())),
        Some(Ok(_)) | None => Ok(()),
    }
}

/// Several names are one attribute.
fn list(names: &str) -> Vec<String> {
    names.split(',').map(str::to_owned).collect()
}

impl Destination {
    fn new(path: &str) -> Option<Self> {
        match path {
            "" => None,
            "-" => Some(Self::Stdout),
            path => Some(Self::Path(path.into())),
        }
    }
}

impl Output {
    /// Returns whether the engine's own store gets the image.
    pub fn is_loaded(&self) -> bool {
        matches!(self.kind, OutputKind::Docker | OutputKind::Moby) && self.destination.is_none()
    }

    /// Returns whether a registry gets the image.
    pub fn is_pushed(&self) -> bool {
        match self.kind {
            OutputKind::Registry => self.push.unwrap_or(true),
            OutputKind::Image => self.push.unwrap_or(false),
            OutputKind::CacheOnly
            | OutputKind::Docker
            | OutputKind::Moby
            | OutputKind::Oci
            | OutputKind::Tar
            | OutputKind::Local => false,
        }
    }

    /// Creates an output that has nothing but a type, and perhaps names of its own.
    pub fn new(kind: OutputKind, names: Option<Vec<String>>) -> Self {
        let mut fields = vec![format!("type={kind}")];
        fields.extend(
            names
                .as_ref()
                .map(|names| format!("name={}", names.join(","))),
        );
        Self {
            text: csv::join(&fields),
            kind,
            names,
            push: None,
            destination: None,
            attributes: BTreeMap::new(),
        }
    }

    /// Returns the output with these names if it makes an image and has no names of its own.
    #[must_use]
    pub fn with_names(&self, names: &[String]) -> Self {
        let mut output = self.clone();
        if self.kind.is_image() && self.names.is_none() && !names.is_empty() {
            let field = csv::join(&[format!("name={}", names.join(","))]);
            output.text = format!("{},{field}", self.text);
            output.names = Some(names.to_vec());
        }
        output
    }

    /// Returns the output with a further attribute, if it makes an image.
    #[must_use]
    pub fn with_attribute(&self, name: &str, value: &str) -> Self {
        let mut output = self.clone();
        if self.kind.is_image() {
            let field = csv::join(&[format!("{name}={value}")]);
            output.text = format!("{},{field}", self.text);
            output.attributes.insert(name.to_owned(), value.to_owned());
        }
        output
    }

    /// Refuses tags where a digest is all that the image is pushed under, which BuildKit does only
    /// after the build; `names` are those of the build.
    ///
    /// # Errors
    /// Names the first image that has a tag.
    pub fn check_names(&self, names: &[String]) -> Result<(), OutputError> {
        let names = self.names.as_deref().unwrap_or(names);
        let has_tag = |name: &&String| {
            let reference = name.parse::<Reference>();
            reference.is_ok_and(|reference| reference.tag().is_some())
        };
        match names.iter().find(has_tag) {
            Some(name) if self.is_on("push-by-digest") => Err(OutputError::TagByDigest {
                text: self.text.clone(),
                name: name.clone(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// Returns whether it is pushed to whatever answers, without TLS or with any certificate.
    pub fn is_insecure(&self) -> bool {
        self.is_on("registry.insecure")
    }

    fn is_on(&self, switch: &str) -> bool {
        let value = self.attributes.get(switch);
        value.is_some_and(|value| boolean(value) == Ok(true))
    }
}

as_written!(Output);

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;
    use crate::docker::Hinted as _;

    fn one(text: &str) -> Output {
        text.parse().unwrap()
    }

    #[test_case("type=image" => None)]
    #[test_case("type=image,push=1" => Some(true))]
    #[test_case("type=image,push=False" => Some(false))]
    #[test_case("type=registry,push=f" => Some(false))]
    fn whether_to_push_is_read_as_docker_does(text: &str) -> Option<bool> {
        one(text).push
    }

    #[test_case("out" => (OutputKind::Local, Some(Destination::Path("out".into()))))]
    #[test_case("-" => (OutputKind::Tar, Some(Destination::Stdout)))]
    #[test_case("type=docker" => (OutputKind::Docker, None))]
    #[test_case("type=oci,dest=-" => (OutputKind::Oci, Some(Destination::Stdout)))]
    fn destinations(text: &str) -> (OutputKind, Option<Destination>) {
        let Output {
            kind, destination, ..
        } = one(text);
        (kind, destination)
    }

    #[test]
    fn attributes_stay_as_written() {
        let output = one(
            "type=image,name=registry.example/a,push-by-digest=true,compression=zstd,\
             annotation.title=x,registry.insecure=1",
        );
        assert_eq!(output.names.unwrap(), ["registry.example/a"]);
        let attributes = output.attributes.iter();
        let attributes: Vec<_> = attributes.map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            attributes,
            [
                "annotation.title=x",
                "compression=zstd",
                "push-by-digest=true",
                "registry.insecure=1",
            ]
        );
        assert_eq!(
            one("dest=out,platform-split=false").attributes["platform-split"],
            "false"
        );
    }

    #[test]
    fn names_are_spelled_out_for_outputs_that_make_images() {
        let names = ["a:1".to_owned(), "b:1".to_owned()];
        let spelled = |text: &str, names: &[String]| {
            let output = one(text).with_names(names);
            assert_eq!(one(&output.to_string()), output);
            output.to_string()
        };
        assert_eq!(
            spelled("type=docker", &names),
            r#"type=docker,"name=a:1,b:1""#
        );
        assert_eq!(
            spelled("type=oci,dest=x", &names[..1]),
            "type=oci,dest=x,name=a:1"
        );
        assert_eq!(spelled("type=image,name=c", &names), "type=image,name=c");
        assert_eq!(spelled("type=local,dest=x", &names), "type=local,dest=x");
        assert_eq!(spelled("out", &names), "out");
        let made = Output::new(OutputKind::Registry, Some(names.into()));
        assert_eq!(one(&made.to_string()), made);
    }

    #[test]
    fn mistakes_have_a_fix() {
        let texts = [
            "type=lokal,dest=x",
            "type=oci",
            "type=oci,dest=",
            "type=local,dest=-",
            "type=tar,x",
            "type=image,compresion=zstd",
            "type=image,dest=x",
            "type=local,dest=x,push=true",
            "type=cacheonly,name=a",
            "type=image,push=yes",
            "type=image,push-by-digest=yes",
            "type=image,compression=gz",
            "type=oci,dest=x,compression=lzma",
            "type=image,compression-level=high",
            "type=image,force-compression=maybe",
            "type=local,dest=x,platform-split=2",
            "type=oci,dest=x,tar=false",
            "type=registry,push-by-digest=1",
        ];
        let names = ["registry.example/a:1".to_owned()];
        let mistakes = texts.map(|text| {
            let output = text.parse::<Output>();
            let checked = output.and_then(|output| output.check_names(&names));
            let error = checked.unwrap_err();
            format!("{error} ({})", error.hint().unwrap())
        });
        insta::assert_snapshot!(mistakes.join("\n"), @"
        Unknown output type `lokal` (Did you mean `local`?)
        Output `type=oci` does not say where to: `dest=PATH` is missing (Write, for example, `--output type=oci,dest=PATH`)
        Output `type=oci,dest=` does not say where to: `dest=PATH` is missing (Write, for example, `--output type=oci,dest=PATH`)
        Output type `local` needs a directory, not standard output (Write, for example, `--output type=local,dest=out`)
        Invalid output `type=tar,x`: `x` is not of the form `key=value` (Write, for example, `--output type=local,dest=out`)
        Output type `image` has no attribute `compresion` (Did you mean `compression`?)
        Output type `image` has no attribute `dest` (It has name, annotation.KEY, attestation-inline, compression, compression-level, force-compression, oci-mediatypes, prefer-nondist-layers, rewrite-timestamp, source-date-epoch, dangling-name-prefix, name-canonical, store, unpack, push, push-by-digest, registry.insecure)
        Output type `local` has no attribute `push` (It has attestation-prefix, platform-split, source-date-epoch, dest)
        Output type `cacheonly` has no attribute `name` (Leave it out)
        Invalid output `type=image,push=yes`: `yes` is neither true nor false (Write `true` or `false`)
        Invalid output `type=image,push-by-digest=yes`: `yes` is neither true nor false (Write `true` or `false`)
        Invalid value `gz` of the output attribute `compression` (Did you mean `gzip`?)
        Invalid value `lzma` of the output attribute `compression` (Write one of `gzip`, `zstd`, `estargz`, `uncompressed`)
        Invalid output `type=image,compression-level=high`: `compression-level` is no number (Write, for example, `compression-level=3`)
        Invalid output `type=image,force-compression=maybe`: `maybe` is neither true nor false (Write `true` or `false`)
        Invalid output `type=local,dest=x,platform-split=2`: `2` is neither true nor false (Write `true` or `false`)
        Output `type=oci,dest=x,tar=false` asks for a directory (`tar=false`), which is not supported (Leave `tar` out, and unpack the archive: `tar -xf FILE -C DIR`)
        Output `type=registry,push-by-digest=1` pushes by digest, but `registry.example/a:1` has a tag (Name the repository only: `name=registry.example/a`)
        ");
    }
}
