//! Addresses with a password or a token in them.

use super::mask::MASK;
use super::name::is_secret_name;

/// Parameters of signed addresses, in addition to those that are named like a secret.
const SIGNATURES: [&str; 3] = ["sig", "signature", "x-amz-signature"];

/// Schemes whose user is the name of an account.
const ACCOUNTS: [&str; 5] = ["ssh", "git", "git+ssh", "svn+ssh", "sftp"];

/// Returns `text` with the logins and signatures in its addresses masked; nothing if there are
/// none.
pub(super) fn mask_addresses(text: &str) -> Option<String> {
    if !text.contains("://") {
        return None;
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        let end = after.find(ends_address).unwrap_or(after.len());
        let end = match after[..end].find("://") {
            // Two of them without anything in between.
            Some(inner) if login(&after[..end]).is_none() => inner,
            _ => end,
        };
        let (address, behind) = after.split_at(end);
        shown.push_str(before);
        shown.push_str(&masked(scheme(before), address));
        rest = behind;
    }
    shown.push_str(rest);
    (shown != text).then_some(shown)
}

/// Returns whether a character cannot be part of an address in a text.
fn ends_address(character: char) -> bool {
    character.is_whitespace() || character.is_control() || "\"'`<>|\\^".contains(character)
}

/// Returns the scheme that ends a text such as `see git+https://`.
fn scheme(before: &str) -> &str {
    let name = before.trim_end_matches("://");
    let is_part = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    name.rsplit(|c: char| !is_part(c)).next().unwrap_or(name)
}

/// Masks what stands between `scheme://` and the end of an address.
fn masked(scheme: &str, address: &str) -> String {
    match login(address) {
        Some(login) if is_secret_login(scheme, login) => {
            format!("{MASK}{}", masked_query(&address[login.len()..]))
        }
        _ => masked_query(address),
    }
}

/// Returns what stands before the last `@` of the host's part. Passwords with a slash, which should
/// have been escaped, are found too.
fn login(address: &str) -> Option<&str> {
    let host = address.split(['/', '?', '#']).next().unwrap_or(address);
    if let Some((login, _)) = host.rsplit_once('@') {
        return Some(login);
    }
    let (_, port) = host.split_once(':')?;
    let is_port = port.is_empty() || port.chars().all(|digit| digit.is_ascii_digit());
    let (login, _) = address.split([',', ';']).next()?.rsplit_once('@')?;
    (!is_port && host.starts_with(login.split(['/', '?', '#']).next()?)).then_some(login)
}

/// Returns whether a login has more in it than the name of an account, or a reference to a
/// variable.
fn is_secret_login(scheme: &str, login: &str) -> bool {
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (login, None),
    };
    let is_known = |text: &str| text.is_empty() || text == MASK || text.starts_with('$');
    match password {
        Some(password) => !is_known(password) || !is_known(user) && password.is_empty(),
        None => !is_known(user) && user != "git" && !ACCOUNTS.contains(&scheme),
    }
}

/// Masks the parameters behind the question mark that are signatures or named like a secret.
fn masked_query(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else {
        return address.to_owned();
    };
    let shown = query.split_inclusive(['&', ';', '#']).map(|part| {
        let end = part.trim_end_matches(['&', ';', '#']).len();
        match part[..end].split_once('=') {
            Some((name, value)) if is_secret_parameter(name) && !value.is_empty() => {
                format!("{name}={MASK}{}", &part[end..])
            }
            _ => part.to_owned(),
        }
    });
    format!("{path}?{}", shown.collect::<String>())
}

fn is_secret_parameter(name: &str) -> bool {
    SIGNATURES.contains(&name.to_lowercase().as_str()) || is_secret_name(name)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("https://u:canary@h/x" => "https://****@h/x")]
    #[test_case("see http://me:can@ary@proxy:3128/." => "see http://****@proxy:3128/."; "an at sign in it")]
    #[test_case("https://u:can/ary#1@h/x" => "https://****@h/x"; "a slash in it")]
    #[test_case("https://canary@github.com/x/y" => "https://****@github.com/x/y"; "a token alone")]
    #[test_case("https://canary:x-oauth-basic@github.com" => "https://****@github.com"; "a token as the user")]
    #[test_case("https://canary:@github.com" => "https://****@github.com"; "an empty password")]
    #[test_case("'https://u:canary@a' and \"redis://:canary@b:6379/0\"" => "'https://****@a' and \"redis://****@b:6379/0\""; "two of them")]
    #[test_case("unix://x://u:canary@h" => "unix://x://****@h"; "two schemes")]
    #[test_case("tcp://u:canary@h:2375" => "tcp://****@h:2375")]
    #[test_case("https://b.s3/x?X-Amz-Signature=canary&part=1&token=canary#f" => "https://b.s3/x?X-Amz-Signature=****&part=1&token=****#f"; "a signed address")]
    fn passwords_are_masked(text: &str) -> String {
        mask_addresses(text).unwrap()
    }

    #[test_case("ssh://git@github.com/x/y.git"; "an account")]
    #[test_case("https://git@github.com/x"; "the account of git")]
    #[test_case("https://oauth2:${TOKEN}@gitlab.example/x"; "a reference")]
    #[test_case("https://$TOKEN@github.com"; "a reference as the user")]
    #[test_case("http://localhost:8000/a@b"; "a path")]
    #[test_case("https://h/x@v1?page=2"; "a version")]
    #[test_case("docker-image://r.example/x:1@sha256:0123"; "a digest")]
    #[test_case("no address: u:p@h"; "none")]
    fn the_rest_stays(text: &str) {
        assert_eq!(mask_addresses(text), None);
    }
}
