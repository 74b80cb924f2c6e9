//! Commands that are shell scripts, taken apart into the words of their processes.
//!
//! Recipes write `sh -c "python3 -m dynamo.vllm --model $MODEL_PATH …"`, and longer ones. Only what a
//! shell does before it starts a program is done here: quotes, variables and arrays whose values are
//! known, lines that go on. What it would compute stays as written and is named.

use std::collections::BTreeMap;
use std::mem::take;

/// A command of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) words: Vec<String>,
    /// `NAME=VALUE` in front of it.
    pub(super) variables: Vec<(String, String)>,
    /// Variables and computations that nothing is known about; they stay as written.
    pub(super) unknown: Vec<String>,
    /// Where its streams lead.
    pub(super) redirections: Vec<String>,
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
        given: variable,
        assigned: BTreeMap::new(),
        arrays: BTreeMap::new(),
        array: None,
        commands: Vec::new(),
        command: Command::default(),
        word: None,
        is_quoted: false,
    };
    lexer.run()?;
    Ok(lexer.commands)
}

struct Lexer<'a> {
    rest: Vec<char>,
    position: usize,
    /// Variables that the script is given.
    given: &'a dyn Fn(&str) -> Option<String>,
    /// Those that it sets itself.
    assigned: BTreeMap<String, String>,
    arrays: BTreeMap<String, Vec<String>>,
    /// The array whose words are being read.
    array: Option<String>,
    commands: Vec<Command>,
    command: Command,
    word: Option<String>,
    /// Whether a quote stands in the word before any `=`.
    is_quoted: bool,
}

