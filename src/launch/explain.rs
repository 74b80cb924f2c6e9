//! Each decision and where it came from, for `dynrun explain`.

use super::decision::Launch;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Explained {
    /// The flag as docker takes it, or `IMAGE`.
    pub what: String,
    /// Where it came from.
    pub why: String,
}

/// Lists the decisions of a launch in the order of its `docker run` line.
pub fn explain(launch: &Launch) -> Vec<Explained> {
    let flags = launch.flags.iter().map(|flag| Explained {
        what: shell_words::join(flag.words()),
        why: flag.origin.to_string(),
    });
    let image = Explained {
        what: launch.chosen.image.clone(),
        why: match launch.chosen.build_line() {
            Some(line) => format!("what `{line}` makes"),
            None => "given".to_owned(),
        },
    };
    flags.chain([image]).collect()
}

/// Writes the decisions as aligned lines.
pub fn text(explained: &[Explained]) -> String {
    let width = explained.iter().map(|line| line.what.chars().count()).max();
    let width = width.unwrap_or(0).min(60);
    let lines = explained
        .iter()
        .map(|line| format!("{:width$}  {}", line.what, line.why));
    lines.collect::<Vec<_>>().join("\n")
}
