//! Commands that are shell scripts, taken apart into the words of one process.
//!
//! Recipes write `sh -c "python3 -m dynamo.vllm --model $MODEL_PATH …"`. Only what a shell does
//! before it starts a program is done here: quotes, variables whose values are known, lines that go
//! on. What computes words is refused.

/// A command of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
    /// Variables that nothing is known about; they stay as written.
    pub(super) unknown: Vec<String>,
}

/// Splits a script into its commands.
///
/// # Errors
/// Returns what cannot be done without a shell.
pub(super) fn commands(
    script: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Command>, String> {
    let mut lexer = Lexer {
        rest: script.chars().collect(),
        position: 0,
        variable,
        commands: Vec::new(),
        command: Command::default(),
        word: None,
    };
    lexer.run()?;
    Ok(lexer.commands)
}

struct Lexer<'a> {
    rest: Vec<char>,
    position: usize,
    variable: &'a dyn Fn(&str) -> Option<String>,
    commands: Vec<Command>,
    command: Command,
    word: Option<String>,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.rest.get(self.position).copied();
        self.position += 1;
        letter
    }

    fn peek(&self) -> Option<char> {
        self.rest.get(self.position).copied()
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(letter) = self.next() {
            match letter {
                '\\' => {
                    if let Some(letter) = self.next().filter(|letter| *letter != '\n') {
                        self.push(letter);
                    }
                }
                '\'' => self.single()?,
                '"' => self.double()?,
                '$' => self.variable()?,
                '`' => return Err("it computes words".to_owned()),
                '#' if self.word.is_none() => {
                    while self.peek().is_some_and(|letter| letter != '\n') {
                        self.position += 1;
                    }
                }
                '\n' | ';' | '&' | '|' => self.end_command(),
                '<' | '>' | '(' | ')' => return Err(format!("it uses `{letter}`")),
                letter if letter.is_whitespace() => self.end_word(),
                letter => self.push(letter),
            }
        }
        self.end_command();
        Ok(())
    }

    fn push(&mut self, letter: char) {
        self.word.get_or_insert_default().push(letter);
    }

    fn end_word(&mut self) {
        self.command.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() {
            self.commands.push(command);
        }
    }

    fn single(&mut self) -> Result<(), String> {
        self.word.get_or_insert_default();
        loop {
            match self.next() {
                Some('\'') => return Ok(()),
                Some(letter) => self.push(letter),
                None => return Err("a quote is not closed".to_owned()),
            }
        }
    }

    fn double(&mut self) -> Result<(), String> {
        self.word.get_or_insert_default();
        loop {
            match self.next() {
                Some('"') => return Ok(()),
                Some('$') => self.variable()?,
                Some('`') => return Err("it computes words".to_owned()),
                Some('\\') => match self.next() {
                    Some(letter @ ('"' | '\\' | '$' | '`')) => self.push(letter),
                    Some('\n') => {}
                    Some(letter) => {
                        self.push('\\');
                        self.push(letter);
                    }
                    None => return Err("a quote is not closed".to_owned()),
                },
                Some(letter) => self.push(letter),
                None => return Err("a quote is not closed".to_owned()),
            }
        }
    }

    /// Reads what follows a dollar sign.
    fn variable(&mut self) -> Result<(), String> {
        let start = self.position;
        let is_braced = self.peek() == Some('{');
        match self.peek() {
            Some('(') => return Err("it computes words".to_owned()),
            Some('{') => self.position += 1,
            _ => {}
        }
        let mut name = String::new();
        while let Some(letter) = self
            .peek()
            .filter(|it| it.is_ascii_alphanumeric() || *it == '_')
        {
            name.push(letter);
            self.position += 1;
        }
        let mut default = None;
        if is_braced {
            let mut rest = String::new();
            loop {
                match self.next() {
                    Some('}') => break,
                    Some(letter) => rest.push(letter),
                    None => return Err("a brace is not closed".to_owned()),
                }
            }
            default = rest
                .strip_prefix(":-")
                .or(rest.strip_prefix('-'))
                .map(str::to_owned);
            if default.is_none() && !rest.is_empty() {
                return Err(format!("it computes `${{{name}{rest}}}`"));
            }
        }
        let value = (self.variable)(&name).or(default);
        let value = value.unwrap_or_else(|| {
            let written: String = self.rest[start..self.position].iter().collect();
            if !name.is_empty() {
                self.command.unknown.push(name);
            }
            format!("${written}")
        });
        self.word.get_or_insert_default().push_str(&value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("python3 -m x --a 'b c' --d \"e $A\"" => "python3|-m|x|--a|b c|--d|e 1"; "quotes")]
    #[test_case("x \\\n  --a ${A} \\\n  --b ${B:-2}\n" => "x|--a|1|--b|2"; "lines that go on")]
    #[test_case("set -e # y\nmkdir -p /a && exec x" => "set|-e / mkdir|-p|/a / exec|x"; "several commands")]
    #[test_case("x '{\"a\":\"$A\"}' \"\"" => "x|{\"a\":\"$A\"}|"; "no variables in single quotes")]
    #[test_case("x $B" => "x|$B (unknown: B)"; "an unknown variable")]
    #[test_case("x $(hostname)" => "error: it computes words"; "a substitution")]
    #[test_case("x > /y" => "error: it uses `>`"; "a redirection")]
    #[test_case("x 'y" => "error: a quote is not closed"; "an open quote")]
    fn scripts_become_words(script: &str) -> String {
        let variable = |name: &str| (name == "A").then(|| "1".to_owned());
        let shown = |command: &Command| {
            let unknown = match command.unknown.as_slice() {
                [] => String::new(),
                names => format!(" (unknown: {})", names.join(", ")),
            };
            format!("{}{unknown}", command.words.join("|"))
        };
        match commands(script, &variable) {
            Ok(commands) => commands.iter().map(shown).collect::<Vec<_>>().join(" / "),
            Err(reason) => format!("error: {reason}"),
        }
    }
}
