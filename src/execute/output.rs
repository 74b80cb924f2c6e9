//! What becomes of a result: docker's `--output` grammar as exporters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::attributes::{ANNOTATION, UnknownAttribute, check_known, take_boolean};
use crate::buildkit::Store;
use crate::buildkit::export::{
    Archive, ArchiveFormat, Export, ImageExport, ImageOptions, LocalExport, MobyExport,
};
use crate::buildkit::session::Destination;
use crate::docker::attributes::{AttributesError, attributes};
use crate::docker::number::{NumberError, boolean};
use crate::docker::reference::Reference;
use crate::exit::Exit;
use crate::problem::Problem;
use crate::suggest::closest;

/// The types that can be written, for messages.
const TYPES: [&str; 8] = [
    "docker",
    "image",
    "registry",
    "oci",
    "tar",
    "local",
    "moby",
    "cacheonly",
];

/// Why an output cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// The text has not the form of one.
    #[error("Output `{text}` is wrong: {reason}")]
    Form {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: AttributesError,
    },
    /// No such type.
    #[error("Unknown output type `{0}`")]
    UnknownType(String),
    /// A type that writes a file or directory, without saying which.
    #[error("Output `{0}` does not say where to: `dest=PATH` is missing")]
    NoDestination(String),
    /// An attribute that its exporter does not know.
    #[error(transparent)]
    UnknownAttribute(#[from] UnknownAttribute),
    /// A value that is no such value.
    #[error("Output `{text}` is wrong: {reason}")]
    Value {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: NumberError,
    },
    /// An image as a directory, which the engine sends in another way than archives.
    #[error("Output `{0}` asks for a directory (`tar=false`), which is not supported")]
    Unpacked(String),
    /// A digest is all that an image is pushed under, but it has a tag as well.
    #[error("Output `{text}` pushes by digest, but `{name}` has a tag")]
    TagByDigest {
        /// What was written.
        text: String,
        /// The name of the image.
        name: String,
    },
    /// Several files cannot be one stream.
    #[error("Output type `local` needs a directory, not standard output")]
    LocalToStdout,
}

impl From<OutputError> for Problem {
    fn from(error: OutputError) -> Self {
        let problem = Self::from_error(Exit::Usage, &error);
        match &error {
            OutputError::UnknownType(kind) => match closest(kind, TYPES) {
                Some(known) => problem.hint(format!("Did you mean `{known}`?")),
                None => problem.hint(format!("Use one of {}", TYPES.join(", "))),
            },
            OutputError::NoDestination(text) => {
                problem.hint(format!("Write, for example, `--output {text},dest=PATH`"))
            }
            OutputError::UnknownAttribute(unknown) => problem.hint(unknown.hint()),
            OutputError::Value { .. } => problem.hint("Write `true` or `false`"),
            OutputError::Unpacked(_) => {
                problem.hint("Leave `tar` out, and unpack the archive: `tar -xf FILE -C DIR`")
            }
            OutputError::TagByDigest { name, .. } => {
                let reference = name.parse::<Reference>();
                let repository =
                    reference.map_or_else(|_| name.clone(), |name| name.familiar_name());
                problem.hint(format!("Name the repository only: `name={repository}`"))
            }
            OutputError::Form { .. } | OutputError::LocalToStdout => {
                problem.hint("Write, for example, `--output type=local,dest=out`")
            }
        }
    }
}

