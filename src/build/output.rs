//! What becomes of a result: docker's `--output` grammar as exporters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::buildkit::Store;
use crate::buildkit::export::{
    Archive, ArchiveFormat, Export, ImageExport, ImageOptions, LocalExport, MobyExport,
};
use crate::buildkit::session::Destination;
use crate::docker::attributes::{AttributesError, attributes};
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
    let mut fields = attributes(text, "dest").map_err(|reason| OutputError::Form {
        text: text.to_owned(),
        reason,
    })?;
    let stdout = fields.get("dest").is_some_and(|dest| dest == "-");
    let default = if stdout { "tar" } else { "local" };
    let kind = fields.remove("type").unwrap_or_else(|| default.to_owned());
    let image = image_options(&mut fields, names);
    let export = match (kind.as_str(), store) {
        ("cacheonly", _) => return Ok(None),
        ("docker", _) if fields.contains_key("dest") => {
            archive(ArchiveFormat::Docker, image, &fields, text)?
        }
        ("moby" | "docker", _) | ("image", Store::Classic) => Export::Moby(MobyExport { image }),
        ("image", Store::Containerd | Store::None) => Export::Image(ImageExport {
            image,
            push: fields.get("push").is_some_and(|push| push == "true"),
        }),
        ("registry", _) => Export::Image(ImageExport { image, push: true }),
        ("oci", _) => archive(ArchiveFormat::Oci, image, &fields, text)?,
        ("tar", _) => archive(ArchiveFormat::Tar, image, &fields, text)?,
        ("local", _) if stdout => return Err(OutputError::LocalToStdout),
        ("local", _) => Export::Local(LocalExport {
            directory: destination(&fields, text)?,
        }),
        _ => return Err(OutputError::UnknownType(kind)),
    };
    Ok(Some(export))
}

fn image_options(fields: &mut BTreeMap<String, String>, names: &[String]) -> ImageOptions {
    let own = fields.remove("name");
    ImageOptions {
        names: own.map_or_else(
            || names.to_vec(),
            |name| name.split(',').map(str::to_owned).collect(),
        ),
        ..ImageOptions::default()
    }
}

fn archive(
    format: ArchiveFormat,
    image: ImageOptions,
    fields: &BTreeMap<String, String>,
    text: &str,
) -> Result<Export, OutputError> {
    let path = destination(fields, text)?;
    let destination = if path == Path::new("-") {
        Destination::Writer(Box::new(tokio::io::stdout()))
    } else {
        Destination::File(path)
    };
    Ok(Export::Archive(Archive {
        format,
        image,
        destination,
    }))
}

fn destination(fields: &BTreeMap<String, String>, text: &str) -> Result<PathBuf, OutputError> {
    let path = fields.get("dest").filter(|path| !path.is_empty());
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
    #[test_case("type=registry", Store::Containerd => "image")]
    #[test_case("type=oci,dest=x", Store::Containerd => "oci")]
    #[test_case("out", Store::Classic => "local")]
    #[test_case("-", Store::Classic => "tar")]
    fn outputs_become_exporters(text: &str, store: Store) -> &'static str {
        let mut exports = exports(&[text.to_owned()], &["a:1".to_owned()], store).unwrap();
        exports.remove(0).kind()
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
        ];
        let errors = exports(&outputs.map(str::to_owned), &[], Store::Classic).unwrap_err();
        let problems = errors.into_iter().map(Problem::from);
        let texts: Vec<_> = problems
            .map(|problem| format!("{problem} ({})", problem.hints.join("; ")))
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        Unknown output type `lokal` (Did you mean `local`?)
        Output `type=oci` does not say where to: `dest=PATH` is missing (Write, for example, `--output type=oci,dest=PATH`)
        Output type `local` needs a directory, not standard output (Write, for example, `--output type=local,dest=out`)
        Output `type=tar,x` is wrong: `x` is not of the form `key=value` (Write, for example, `--output type=local,dest=out`)
        ");
    }
}