impl Lexer<'_> {
    fn next(&mut self) -> Option<char> {
        let letter = self.peek();
        self.position += 1;
        letter
    }

    fn peek(&self) -> Option<char> {
        self.rest.get(self.position).copied()
    }

    fn skip_if(&mut self, wanted: char) -> bool {
        let is_there = self.peek() == Some(wanted);
        self.position += usize::from(is_there);
        is_there
    }

    /// Skips what has the property, and returns it.
    fn skip_while(&mut self, is_wanted: impl Fn(char) -> bool) -> String {
        let start = self.position;
        while self.peek().is_some_and(&is_wanted) {
            self.position += 1;
        }
        self.written(start)
    }

    fn written(&self, start: usize) -> String {
        let end = self.position.min(self.rest.len());
        self.rest[start..end].iter().collect()
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(letter) = self.next() {
            match letter {
                '\\' => self.escaped(),
                '\'' => self.single()?,
                '"' => self.double()?,
                '$' => self.variable(false)?,
                '`' => self.backquotes()?,
                '#' if self.word.is_none() => {
                    self.skip_while(|letter| letter != '\n');
                }
                '\n' if self.array.is_some() => self.end_word(),
                '&' if self.peek() == Some('>') => {
                    self.position += 1;
                    self.redirection('>')?;
                }
                ')' if self.array.is_some() => {
                    self.end_word();
                    self.array = None;
                }
                // A bracket that nothing opened ends a pattern of `case`.
                '\n' | ';' | '&' | '|' | ')' => self.end_command(),
                '<' | '>' => self.redirection(letter)?,
                '(' => self.open()?,
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

    /// Text that a folded scalar of YAML has made one line keeps its escapes of line ends.
    fn escaped(&mut self) {
        match self.next() {
            Some('\n') | None => {}
            Some(' ') if self.word.is_none() => {}
            Some(letter) => self.push(letter),
        }
    }

    fn end_word(&mut self) {
        let is_quoted = take(&mut self.is_quoted);
        let Some(word) = self.word.take() else { return };
        if let Some(array) = &self.array {
            self.arrays.entry(array.clone()).or_default().push(word);
        } else if let Some((name, value)) = assignment(&word)
            && !is_quoted
            && self.command.words.is_empty()
        {
            self.command.variables.push((name, value));
        } else {
            self.command.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let command = take(&mut self.command);
        if command.words.first().is_some_and(|word| word == "export") {
            let words = command.words.iter().skip(1);
            self.assigned
                .extend(words.filter_map(|word| assignment(word)));
        }
        if command.words.is_empty() {
            self.assigned.extend(command.variables);
        } else {
            self.commands.push(command);
        }
    }

    fn single(&mut self) -> Result<(), String> {
        self.begin_quote();
        let text = self.skip_while(|letter| letter != '\'');
        self.word.get_or_insert_default().push_str(&text);
        match self.next() {
            Some(_) => Ok(()),
            None => Err("a quote is not closed".to_owned()),
        }
    }

    fn double(&mut self) -> Result<(), String> {
        self.begin_quote();
        loop {
            match self.next() {
                Some('"') => return Ok(()),
                Some('$') => self.variable(true)?,
                Some('`') => self.backquotes()?,
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

    fn begin_quote(&mut self) {
        let word = self.word.get_or_insert_default();
        self.is_quoted |= !word.contains('=');
    }

    /// Reads what follows a dollar sign.
    fn variable(&mut self, is_quoted: bool) -> Result<(), String> {
        let start = self.position;
        if self.peek() == Some('(') {
            self.skip_brackets('(', ')')?;
            self.keep(start);
            return Ok(());
        }
        let is_braced = self.skip_if('{');
        let name = self.skip_while(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        let mut rest = String::new();
        if is_braced {
            let from = self.position;
            self.position = start;
            self.skip_brackets('{', '}')?;
            rest = self.written(from);
            rest.pop();
        }
        if let ("[@]" | "[*]", Some(words)) = (rest.as_str(), self.arrays.get(&name)) {
            self.spread(&words.clone());
            return Ok(());
        }
        let default = rest.strip_prefix(":-").or(rest.strip_prefix('-'));
        let is_plain = rest.is_empty() || default.is_some() || rest.starts_with([':', '?']);
        let value = self.assigned.get(&name).cloned();
        let value = value.or_else(|| (self.given)(&name));
        match value.or(default.map(str::to_owned)).filter(|_| is_plain) {
            Some(value) if is_quoted || self.is_in_assignment() => {
                self.word.get_or_insert_default().push_str(&value);
            }
            Some(value) => {
                let words: Vec<_> = value.split_whitespace().map(str::to_owned).collect();
                self.spread(&words);
            }
            None => self.keep(start),
        }
        Ok(())
    }

    fn is_in_assignment(&self) -> bool {
        let word = self.word.as_deref().unwrap_or_default();
        self.array.is_none() && self.command.words.is_empty() && assignment(word).is_some()
    }

    /// Adds words of which the first and the last touch what stands around them.
    fn spread(&mut self, words: &[String]) {
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                self.end_word();
            }
            self.begin_quote();
            self.word.get_or_insert_default().push_str(word);
        }
        if words.is_empty() && self.word.as_ref().is_some_and(String::is_empty) {
            self.word = None;
        }
    }

    /// Keeps what has been read since a dollar sign as it was written.
    fn keep(&mut self, start: usize) {
        let written = format!("${}", self.written(start));
        if written != "$" {
            self.command.unknown.push(written.clone());
        }
        self.word.get_or_insert_default().push_str(&written);
    }

    fn backquotes(&mut self) -> Result<(), String> {
        let inner = self.skip_while(|letter| letter != '`');
        self.next().ok_or("a quote is not closed")?;
        let written = format!("`{inner}`");
        self.command.unknown.push(written.clone());
        self.word.get_or_insert_default().push_str(&written);
        Ok(())
    }

    /// Skips from an opening bracket to the one that closes it.
    fn skip_brackets(&mut self, open: char, close: char) -> Result<(), String> {
        let mut depth = 0_usize;
        loop {
            match self.next() {
                Some(letter) if letter == open => depth += 1,
                Some(letter) if letter == close => depth -= 1,
                Some(_) => {}
                None => return Err("a bracket is not closed".to_owned()),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Reads `> FILE`, `2>&1` and the like.
    fn redirection(&mut self, first: char) -> Result<(), String> {
        let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
        let number = self
            .word
            .take_if(|word| is_number(word))
            .unwrap_or_default();
        self.end_word();
        let start = self.position;
        let operator = self.skip_while(|letter| "<>&|".contains(letter));
        if operator.contains('<') || self.peek() == Some('(') {
            return Err(format!("it uses `{first}{operator}`"));
        }
        self.skip_while(|letter| letter == ' ');
        self.skip_while(|letter| !letter.is_whitespace() && !";&|".contains(letter));
        let written = format!("{number}{first}{}", self.written(start));
        self.command.redirections.push(written);
        Ok(())
    }

    /// The start of an array's words; groups and functions are not read.
    fn open(&mut self) -> Result<(), String> {
        let word = self.word.take().unwrap_or_default();
        let name = word
            .strip_suffix('=')
            .filter(|_| self.command.words.is_empty());
        let Some(name) = name else {
            return Err("it uses `(`".to_owned());
        };
        let (name, is_more) = match name.strip_suffix('+') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let words = self.arrays.entry(name.to_owned()).or_default();
        if !is_more {
            words.clear();
        }
        self.array = Some(name.to_owned());
        Ok(())
    }
}

/// Reads `NAME=VALUE`.
pub(super) fn assignment(word: &str) -> Option<(String, String)> {
    let (name, value) = word.split_once('=')?;
    let mut letters = name.bytes();
    let is_name = letters
        .next()
        .is_some_and(|it| it.is_ascii_alphabetic() || it == b'_')
        && letters.all(|it| it.is_ascii_alphanumeric() || it == b'_');
    is_name.then(|| (name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("python3 -m x --a 'b c' --d \"e $A\"" => "python3|-m|x|--a|b c|--d|e 1"; "quotes")]
    #[test_case("x \\\n  --a ${A} \\\n  --b ${B:-2}\n" => "x|--a|1|--b|2"; "lines that go on")]
    #[test_case("x \\ --a \\ --b a\\ b" => "x|--a|--b|a b"; "lines that YAML has folded")]
    #[test_case("set -e # y\nmkdir -p /a && exec x" => "set|-e / mkdir|-p|/a / exec|x"; "several commands")]
    #[test_case("x '{\"a\":\"$A\"}' \"\"" => "x|{\"a\":\"$A\"}|"; "no variables in single quotes")]
    #[test_case("x $B" => "x|$B (unknown: $B)"; "an unknown variable")]
    #[test_case("x --h $(hostname -I | cut -d' ' -f1)" => "x|--h|$(hostname -I | cut -d' ' -f1) (unknown: $(hostname -I | cut -d' ' -f1))"; "a substitution")]
    #[test_case("x `date` ${A%.*}" => "x|`date`|${A%.*} (unknown: `date`, ${A%.*})"; "computations")]
    #[test_case("x --n $((A+1))" => "x|--n|$((A+1)) (unknown: $((A+1)))"; "arithmetic")]
    #[test_case("x --a > /y 2>&1 | tee /z; w &>/v; u 2> /t" => "x|--a (to: > /y 2>&1) / tee|/z / w (to: >/v) / u (to: 2> /t)"; "redirections")]
    #[test_case("C=2; D=\"$C 3\" E= x --a $C" => "x|--a|2 (with: D=2 3, E=)"; "assignments")]
    #[test_case("export C=\"4 5\"\nx --a \"$C\" --b=$C" => "export|C=4 5 / x|--a|4 5|--b=4|5"; "an export")]
    #[test_case("a=(--one \"1 2\"\n # no\n --two)\na+=(--three)\nexec x \"${a[@]}\" --z" => "exec|x|--one|1 2|--two|--three|--z"; "an array")]
    #[test_case("a=()\nx \"${a[@]}\" ${b[@]}" => "x|${b[@]} (unknown: ${b[@]})"; "an empty array and an unknown one")]
    #[test_case("case \"$A\" in a) x;; esac; y" => "case|1|in|a / x / esac / y"; "a case")]
    #[test_case("cat <<E > /x\nE" => "error: it uses `<<`"; "a here-document")]
    #[test_case("f() { x; }" => "error: it uses `(`"; "a function")]
    #[test_case("x 'y" => "error: a quote is not closed"; "an open quote")]
    #[test_case("x ${A" => "error: a bracket is not closed"; "an open brace")]
    fn scripts_become_words(script: &str) -> String {
        let variable = |name: &str| (name == "A").then(|| "1".to_owned());
        let list = |what: &str, words: &[String], between: &str| match words {
            [] => String::new(),
            words => format!(" ({what}: {})", words.join(between)),
        };
        let shown = |command: &Command| {
            let variables = command.variables.iter();
            let variables: Vec<_> = variables
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            [
                command.words.join("|"),
                list("with", &variables, ", "),
                list("unknown", &command.unknown, ", "),
                list("to", &command.redirections, " "),
            ]
            .concat()
        };
        match commands(script, &variable) {
            Ok(commands) => commands.iter().map(shown).collect::<Vec<_>>().join(" / "),
            Err(reason) => format!("error: {reason}"),
        }
    }
}