/// Makes the exporters of a build whose image has these names.
///
/// # Errors
/// Returns every output that is wrong.
pub(super) fn exports(
    outputs: &[String],
    names: &[String],
    store: Store,
) -> Result<Vec<Export>, Vec<OutputError>> {
    let mut exports = Vec::new();
    let mut errors = Vec::new();
    for output in outputs {
        match export(output, names, store) {
            Ok(export) => exports.extend(export),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(exports)
    } else {
        Err(errors)
    }
}

fn export(text: &str, names: &[String], store: Store) -> Result<Option<Export>, OutputError> {
    let Output { kind, mut fields } = Output::read(text)?;
    let push = take_boolean(&mut fields, "push").map_err(|why| wrong(text, &why))?;
    let own_file = fields.remove("dest");
    let file = || destination(own_file.as_deref(), text);
    let own = fields.remove("name");
    let names = own.map_or_else(|| names.to_vec(), |own| list(&own));
    check_names_by_digest(text, &fields, &names)?;
    let image = ImageOptions {
        names,
        attributes: fields,
    };
    let export = match kind.as_str() {
        "cacheonly" => return Ok(None),
        "docker" if own_file.is_some() => archive(ArchiveFormat::Docker, image, file()?),
        "oci" => archive(ArchiveFormat::Oci, image, file()?),
        "tar" => archive(ArchiveFormat::Tar, image, file()?),
        "local" => Export::Local(LocalExport {
            directory: file()?,
            attributes: image.attributes,
        }),
        "image" | "registry" => {
            let push = push.unwrap_or(kind == "registry");
            // The classic store has another word for an image that stays in it.
            if store == Store::Classic && !push {
                Export::Moby(MobyExport { image })
            } else {
                Export::Image(ImageExport { image, push })
            }
        }
        _ => Export::Moby(MobyExport { image }),
    };
    Ok(Some(export))
}

/// An output taken apart; its type and the names of its attributes are known ones.
struct Output {
    kind: String,
    fields: BTreeMap<String, String>,
}

impl Output {
    fn read(text: &str) -> Result<Self, OutputError> {
        let mut fields = attributes(text, "dest").map_err(|reason| OutputError::Form {
            text: text.to_owned(),
            reason,
        })?;
        let dest = fields.get("dest").map(String::as_str);
        let stdout = dest == Some("-");
        let default = if stdout { "tar" } else { "local" };
        let kind = fields.get("type").map_or(default, String::as_str);
        let known = known_attributes(kind, dest.is_some())
            .ok_or_else(|| OutputError::UnknownType(kind.to_owned()))?;
        if stdout && kind == "local" {
            return Err(OutputError::LocalToStdout);
        }
        let kind = kind.to_owned();
        fields.remove("type");
        check_known(&fields, &known, ("Output type", &kind))?;
        if let Some(tar) = take_boolean(&mut fields, "tar").map_err(|why| wrong(text, &why))?
            && !tar
        {
            return Err(OutputError::Unpacked(text.to_owned()));
        }
        Ok(Self { kind, fields })
    }
}

/// What the exporters of BuildKit read; nothing for an unknown type.
fn known_attributes(kind: &str, has_destination: bool) -> Option<Vec<&'static str>> {
    const FORM: &[&str] = &[
        "name",
        ANNOTATION,
        "attestation-inline",
        "compression",
        "compression-level",
        "force-compression",
        "oci-mediatypes",
        "prefer-nondist-layers",
        "rewrite-timestamp",
        "source-date-epoch",
    ];
    const STORED: &[&str] = &["dangling-name-prefix", "name-canonical", "store", "unpack"];
    const PUSHED: &[&str] = &["push", "push-by-digest", "registry.insecure"];
    const FILES: &[&str] = &["attestation-prefix", "platform-split", "source-date-epoch"];
    let known: &[&[&str]] = match kind {
        "cacheonly" => &[],
        "image" | "registry" => &[FORM, STORED, PUSHED],
        "docker" if has_destination => &[FORM, &["dest", "tar"]],
        "oci" => &[FORM, &["dest", "tar"]],
        "docker" | "moby" => &[FORM, STORED],
        "local" | "tar" => &[FILES, &["dest"]],
        _ => return None,
    };
    Some(known.concat())
}

/// Several names are one attribute.
fn list(names: &str) -> Vec<String> {
    names.split(',').map(str::to_owned).collect()
}

/// A registry has no place for a tag of what is pushed by digest, which BuildKit says only after
/// the build.
fn check_names_by_digest(
    text: &str,
    fields: &BTreeMap<String, String>,
    names: &[String],
) -> Result<(), OutputError> {
    let by_digest = fields.get("push-by-digest");
    let by_digest = by_digest.map(|value| boolean(value)).transpose();
    if by_digest.map_err(|why| wrong(text, &why))? != Some(true) {
        return Ok(());
    }
    let tagged = names.iter().find(|name| {
        let reference = name.parse::<Reference>();
        reference.is_ok_and(|reference| reference.tag().is_some())
    });
    match tagged {
        None => Ok(()),
        Some(name) => Err(OutputError::TagByDigest {
            text: text.to_owned(),
            name: name.clone(),
        }),
    }
}

fn wrong(text: &str, why: &NumberError) -> OutputError {
    OutputError::Value {
        text: text.to_owned(),
        reason: why.clone(),
    }
}

fn archive(format: ArchiveFormat, image: ImageOptions, path: PathBuf) -> Export {
    let destination = if path == Path::new("-") {
        Destination::Writer(Box::new(tokio::io::stdout()))
    } else {
        Destination::File(path)
    };
    Export::Archive(Archive {
        format,
        image,
        destination,
    })
}

