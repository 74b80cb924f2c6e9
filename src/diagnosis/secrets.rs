//! Which of the secrets that a failed step did not have could have helped.

/// Secrets that are for one kind of server only: how their ids begin, and what a failure that they
/// could have prevented mentions.
const KINDS: &[(&str, &[&str])] = &[
    ("actions-", &["actions", "sccache"]),
    ("aws-", &["amazonaws", "aws", "s3", "sccache"]),
    ("ca", &["certificate"]),
    ("github-", &["github"]),
    ("gitlab-", &["gitlab"]),
    ("hf-", &["hf.co", "huggingface"]),
    ("sccache-", &["sccache"]),
];

/// Returns what to say of the secrets that the step mounts and this build does not have, if one of
/// them may be the login that a failure is `about`.
pub(super) fn hint(about: &str, absent: &[String]) -> Option<String> {
    let about = about.to_lowercase();
    let useful = absent.iter().filter(|id| may_help(id, &about));
    let shown: Vec<_> = useful.map(|id| format!("`{id}`")).collect();
    (!shown.is_empty()).then(|| {
        let them = if shown.len() == 1 { "it" } else { "one" };
        format!(
            "The step takes {}, which this build does not have; give {them} with \
             `--secret id=ID,src=FILE`",
            shown.join(", ")
        )
    })
}

fn may_help(id: &str, about: &str) -> bool {
    let kind = KINDS.iter().find(|(prefix, _)| id.starts_with(prefix));
    kind.is_none_or(|(_, words)| words.iter().any(|word| about.contains(word)))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use crate::diagnosis::{Evidence, Setting, diagnose};

    #[test_case("fatal: Authentication failed for 'https://github.com/x/y/'" => Some("The step takes `github-token`, `netrc`, which this build does not have; give one with `--secret id=ID,src=FILE`".into()); "a repository")]
    #[test_case("ERROR: HTTP error 403 while getting https://index.example/x.whl" => Some("The step takes `netrc`, which this build does not have; give it with `--secret id=ID,src=FILE`".into()); "an index")]
    #[test_case("error: rustc 1.90.0 is not supported by the following packages:" => None; "nothing that a login is good for")]
    #[test_case("curl: (6) Could not resolve host: github.com" => None; "no network")]
    fn only_secrets_that_may_help_are_named(line: &str) -> Option<String> {
        let absent = ["github-token", "hf-token", "netrc", "sccache-webdav-token"];
        let absent = absent.map(str::to_owned);
        diagnose(&Evidence::new(Setting::Step, line))
            .unwrap()
            .login_hint(&absent)
    }
}
