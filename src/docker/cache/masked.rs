//! The text of a cache, whose credentials do not show.

use std::fmt;

use crate::docker::csv;
use crate::redact::{MASK, is_secret_name, shown_assignment};
use crate::secret::Secret;

/// The text of a cache, well-formed or not, which is displayed with `****` for tokens and keys.
pub struct Masked<'a>(pub &'a str);

impl Masked<'_> {
    /// Returns the tokens and keys in it.
    pub fn credentials(&self) -> Vec<Secret> {
        let fields = self.fields().into_iter();
        let secret = fields.filter(|(_, is_secret)| *is_secret);
        let value = |field: String| match field.split_once('=') {
            Some((_, value)) => Secret::new(value),
            None => Secret::new(field),
        };
        secret.map(|(field, _)| value(field)).collect()
    }

    /// Returns the fields, each with whether it holds a credential.
    ///
    /// A text that is no cache is shown in the message that says so: what follows a credential
    /// without a name of its own is taken for its rest.
    fn fields(&self) -> Vec<(String, bool)> {
        let split = || self.0.split(',').map(str::to_owned).collect();
        let fields = csv::record(self.0).unwrap_or_else(|_| split());
        let mut is_secret = false;
        let marked = fields.into_iter().map(|field| {
            if let Some((name, _)) = field.split_once('=') {
                is_secret = is_secret_name(name.trim_matches(['"', ' ']));
            }
            (field, is_secret)
        });
        marked.collect()
    }
}

impl fmt::Display for Masked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields();
        if fields.iter().all(|(_, is_secret)| !is_secret) {
            return f.write_str(&shown_assignment(self.0));
        }
        let shown = fields.into_iter().map(|(field, is_secret)| {
            let name = field.split_once('=').map(|(name, _)| name);
            match (is_secret, name) {
                (false, _) => shown_assignment(&field).into_owned(),
                (true, Some(name)) => format!("{name}={MASK}"),
                (true, None) => MASK.to_owned(),
            }
        });
        f.write_str(&csv::join(&shown.collect::<Vec<_>>()))
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("type=registry,ref=a:1" => "type=registry,ref=a:1"; "nothing to hide")]
    #[test_case("type=registry,ref=u:canary@r.example/a:1" => "type=registry,ref=****@r.example/a:1"; "a login")]
    #[test_case("type=gha,Token=canary,scope=a" => "type=gha,Token=****,scope=a"; "a token")]
    #[test_case("type=s3,\"secret_access_key=can,ary\",bucket=b" => "type=s3,secret_access_key=****,bucket=b"; "in quotes")]
    #[test_case("type=s3,session_token=can,ary,bucket=b" => "type=s3,session_token=****,****,bucket=b"; "without the quotes that it needs")]
    #[test_case("type=gha,\"ghtoken=canary" => "type=gha,\"\"\"ghtoken=****\""; "quotes that are not closed")]
    fn credentials_do_not_show(text: &str) -> String {
        Masked(text).to_string()
    }

    #[test]
    fn credentials_are_known() {
        let text = "type=s3,bucket=b,access_key_id=me,\"secret_access_key=a,b\"";
        let credentials = Masked(text).credentials();
        assert_eq!(credentials, [Secret::new("me"), Secret::new("a,b")]);
        assert_eq!(Masked("a:1").credentials(), []);
    }
}
