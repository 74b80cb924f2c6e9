//! Where the value of a secret is found, as `[secrets]` says it: `env:NAME` or `file:PATH`.

/// A place of a value. Nothing of the value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SecretSource<'a> {
    pub(super) kind: SourceKind,
    /// The name of the variable, or the path.
    pub(super) place: &'a str,
    /// Whether members start without it if it is not there: `env?:NAME`.
    pub(super) is_optional: bool,
}

/// What holds a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SourceKind {
    Variable,
    File,
}

impl<'a> SecretSource<'a> {
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let (word, place) = text.split_once(':')?;
        let kind = match word.trim_end_matches('?') {
            "env" => SourceKind::Variable,
            "file" => SourceKind::File,
            _ => return None,
        };
        let questions = word.matches('?').count();
        (!place.is_empty() && questions < 2).then_some(Self {
            kind,
            place,
            is_optional: questions == 1,
        })
    }

    /// Returns it as `--secret` of `dynrun run` takes it.
    pub(super) fn option(self, id: &str) -> String {
        let Self {
            kind,
            place,
            is_optional,
        } = self;
        let optional = if is_optional { ",optional" } else { "" };
        match kind {
            SourceKind::Variable => format!("{id},env={place}{optional}"),
            SourceKind::File => format!("{id},src={place}{optional}"),
        }
    }

    /// Returns the variable that a value comes from, if it may be missing.
    pub(super) fn optional_variable(self) -> Option<&'a str> {
        (self.is_optional && self.kind == SourceKind::Variable).then_some(self.place)
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("env:HF_TOKEN" => Some("t,env=HF_TOKEN".to_owned()); "a variable")]
    #[test_case("env?:HF_TOKEN" => Some("t,env=HF_TOKEN,optional".to_owned()); "one that may be missing")]
    #[test_case("file:/a:b" => Some("t,src=/a:b".to_owned()); "a file")]
    #[test_case("file?:/a" => Some("t,src=/a,optional".to_owned()); "a file that may be missing")]
    #[test_case("env:" => None; "no name")]
    #[test_case("env??:X" => None; "two questions")]
    #[test_case("hf_abc" => None; "a value")]
    #[test_case("environment:X" => None; "another word")]
    fn sources_are_read(text: &str) -> Option<String> {
        Some(SecretSource::parse(text)?.option("t"))
    }
}
