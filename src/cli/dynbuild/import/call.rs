//! Finding the call of a script in a line of a shell.

use crate::problem::Problem;

/// A script of the original `container/` directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Script {
    /// Builds an image.
    #[default]
    Build,
    /// Runs a container.
    Run,
    /// Writes a Dockerfile.
    Render,
}

/// A script and the words behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) script: Script,
    /// Variables that were set for the script only, as in `TARGET=dev build.sh`.
    pub(super) variables: Vec<(String, String)>,
    pub(super) words: Vec<String>,
    /// What is worth knowing about the reading.
    pub(super) notes: Vec<String>,
    /// The other commands of the line.
    pub(super) others: Vec<Vec<String>>,
}

/// Words that begin another command of the line.
const SEPARATORS: [&str; 6] = ["|", "||", "&&", "&", ";", "|&"];

/// Words behind which a command only says where its output goes.
const REDIRECTIONS: [&str; 8] = [">", ">>", "2>&1", "2>", "&>", "<", "1>", "2>>"];

/// Words in front of a script that change nothing.
const STARTERS: [&str; 9] = [
    "bash", "sh", "env", "time", "sudo", "exec", "python", "python3", "uv",
];

impl Script {
    fn named(word: &str) -> Option<Self> {
        match word.rsplit('/').next()? {
            "build.sh" => Some(Self::Build),
            "run.sh" => Some(Self::Run),
            "render.py" => Some(Self::Render),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Build => "build.sh",
            Self::Run => "run.sh",
            Self::Render => "render.py",
        }
    }
}

impl Call {
    /// Finds the first script that is called in `words`. Options alone are those of build.sh.
    ///
    /// # Errors
    /// Fails when one command names scripts more than once.
    pub(super) fn find(words: &[String]) -> Result<Self, Problem> {
        let commands = commands(words);
        let calls = |command: &&Vec<String>| command.iter().any(|w| Script::named(w).is_some());
        let found = commands.iter().find(calls);
        let mut notes = Vec::new();
        let command = found.or(commands.first()).cloned().unwrap_or_default();
        let others = commands.iter().filter(|other| **other != command);
        let others = others.filter(|other| !other.is_empty()).cloned().collect();
        let command = without_redirections(command, &mut notes);
        let mut call = Self::of(&command)?;
        call.notes = [notes, call.notes].concat();
        call.others = others;
        Ok(call)
    }

    /// Notes that the other commands of the line are left out.
    pub(super) fn leave_out_others(&mut self) {
        let others = std::mem::take(&mut self.others).into_iter();
        let mut notes: Vec<_> = others
            .map(|other| {
                format!(
                    "`{}` is another command of the line, and left out",
                    shell_words::join(other)
                )
            })
            .collect();
        notes.append(&mut self.notes);
        self.notes = notes;
    }

    fn of(command: &[String]) -> Result<Self, Problem> {
        let script = |word: &String| Script::named(word);
        let Some(at) = command.iter().position(|word| script(word).is_some()) else {
            if command.first().is_some_and(|word| calls_something(word)) {
                let message = "The line calls neither build.sh, run.sh nor render.py";
                return Err(Problem::usage(message)
                    .hint("Write for example `dynbuild import -- build.sh --framework vllm`"));
            }
            return Ok(Self {
                words: command.to_vec(),
                ..Self::default()
            });
        };
        let script = script(&command[at]).unwrap_or(Script::Build);
        let (before, behind) = (&command[..at], &command[at + 1..]);
        let end = behind.iter().position(|word| word == "--");
        let own = &behind[..end.unwrap_or(behind.len())];
        if own.iter().any(|word| Script::named(word).is_some()) {
            let message = format!("The line calls {} more than once", script.name());
            return Err(Problem::usage(message).hint("Give one call at a time"));
        }
        let mut call = Self {
            script,
            words: behind.to_vec(),
            ..Self::default()
        };
        for word in before {
            call.take_before(word);
        }
        Ok(call)
    }

    fn take_before(&mut self, word: &str) {
        match word.split_once('=') {
            Some((name, value)) if is_variable(name) => {
                self.variables.push((name.to_owned(), value.to_owned()));
            }
            _ if STARTERS.contains(&word) || word == "run" => {}
            _ => self.notes.push(format!(
                "`{word}` before {} is left out",
                self.script.name()
            )),
        }
    }
}

/// Returns whether a word in front of a command is no option, and so the program.
fn calls_something(word: &str) -> bool {
    !word.is_empty() && !word.starts_with('-')
}

/// Takes a line apart into its commands. A `;` may stand at the end of a word, and so may the
/// bracket that closes `(cd x && build.sh)` or `$(build.sh)`.
fn commands(words: &[String]) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut open = 0;
    for word in words {
        let (word, ends) = match word.strip_suffix(';') {
            Some(word) => (word, true),
            None => (word.as_str(), false),
        };
        let (begins, word, closes) = without_brackets(word, &mut open);
        let separates = SEPARATORS.contains(&word);
        if begins || separates {
            commands.push(Vec::new());
        }
        let is_bracket = matches!(word, "{" | "}") || word.is_empty() && (begins || closes || ends);
        if let Some(command) = commands.last_mut().filter(|_| !separates && !is_bracket) {
            command.push(word.to_owned());
        }
        if closes || ends {
            commands.push(Vec::new());
        }
    }
    commands
}

