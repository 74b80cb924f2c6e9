//! `--secret`: a build secret's id and where the client finds its value.
//!
//! The grammar is buildx's (`util/buildflags/secrets.go`): a CSV record of `id=`, `env=`, `src=`
//! (or `source=`) and `type=file|env`; with `type=env`, `src` names the variable.

use std::str::FromStr;

use super::csv;

/// A parsed `--secret`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretSpec {
    /// The id that `RUN --mount=type=secret` names.
    pub id: String,
    /// Where the value is.
    pub source: Source,
}

/// Where the client finds the value of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// An environment variable.
    Environment(String),
    /// A file.
    File(String),
    /// Not said: the variable that is named like the id if it exists, else a file of that name.
    Unsaid,
}

/// Why a text is no `--secret`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretSpecError {
    /// Not a CSV record.
    #[error(transparent)]
    Csv(#[from] csv::CsvError),
    /// A field without `=`. It is not shown: it may be the secret itself.
    #[error("field {0} is not of the form `key=value`")]
    NoValue(usize),
    /// A key that nobody knows. It is not shown for the same reason.
    #[error("field {0} has an unknown key; the keys are `id`, `env`, `src` and `type`")]
    UnknownKey(usize),
    /// A `type` that nobody knows.
    #[error("unknown type `{0}`; the types are `file` and `env`")]
    UnknownType(String),
    /// No id.
    #[error("the id is missing, as in `id=hf-token,env=HF_TOKEN`")]
    NoId,
    /// Two places.
    #[error("both `env` and `src` are given, and a secret has one place")]
    TwoSources,
}

impl FromStr for SecretSpec {
    type Err = SecretSpecError;

    fn from_str(text: &str) -> Result<Self, SecretSpecError> {
        let mut fields = Fields::default();
        for (number, field) in (1..).zip(csv::record(text)?) {
            fields.take(number, &field)?;
        }
        fields.finish()
    }
}

/// The fields of a `--secret` as they come.
#[derive(Default)]
struct Fields {
    id: Option<String>,
    env: Option<String>,
    src: Option<String>,
    is_variable: bool,
}

impl Fields {
    fn take(&mut self, number: usize, field: &str) -> Result<(), SecretSpecError> {
        let (key, value) = field
            .split_once('=')
            .ok_or(SecretSpecError::NoValue(number))?;
        match key.to_lowercase().as_str() {
            "id" => self.id = Some(value.to_owned()),
            "env" => self.env = Some(value.to_owned()),
            "src" | "source" => self.src = Some(value.to_owned()),
            "type" if value == "env" => self.is_variable = true,
            "type" if value == "file" => self.is_variable = false,
            "type" => return Err(SecretSpecError::UnknownType(value.to_owned())),
            _ => return Err(SecretSpecError::UnknownKey(number)),
        }
        Ok(())
    }

    fn finish(self) -> Result<SecretSpec, SecretSpecError> {
        let id = self
            .id
            .filter(|id| !id.is_empty())
            .ok_or(SecretSpecError::NoId)?;
        let source = match (self.env, self.src) {
            (Some(_), Some(_)) => return Err(SecretSpecError::TwoSources),
            (Some(variable), None) => Source::Environment(variable),
            (None, Some(variable)) if self.is_variable => Source::Environment(variable),
            (None, Some(path)) => Source::File(path),
            (None, None) if self.is_variable => Source::Environment(id.clone()),
            (None, None) => Source::Unsaid,
        };
        Ok(SecretSpec { id, source })
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn environment(name: &str) -> Source {
        Source::Environment(name.into())
    }

    #[test]
    fn every_form_is_read() {
        let source = |text: &str| text.parse::<SecretSpec>().unwrap().source;
        assert_eq!(source("id=t,env=HF_TOKEN"), environment("HF_TOKEN"));
        assert_eq!(source("type=env,id=t"), environment("t"));
        assert_eq!(source("id=t,type=env,src=X"), environment("X"));
        assert_eq!(source("id=t,source=/a b"), Source::File("/a b".into()));
        assert_eq!(source("\"id=t\",\"src=/a,b\""), Source::File("/a,b".into()));
        assert_eq!(source("id=t"), Source::Unsaid);
    }

    #[test]
    fn a_secret_in_place_of_its_description_is_not_shown() {
        for text in [
            "hunter2-canary",
            "hf_canary=",
            "id=t,canary",
            "\"canary",
            "canary==x",
        ] {
            let error = text.parse::<SecretSpec>().unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test_case("env=X"; "no id")]
    #[test_case("id=t,env=A,src=b"; "two places")]
    #[test_case("id=t,mode=0400"; "unknown key")]
    #[test_case("id=t,type=ssh"; "unknown type")]
    #[test_case("HF_TOKEN"; "no key")]
    #[test_case("id=\"t"; "broken csv")]
    fn what_docker_refuses_is_refused(text: &str) {
        assert!(text.parse::<SecretSpec>().is_err());
    }
}
