//! What a program says of its command line where nobody runs it: man pages, and the reference in
//! the documentation.

use clap::{Arg, ArgAction, Command};
use clap_mangen::Man;

/// Returns the man page of a command; its name has all of its words, as in `dynbuild-context-ls`.
pub(super) fn man_page(command: &Command, words: &[String]) -> Option<String> {
    let mut command = command.clone();
    command.build();
    let mut found = &command;
    for word in words {
        found = found.find_subcommand(word)?;
    }
    let page = found.clone().version(env!("CARGO_PKG_VERSION"));
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let written = Man::new(page).render(&mut text);
    debug_assert!(written.is_ok(), "{written:?}");
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// Returns the reference of a program in Markdown: every command with its options.
pub(super) fn reference(command: &Command) -> String {
    let mut command = command.clone();
    command.build();
    let name = command.get_name();
    let head = format!(
        "# {name}: command line\n\n\
         Generated from the program; `INSTA_UPDATE=always cargo test --test it docs::` renews it.\n"
    );
    head + &section(&command, &command, &[name])
}

fn section(command: &Command, root: &Command, words: &[&str]) -> String {
    let name = words.join(" ");
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage
        .trim_start_matches("Usage: ")
        .replace("\n       ", "\n");
    let mut text = format!("\n## `{name}`\n\n{about}\n\n```\n{usage}\n```\n");
    text += &tables(command, root, words.len() == 1);
    for sub in command.get_subcommands() {
        if !sub.is_hide_set() && sub.get_name() != "help" {
            text += &section(sub, root, &[words, &[sub.get_name()]].concat());
        }
    }
    text
}

/// Returns the options of a command by heading; those that it shares with the program are named
/// there.
fn tables(command: &Command, root: &Command, is_root: bool) -> String {
    let is_shared = |argument: &&Arg| {
        let same = |other: &Arg| {
            other.get_id() == argument.get_id() && other.get_help() == argument.get_help()
        };
        let mut of_root = root.get_arguments().filter(|other| !other.is_hide_set());
        !is_root && of_root.any(same)
    };
    let shown = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set());
    let (shared, own): (Vec<_>, Vec<_>) = shown.partition(is_shared);
    let mut headings: Vec<&str> = Vec::new();
    for heading in own.iter().map(|argument| heading(argument)) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    let mut text = String::new();
    for wanted in headings {
        text.extend(["\n**", wanted, "**\n\n| | |\n|---|---|\n"]);
        let rows = own.iter().filter(|argument| heading(argument) == wanted);
        text.extend(rows.map(|argument| row(argument)));
    }
    let shared: Vec<_> = shared
        .iter()
        .filter_map(|argument| argument.get_long())
        .map(|long| format!("`--{long}`"))
        .collect();
    if !shared.is_empty() {
        let (name, shared) = (root.get_name(), shared.join(", "));
        text.extend([format!("\nAs [above](#{name}): {shared}.\n")]);
    }
    text
}

fn heading(argument: &Arg) -> &str {
    let usual = if argument.is_positional() {
        "Arguments"
    } else {
        "Options"
    };
    argument.get_help_heading().unwrap_or(usual)
}

fn row(argument: &Arg) -> String {
    let values: Vec<_> = argument.get_value_names().unwrap_or_default().to_vec();
    let takes_value = matches!(argument.get_action(), ArgAction::Set | ArgAction::Append);
    let value = match values.first() {
        Some(value) if takes_value => value.to_string(),
        _ => String::new(),
    };
    let names = argument.get_long().map(|long| format!("`--{long}`"));
    let names: Vec<_> = names
        .into_iter()
        .chain(argument.get_short().map(|short| format!("`-{short}`")))
        .collect();
    let value = match (names.is_empty(), value.is_empty()) {
        (_, true) => String::new(),
        (true, _) => format!("`{value}`"),
        (false, _) => format!(" `{value}`"),
    };
    let help = argument.get_help().map(ToString::to_string);
    let mut help = help.unwrap_or_default();
    let choices: Vec<_> = argument
        .get_possible_values()
        .iter()
        .filter(|choice| takes_value && !choice.is_hide_set())
        .map(|choice| format!("`{}`", choice.get_name()))
        .collect();
    if !choices.is_empty() {
        help.extend([": ", &choices.join(", ")]);
    }
    let cells = format!("{}{value} | {help}", names.join(", "));
    format!(
        "| {} |\n",
        cells
            .replace("| ", "\u{0}")
            .replace('|', "\\|")
            .replace('\u{0}', "| ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Command {
        let name = Arg::new("name").long("name").short('n').value_name("A|B");
        let word = Arg::new("word").value_name("WORD").help("A word");
        Command::new("prog")
            .about("Does things")
            .arg(name.clone().help("What it is called"))
            .subcommand(
                Command::new("sub")
                    .about("Does more")
                    .arg(name.help("What it is called"))
                    .arg(word),
            )
    }

    #[test]
    fn what_a_command_shares_is_told_once() {
        insta::assert_snapshot!(reference(&program()), @r"
        # prog: command line

        Generated from the program; `INSTA_UPDATE=always cargo test --test it docs::` renews it.

        ## `prog`

        Does things

        ```
        prog [OPTIONS] [COMMAND]
        ```

        **Options**

        | | |
        |---|---|
        | `--name`, `-n` `A\|B` | What it is called |
        | `--help`, `-h` | Print help |

        ## `prog sub`

        Does more

        ```
        prog sub [OPTIONS] [WORD]
        ```

        **Arguments**

        | | |
        |---|---|
        | `WORD` | A word |

        As [above](#prog): `--name`, `--help`.
        ");
    }

    #[test]
    fn every_command_has_a_page() {
        let page = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
            man_page(&program(), &words)
        };
        assert!(page(&[]).unwrap().contains("Does things"));
        assert!(page(&["sub"]).unwrap().contains("prog\\-sub"));
        assert_eq!(page(&["nothing"]), None);
    }
}
