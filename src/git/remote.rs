//! Where a repository comes from, fit to be published.

/// Returns a remote's URL without credentials, or `None` if it names no public place.
///
/// Labels of an image can be read by everybody who has the image, so user names and passwords,
/// query strings (tokens travel there too) and paths of this machine are left out. The short form
/// of ssh, `git@host:path`, becomes a URL.
pub(crate) fn public_url(url: &str) -> Option<String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        return short_ssh(url);
    };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or(authority);
    if scheme.eq_ignore_ascii_case("file") || host.is_empty() {
        return None;
    }
    Some(format!("{scheme}://{host}/{path}"))
}

/// Reads `[user@]host:path`; as for git, a slash before the colon makes it a local path.
fn short_ssh(url: &str) -> Option<String> {
    let (host, path) = url.split_once(':')?;
    let host = host.rsplit('@').next().unwrap_or(host);
    // One letter is a drive of Windows, not a host.
    if host.contains('/') || host.len() < 2 {
        return None;
    }
    Some(format!("ssh://{host}/{}", path.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::public_url;

    #[test_case("https://example.com/org/repo.git" => Some("https://example.com/org/repo.git".into()))]
    #[test_case("https://user:token@example.com/org/repo" => Some("https://example.com/org/repo".into()); "user and password")]
    #[test_case("https://token@example.com:8443/org/repo" => Some("https://example.com:8443/org/repo".into()); "a token as user")]
    #[test_case("https://a@b@example.com/x" => Some("https://example.com/x".into()); "an at sign in the password")]
    #[test_case("https://example.com/x?private_token=abc#d" => Some("https://example.com/x".into()); "a token as query")]
    #[test_case("ssh://git@example.com:22/org/repo" => Some("ssh://example.com:22/org/repo".into()))]
    #[test_case("git@example.com:org/repo.git" => Some("ssh://example.com/org/repo.git".into()))]
    #[test_case("/srv/git/repo" => None; "a path")]
    #[test_case("../repo" => None; "a relative path")]
    #[test_case("./a:b" => None; "a path with a colon")]
    #[test_case("C:/repo" => None; "a drive")]
    #[test_case("file:///srv/git/repo" => None)]
    #[test_case("" => None)]
    fn nothing_private_is_left(url: &str) -> Option<String> {
        public_url(url)
    }
}
