//! `RUN --mount=…`.

use std::ops::Range;

use super::span::Spanned;
use crate::docker::csv;
use crate::docker::number::boolean;

/// A `--mount` of a `RUN`, as written: most of its values may hold variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The fields; `None` if they cannot be told apart, which is BuildKit's to refuse.
    fields: Option<Vec<Field>>,
    /// The whole flag.
    pub span: Range<usize>,
}

/// A key in lower case, and its value.
type Field = (String, Option<String>);

/// What a mount is once its variables are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mounted {
    /// What is mounted.
    pub kind: MountKind,
    /// The stage, image or context that `from` names.
    pub from: Option<Known>,
    /// The path in it.
    pub source: Option<Known>,
    /// Where it appears.
    pub target: Option<Known>,
    /// The id that is written.
    pub id: Option<Known>,
    /// Whether the step fails without it.
    pub required: bool,
}

/// The types of mounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MountKind {
    /// A directory of a stage, an image or the context.
    #[default]
    Bind,
    /// A directory that the engine keeps.
    Cache,
    /// An empty directory in memory.
    Tmpfs,
    /// A secret.
    Secret,
    /// The socket of an ssh agent.
    Ssh,
    /// A type that we do not know, or one that depends on a variable.
    Unknown,
}

/// A value, or that it depends on a variable that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// The value.
    Value(String),
    /// It is not known before the build.
    No,
}

impl Known {
    /// Returns the value if it is known.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Value(value) => Some(value),
            Self::No => None,
        }
    }
}

impl Mount {
    pub(super) fn new(text: &str, span: Range<usize>) -> Self {
        let field = |field: String| match field.split_once('=') {
            Some((key, value)) => (key.to_lowercase(), Some(value.to_owned())),
            None => (field.to_lowercase(), None),
        };
        let fields = csv::record(text).ok();
        Self {
            fields: fields.map(|fields| fields.into_iter().map(field).collect()),
            span,
        }
    }

    /// Replaces the variables; `expand` returns `None` for what is not known.
    pub fn resolve(&self, expand: &dyn Fn(&str) -> Option<String>) -> Mounted {
        let Some(fields) = &self.fields else {
            return Mounted {
                kind: MountKind::Unknown,
                ..Mounted::default()
            };
        };
        let mut mounted = Mounted::default();
        for (key, value) in fields {
            let known = || Some(expand(value.as_deref()?).map_or(Known::No, Known::Value));
            match key.as_str() {
                "type" => {
                    mounted.kind = known().map_or(MountKind::Unknown, |kind| MountKind::of(&kind));
                }
                "from" => mounted.from = known(),
                "source" | "src" => mounted.source = known(),
                "target" | "dst" | "destination" => mounted.target = known(),
                "id" => mounted.id = known(),
                "required" => {
                    let is_true = |value: &str| boolean(value) == Ok(true);
                    mounted.required =
                        known().is_none_or(|known| known.value().is_some_and(is_true));
                }
                _ => {}
            }
        }
        mounted
    }

    /// Returns the variable that holds a secret in the step.
    pub fn variable(&self) -> Option<&str> {
        let mut fields = self.fields.iter().flatten();
        fields.find(|(key, _)| key == "env")?.1.as_deref()
    }

    /// Returns what `from` names, as written.
    pub fn from(&self) -> Option<Spanned<&str>> {
        let mut fields = self.fields.iter().flatten().rev();
        let (_, from) = fields.find(|(key, _)| key == "from")?;
        Some(Spanned::new(from.as_deref()?, self.span.clone()))
    }
}

impl MountKind {
    fn of(kind: &Known) -> Self {
        let Known::Value(kind) = kind else {
            return Self::Unknown;
        };
        match kind.to_lowercase().as_str() {
            "bind" => Self::Bind,
            "cache" => Self::Cache,
            "tmpfs" => Self::Tmpfs,
            "secret" => Self::Secret,
            "ssh" => Self::Ssh,
            _ => Self::Unknown,
        }
    }
}

impl Mounted {
    /// Returns the id of the secret that the step gets: the one that is written, or the last part
    /// of the target.
    pub fn secret_id(&self) -> Known {
        let is_written = |value: &&Option<Known>| {
            value
                .as_ref()
                .is_some_and(|value| value.value() != Some(""))
        };
        if let Some(written) = [&self.source, &self.id].into_iter().find(is_written) {
            return written.clone().unwrap_or(Known::No);
        }
        match &self.target {
            Some(Known::Value(target)) => Known::Value(last_part(target).to_owned()),
            Some(Known::No) | None => Known::No,
        }
    }

    /// Returns the id of the agent that the step gets.
    pub fn ssh_id(&self) -> Known {
        match &self.id {
            Some(Known::Value(id)) if !id.is_empty() => Known::Value(id.clone()),
            Some(Known::No) => Known::No,
            Some(Known::Value(_)) | None => Known::Value("default".to_owned()),
        }
    }
}

/// The last part of a path, as Go's `path.Base` has it.
fn last_part(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match trimmed.rsplit('/').next() {
        Some("") | None if path.is_empty() => ".",
        Some("") | None => "/",
        Some(last) => last,
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn resolved(text: &str) -> Mounted {
        let expand = |value: &str| match value {
            "$K" => Some("secret".to_owned()),
            "$W" => Some("tok".to_owned()),
            value => (!value.contains('$')).then(|| value.to_owned()),
        };
        Mount::new(text, 0..0).resolve(&expand)
    }

    #[test_case("type=secret,id=tok", "tok"; "id")]
    #[test_case("type=secret,source=tok", "tok"; "source")]
    #[test_case("type=secret,src=tok,target=/x", "tok"; "short source")]
    #[test_case("type=secret,target=/run/tok", "tok"; "target")]
    #[test_case("type=secret,dst=/run/tok/", "tok"; "short target")]
    #[test_case("type=secret,destination=tok", "tok"; "long target")]
    #[test_case("TYPE=Secret,ID=tok", "tok"; "upper case")]
    #[test_case("type=secret,\"id=tok\",env=T", "tok"; "quoted field")]
    #[test_case("type=secret,\"id=a,b\"", "a,b"; "quoted comma")]
    #[test_case("type=$K,id=$W", "tok"; "variables")]
    #[test_case("type=secret,id=,target=tok", "tok"; "empty id")]
    fn the_id_of_a_secret(text: &str, id: &str) {
        let mounted = resolved(text);
        assert_eq!(mounted.kind, MountKind::Secret);
        assert_eq!(mounted.secret_id(), Known::Value(id.into()));
    }

    #[test_case("type=secret,id=$X"; "id")]
    #[test_case("type=secret,target=/run/$X"; "target")]
    #[test_case("type=secret"; "nothing")]
    fn an_id_that_is_not_known(text: &str) {
        assert_eq!(resolved(text).secret_id(), Known::No);
    }

    #[test_case("type=$X,id=a", MountKind::Unknown)]
    #[test_case("type=other", MountKind::Unknown)]
    #[test_case("a\"b", MountKind::Unknown)]
    #[test_case("target=/x", MountKind::Bind)]
    #[test_case("type=ssh,required", MountKind::Ssh)]
    fn kinds(text: &str, kind: MountKind) {
        assert_eq!(resolved(text).kind, kind);
    }

    #[test_case("type=secret,id=a", false; "not said")]
    #[test_case("type=secret,id=a,required", true; "a word")]
    #[test_case("type=secret,id=a,required=true", true; "true")]
    #[test_case("type=secret,id=a,required=0", false; "false")]
    fn required(text: &str, required: bool) {
        assert_eq!(resolved(text).required, required);
    }
}
