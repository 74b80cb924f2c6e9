//! The worker's command in a script of a container.

use std::collections::BTreeSet;

use super::note::Notes;
use super::part::Part;
use super::shell::{self, Command};
use crate::redact::shown_command;
use crate::toml_file::Located;

/// How many other commands of a script are shown whole.
const FEW: usize = 3;

/// Words of a shell that do nothing by themselves, or nothing that matters to who comes after.
const DOES_NOTHING: [&str; 9] = ["set", "then", "else", "fi", "do", "done", "{", "}", ":"];

impl Part {
    /// Returns the words of the process that a shell starts.
    pub(super) fn without_shell(
        &mut self,
        words: Vec<Located<String>>,
        notes: &mut Notes,
    ) -> Vec<Located<String>> {
        let [shell, option, script] = words.as_slice() else {
            return words;
        };
        let name = shell.value.rsplit('/').next().unwrap_or_default();
        let is_shell =
            matches!(name, "sh" | "bash") && option.value.trim_start_matches('-').ends_with('c');
        if !is_shell || !script.value.contains("dynamo.") {
            return words;
        }
        let variable = |name: &str| self.variable(name).map(|known| known.value.clone());
        match shell::commands(&script.value, &variable) {
            Ok(commands) => self.choose(commands, script, notes),
            Err(reason) => {
                let said = format!(
                    "the script of `{}` cannot be read: {reason}",
                    self.name.value
                );
                notes.add(&script.at, said);
                words
            }
        }
    }

    /// Takes the command that starts Dynamo, with what the script sets for it.
    fn choose(
        &mut self,
        commands: Vec<Command>,
        script: &Located<String>,
        notes: &mut Notes,
    ) -> Vec<Located<String>> {
        let mut found = Vec::new();
        let mut exported = Vec::new();
        let mut others = Vec::new();
        for command in commands {
            if found.is_empty() && starts_dynamo(&command) {
                for name in &command.unknown {
                    let said =
                        format!("the value of `{name}` is not known here: it stays as written");
                    notes.add(&script.at, said);
                }
                for to in &command.redirections {
                    notes.lost(&script.at, format!("`{to}` of the script"));
                }
                exported.extend(command.variables);
                found = command.words;
            } else if command.words[0] == "export" {
                let words = command.words.iter().skip(1);
                exported.extend(words.filter_map(|word| shell::assignment(word)));
            } else if !DOES_NOTHING.contains(&command.words[0].as_str()) {
                others.push(command.words);
            }
        }
        note_others(&others, script, notes);
        let located = |value| Located {
            value,
            at: script.at.clone(),
        };
        for (name, value) in exported {
            self.set_variable(located(name), value);
        }
        found.into_iter().map(located).collect()
    }
}

/// Notes what else a script does: in few words, if that is much.
fn note_others(others: &[Vec<String>], script: &Located<String>, notes: &mut Notes) {
    if others.len() <= FEW {
        for words in others {
            let shown = shell_words::join(shown_command(words));
            notes.lost(&script.at, format!("`{shown}` of the script"));
        }
        return;
    }
    let names: BTreeSet<_> = others
        .iter()
        .map(|words| format!("`{}`", words[0]))
        .collect();
    let names: Vec<_> = names.into_iter().collect();
    let said = format!(
        "{} other commands of the script are not taken over: {}",
        others.len(),
        names.join(", ")
    );
    notes.add(&script.at, said);
}

/// Whether it runs a module of Dynamo, and does not only write about it.
fn starts_dynamo(command: &Command) -> bool {
    let is_module = |pair: &[String]| pair[0] == "-m" && pair[1].starts_with("dynamo.");
    let writes = ["echo", "printf"].contains(&command.words[0].as_str());
    !writes && command.words.windows(2).any(is_module)
}
