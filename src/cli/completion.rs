//! Completions: a shell's script asks the program itself, so that they know what there is by now.

use clap::{Command, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::env::Shells;

/// The variable by which the scripts ask. Not the usual `COMPLETE`, which others may have set.
const VARIABLE: &str = "DYNBUILD_COMPLETE";

/// A shell for which there are completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// bash
    Bash,
    /// Elvish
    Elvish,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// zsh
    Zsh,
}

/// Answers a script, and ends the program, if one asks.
pub(super) fn answer(command: fn() -> Command) {
    CompleteEnv::with_factory(command).var(VARIABLE).complete();
}

/// Returns the script that teaches a shell to ask.
pub(super) fn script(shell: Shell, command: &Command) -> String {
    let name = command.get_name();
    let mut script = Vec::new();
    let (shell, shells) = (shell.to_possible_value(), Shells::builtins());
    if let Some(completer) = shell.and_then(|shell| shells.completer(shell.get_name())) {
        // Writing to memory does not fail.
        let written = completer.write_registration(VARIABLE, name, name, name, &mut script);
        debug_assert!(written.is_ok(), "{written:?}");
    }
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_has_a_script_that_asks_the_program() {
        for shell in Shell::value_variants() {
            let script = script(*shell, &Command::new("prog"));
            assert!(script.contains("prog"), "{shell:?}");
            assert!(script.contains(VARIABLE), "{shell:?}");
        }
    }
}
