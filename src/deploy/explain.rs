//! Where each word and variable of a member comes from.

use super::Member;
use crate::launch::explain::Explained;
use crate::redact::{shown_assignment, shown_command};

/// Lists the words of a member's command and its variables, each with its origin.
pub fn explain(member: &Member) -> Vec<Explained> {
    let words = member.command.iter().map(|argument| Explained {
        what: shell_words::join(shown_command(&argument.words)),
        why: argument.origin.to_string(),
    });
    let variables = member.env.iter().map(|variable| {
        let assignment = format!("{}={}", variable.name, variable.value);
        Explained {
            what: shown_assignment(&assignment).into_owned(),
            why: variable.origin.to_string(),
        }
    });
    words.chain(variables).collect()
}
