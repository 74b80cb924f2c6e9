//! A directory of the host in the container.

use crate::docker::csv;
use crate::launch::flag::{Flag, Origin};

/// Returns `--volume`, or `--mount` for a path with a colon: a volume separates by them and knows no
/// quotes.
pub(super) fn bind(source: &str, target: &str, is_read_only: bool, origin: Origin) -> Flag {
    if ![source, target].iter().any(|path| path.contains(':')) {
        let end = if is_read_only { ":ro" } else { "" };
        return Flag::value("volume", format!("{source}:{target}{end}"), origin);
    }
    let mut fields = vec![
        "type=bind".to_owned(),
        format!("source={source}"),
        format!("target={target}"),
    ];
    fields.extend(is_read_only.then(|| "readonly".to_owned()));
    Flag::value("mount", csv::join(&fields), origin)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("/a", false, "volume", "/a:/x")]
    #[test_case("/a", true, "volume", "/a:/x:ro"; "read-only")]
    #[test_case("/m:2", false, "mount", "type=bind,source=/m:2,target=/x"; "a colon")]
    #[test_case("/a,b:c", true, "mount", "type=bind,\"source=/a,b:c\",target=/x,readonly"; "a comma too")]
    fn paths_are_bound(source: &str, is_read_only: bool, name: &str, value: &str) {
        let flag = bind(source, "/x", is_read_only, Origin::Typed);
        assert_eq!((flag.name, flag.text()), (name, value));
    }
}
