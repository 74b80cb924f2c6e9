//! `--secret`: tokens as files, never as variables.
//!
//! The value is read when the container is started and copied into its own file system, to
//! `/run/secrets/ID`, with mode 0400 for the container's user, after it was created and before it
//! starts. So it is in no environment, no `docker inspect` and no process list, works with an engine
//! on another machine, and is gone with the container, even if dynrun is killed. As long as the
//! container is there, it is a file among the engine's own, which root of its machine can read. A variable `..._PATH` or `..._FILE` says where it is.

use super::context::{Context, Implied};
use super::secret_file::{SecretFile, SecretSource};
use crate::launch::flag::{Flag, Origin};
use crate::launch::note::Note;
use crate::launch::paths;
use crate::problem::{Problem, ProblemKind};

/// What `--secret` asks for.
struct Asked {
    secret: SecretFile,
    /// Whether the container does without it if there is no value.
    is_optional: bool,
}

impl Asked {
    fn parse(text: &str, context: &Context<'_>) -> Result<Self, String> {
        let mut fields = text.split(',');
        let id = fields.next().unwrap_or_default();
        let id = id.strip_prefix("id=").unwrap_or(id);
        let valid = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if id.is_empty() || id.starts_with('.') || !id.chars().all(valid) {
            return Err(format!("`{id}` is no name of a file"));
        }
        let mut source = SecretSource::Variable(id.to_uppercase().replace(['-', '.'], "_"));
        let mut is_optional = false;
        for field in fields {
            if field == "optional" {
                is_optional = true;
                continue;
            }
            source = match field.split_once('=') {
                Some(("env", name)) => SecretSource::Variable(name.to_owned()),
                Some(("src" | "source" | "file", file)) => {
                    SecretSource::File(paths::absolute(&context.host.cwd, file))
                }
                _ => {
                    return Err(format!(
                        "`{field}` is neither `env=NAME`, `src=FILE` nor `optional`"
                    ));
                }
            };
        }
        let id = id.to_owned();
        Ok(Self {
            secret: SecretFile { id, source },
            is_optional,
        })
    }

    /// Returns the secret, or nothing if it may be missing and is.
    fn found(self, context: &Context<'_>) -> Result<Option<SecretFile>, String> {
        match self.secret.check(context) {
            Ok(()) => Ok(Some(self.secret)),
            Err(_) if self.is_optional => Ok(None),
            Err(why) => Err(why),
        }
    }
}

impl SecretFile {
    /// Checks that there is a value, without reading it.
    fn check(&self, context: &Context<'_>) -> Result<(), String> {
        match &self.source {
            SecretSource::Variable(name) => match context.host.env.get(name) {
                Some(value) if !value.is_empty() => Ok(()),
                Some(_) => Err(format!("the variable `{name}` is empty")),
                None => Err(format!("the variable `{name}` is not set")),
            },
            SecretSource::File(file) => match fs_err::metadata(file) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
        }
    }
}

pub(super) fn imply(context: &Context<'_>) -> Implied {
    let mut implied = Implied {
        notes: told(context),
        ..Implied::default()
    };
    for text in &context.request.secrets {
        match Asked::parse(text, context).and_then(|asked| asked.found(context)) {
            Ok(Some(secret)) => implied.give(secret, Origin::Implied("--secret")),
            Ok(None) => {}
            Err(why) => implied.problems.push(refuse(text, &why)),
        }
    }
    if let Some(token) = token_of_workspace(context) {
        implied.give(token, Origin::Implied("--mount-workspace"));
    }
    implied
}

impl Implied {
    fn give(&mut self, secret: SecretFile, origin: Origin) {
        let path = format!("{}={}", secret.variable(), secret.target());
        self.flags.push(Flag::value("env", path, origin));
        self.secrets.push(secret);
    }
}

/// With `--mount-workspace`, run.sh passed `HF_TOKEN` on; so does dynrun, but as a file.
fn token_of_workspace(context: &Context<'_>) -> Option<SecretFile> {
    let request = context.request;
    let token = SecretFile {
        id: "hf-token".to_owned(),
        source: SecretSource::Variable("HF_TOKEN".to_owned()),
    };
    let given = request.secrets.iter().any(|text| text.contains("hf-token"));
    let wanted = request.mount_workspace && !request.no_defaults && !given;
    let is_typed = context.typed_variable("HF_TOKEN");
    (wanted && !is_typed && token.check(context).is_ok()).then_some(token)
}

/// Variables that look like a token work as in docker, and are told.
fn told(context: &Context<'_>) -> Vec<Note> {
    if !context.typed_variable("HF_TOKEN") || context.request.no_defaults {
        return Vec::new();
    }
    vec![Note::new(
        "`-e HF_TOKEN` shows the token in `docker inspect` and to every process of the container; \
         `--secret hf-token` passes it as a file",
    )]
}

fn refuse(text: &str, why: &str) -> Problem {
    Problem::new(
        ProblemKind::Usage,
        format!("Invalid value `{text}` for `--secret`: {why}"),
    )
    .hint("Write `--secret hf-token`, `--secret hf-token,env=NAME` or `--secret hf-token,src=FILE`")
}