/// Cuts brackets of the shell off a word: those in front, and those behind that close an `open` one.
/// Returns whether a command begins with the word, what is left, and whether it ends with it.
fn without_brackets<'w>(word: &'w str, open: &mut usize) -> (bool, &'w str, bool) {
    let (begins, bare) = match word.split_once("$(").filter(|(name, _)| is_assigned(name)) {
        Some((_, bare)) => (true, bare),
        None => (word.starts_with('('), word.trim_start_matches('(')),
    };
    let count = |bracket: char| bare.matches(bracket).count();
    if begins {
        *open += word[..word.len() - bare.len()].matches('(').count();
    }
    // A bracket that the word itself opens is part of its text.
    let closing = count(')').saturating_sub(count('(')).min(*open);
    let closes = closing > 0 && bare.ends_with(')');
    if !closes {
        return (begins, bare, false);
    }
    *open -= closing;
    let end = bare.len() - closing.min(bare.len() - bare.trim_end_matches(')').len());
    (begins, &bare[..end], true)
}

/// Returns whether what stands in front of `$(` is nothing, or `NAME=` in quotes or not.
fn is_assigned(text: &str) -> bool {
    text.is_empty() || text.strip_suffix('=').is_some_and(is_variable)
}

fn without_redirections(command: Vec<String>, notes: &mut Vec<String>) -> Vec<String> {
    let Some(at) = command.iter().position(|word| is_redirection(word)) else {
        return command;
    };
    notes.push(format!(
        "What follows `{}` is left out: it is for the shell",
        command[at]
    ));
    command[..at].to_vec()
}

/// Returns whether a word says where output goes or input comes from, also with the file in it, as
/// `>log` and `2>/dev/null` have. A placeholder such as `<backend>` is none.
fn is_redirection(word: &str) -> bool {
    let bare = word.trim_start_matches(|first: char| first.is_ascii_digit() || first == '&');
    let is_placeholder = bare.starts_with('<') && bare.ends_with('>');
    REDIRECTIONS.contains(&word) || bare.starts_with(['>', '<']) && !is_placeholder
}

fn is_variable(name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|other| other.is_ascii_alphanumeric() || other == '_')
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn find(line: &str) -> Result<Call, Problem> {
        Call::find(&shell_words::split(line).unwrap())
    }

    #[test_case("./container/build.sh --a b" => (Script::Build, "--a b".to_owned()); "a path")]
    #[test_case("cd dynamo && ./build.sh --a" => (Script::Build, "--a".to_owned()); "behind another command")]
    #[test_case("build.sh --framework vllm; echo done" => (Script::Build, "--framework vllm".to_owned()); "a semicolon at a word")]
    #[test_case("build.sh --push 2>&1 | tee log" => (Script::Build, "--push".to_owned()); "a pipe")]
    #[test_case("build.sh --push >log 2>/dev/null" => (Script::Build, "--push".to_owned()); "redirections without a space")]
    #[test_case("build.sh --framework <backend>" => (Script::Build, "--framework '<backend>'".to_owned()); "a placeholder")]
    #[test_case("set -e; bash container/run.sh -it -- bash" => (Script::Run, "-it -- bash".to_owned()); "run.sh")]
    #[test_case("python3 container/render.py --framework sglang && docker build -f x ." => (Script::Render, "--framework sglang".to_owned()); "render.py")]
    #[test_case("(cd x && ./build.sh --framework vllm)" => (Script::Build, "--framework vllm".to_owned()); "a subshell")]
    #[test_case("( cd x; ./build.sh --framework vllm )" => (Script::Build, "--framework vllm".to_owned()); "a subshell with spaces")]
    #[test_case("((cd x && ./build.sh --a); echo b) | tee log" => (Script::Build, "--a".to_owned()); "a subshell in another")]
    #[test_case("{ cd x; ./build.sh --a; }" => (Script::Build, "--a".to_owned()); "a group")]
    #[test_case("ID=$(./build.sh --a b) && echo" => (Script::Build, "--a b".to_owned()); "a substitution")]
    #[test_case("(./build.sh --build-arg 'A=f(x)')" => (Script::Build, "--build-arg 'A=f(x)'".to_owned()); "brackets of a value")]
    #[test_case("./build.sh --build-arg 'A=x)'" => (Script::Build, "--build-arg 'A=x)'".to_owned()); "a bracket that nothing opened")]
    #[test_case("--target dev" => (Script::Build, "--target dev".to_owned()); "options alone")]
    #[test_case("run.sh -- ./build.sh" => (Script::Run, "-- ./build.sh".to_owned()); "a script in a container")]
    fn the_call_is(line: &str) -> (Script, String) {
        let call = find(line).unwrap();
        (call.script, shell_words::join(call.words))
    }

    #[test]
    fn variables_before_the_script_are_kept() {
        let call = find("nice CUDA_VERSION=13.0 A='x y' ./build.sh").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            call.variables,
            [pair("CUDA_VERSION", "13.0"), pair("A", "x y")]
        );
        assert_eq!(call.notes, ["`nice` before build.sh is left out"]);
    }

    #[test]
    fn two_scripts_in_one_command_are_refused() {
        let problem = find("build.sh --push build.sh").unwrap_err();
        assert_eq!(problem.message, "The line calls build.sh more than once");
    }
}