fn destination(path: Option<&str>, text: &str) -> Result<PathBuf, OutputError> {
    let path = path.filter(|path| !path.is_empty());
    path.map(PathBuf::from)
        .ok_or_else(|| OutputError::NoDestination(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("type=docker", Store::Classic => "moby")]
    #[test_case("type=docker", Store::Containerd => "moby")]
    #[test_case("type=docker,dest=x.tar", Store::Containerd => "docker")]
    #[test_case("type=image", Store::Classic => "moby")]
    #[test_case("type=image", Store::Containerd => "image")]
    #[test_case("type=image,push=false", Store::Classic => "moby")]
    #[test_case("type=image,push=true", Store::Classic => "image"; "what the classic store refuses")]
    #[test_case("type=registry", Store::Containerd => "image")]
    #[test_case("type=oci,dest=x", Store::Containerd => "oci")]
    #[test_case("out", Store::Classic => "local")]
    #[test_case("-", Store::Classic => "tar")]
    fn outputs_become_exporters(text: &str, store: Store) -> &'static str {
        let mut exports = exports(&[text.to_owned()], &["a:1".to_owned()], store).unwrap();
        exports.remove(0).kind()
    }

    fn one(text: &str) -> Export {
        let names = ["registry.example/a:1".to_owned()];
        let mut exports = exports(&[text.to_owned()], &names, Store::Containerd).unwrap();
        exports.remove(0)
    }

    #[test_case("type=image", false)]
    #[test_case("type=image,push=1", true)]
    #[test_case("type=image,push=False", false)]
    #[test_case("type=registry", true)]
    #[test_case("type=registry,push=f", false)]
    fn whether_to_push_is_read_as_docker_does(text: &str, pushed: bool) {
        let Export::Image(export) = one(text) else {
            panic!("no image")
        };
        assert_eq!(export.push, pushed);
    }

    #[test]
    fn attributes_reach_the_exporter_as_written() {
        let text = "type=image,name=registry.example/a,push-by-digest=true,compression=zstd,\
                    annotation.title=x,registry.insecure=1";
        let Export::Image(export) = one(text) else {
            panic!("no image")
        };
        assert_eq!(export.image.names, ["registry.example/a"]);
        let attributes = export.image.attributes.iter();
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
        let Export::Local(export) = one("dest=out,platform-split=false") else {
            panic!("no directory")
        };
        assert_eq!(export.attributes["platform-split"], "false");
    }

    #[test]
    fn nothing_is_made_of_a_result_that_only_fills_the_cache() {
        assert!(
            exports(&["type=cacheonly".into()], &[], Store::Classic)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let outputs = [
            "type=lokal,dest=x",
            "type=oci",
            "type=local,dest=-",
            "type=tar,x",
            "type=image,compresion=zstd",
            "type=image,dest=x",
            "type=local,dest=x,push=true",
            "type=cacheonly,name=a",
            "type=image,push=yes",
            "type=oci,dest=x,tar=false",
            "type=registry,push-by-digest=1",
        ];
        let names = ["registry.example/a:1".to_owned()];
        let errors = exports(&outputs.map(str::to_owned), &names, Store::Classic).unwrap_err();
        let problems = errors.into_iter().map(Problem::from);
        let texts: Vec<_> = problems
            .map(|problem| format!("{problem} ({})", problem.hints.join("; ")))
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @"
        Unknown output type `lokal` (Did you mean `local`?)
        Output `type=oci` does not say where to: `dest=PATH` is missing (Write, for example, `--output type=oci,dest=PATH`)
        Output type `local` needs a directory, not standard output (Write, for example, `--output type=local,dest=out`)
        Output `type=tar,x` is wrong: `x` is not of the form `key=value` (Write, for example, `--output type=local,dest=out`)
        Output type `image` has no attribute `compresion` (Did you mean `compression`?)
        Output type `image` has no attribute `dest` (It has name, annotation.KEY, attestation-inline, compression, compression-level, force-compression, oci-mediatypes, prefer-nondist-layers, rewrite-timestamp, source-date-epoch, dangling-name-prefix, name-canonical, store, unpack, push, push-by-digest, registry.insecure)
        Output type `local` has no attribute `push` (It has attestation-prefix, platform-split, source-date-epoch, dest)
        Output type `cacheonly` has no attribute `name` (Leave it out)
        Output `type=image,push=yes` is wrong: `yes` is neither true nor false (Write `true` or `false`)
        Output `type=oci,dest=x,tar=false` asks for a directory (`tar=false`), which is not supported (Leave `tar` out, and unpack the archive: `tar -xf FILE -C DIR`)
        Output `type=registry,push-by-digest=1` pushes by digest, but `registry.example/a:1` has a tag (Name the repository only: `name=registry.example/a`)
        ");
    }
}
