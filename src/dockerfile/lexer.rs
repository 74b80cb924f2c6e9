//! Words with quotes, escapes and variables, as BuildKit takes them apart.
//!
//! It resembles a shell and is none: `$1` is a variable that is never set, a pattern knows `*` and
//! `?` only, and whatever stands behind `:-` is read to its end before it is known to be needed.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::str::Chars;

use thiserror::Error;

use super::glob::Glob;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Its value.
    Set(String),
    /// It is surely not set.
    Unset,
    /// It may be set, for example by the image that a stage starts from.
    Unknown,
}

/// What a word becomes with its variables replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The text; `None` if it depends on a variable that is not known.
    pub text: Option<String>,
    /// The variables that were asked for.
    pub names: BTreeSet<String>,
}

/// Why a word cannot be expanded: BuildKit ends the build with it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExpandError {
    /// A quote or brace is not closed.
    #[error("`{0}` is not closed")]
    Unclosed(char),
    /// The text in braces is none of the forms.
    #[error("the substitution is not one that BuildKit knows")]
    Substitution,
    /// `${NAME:?message}` of a variable without value.
    #[error("{name}: {message}")]
    Required {
        /// The variable.
        name: String,
        /// What the Dockerfile says about it.
        message: String,
    },
}

/// Replaces the variables of a word and takes its quotes and escapes away.
///
/// # Errors
/// Fails where BuildKit would.
pub fn expand(
    word: &str,
    escape: char,
    lookup: &dyn Fn(&str) -> Variable,
) -> Result<Expanded, ExpandError> {
    let style = Style {
        escape,
        keep_quotes: false,
        raw_escapes: false,
        keep_unset: false,
    };
    let mut lexer = Lexer::new(word, style, lookup);
    let text = lexer.until(None, style.raw_escapes)?;
    Ok(Expanded {
        text: (!lexer.is_unknown).then_some(text),
        names: lexer.names,
    })
}

/// Splits a text into words; variables are left as they are.
pub(super) fn split(
    text: &str,
    keep_quotes: bool,
    keep_escapes: bool,
) -> Result<Vec<String>, ExpandError> {
    let style = Style {
        escape: '\\',
        keep_quotes,
        raw_escapes: keep_escapes,
        keep_unset: true,
    };
    let mut lexer = Lexer::new(text, style, &|_| Variable::Unset);
    lexer.until(None, style.raw_escapes)?;
    Ok(lexer.finished)
}

#[derive(Clone, Copy)]
struct Style {
    escape: char,
    keep_quotes: bool,
    raw_escapes: bool,
    /// A variable that is not set stays in the text.
    keep_unset: bool,
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    style: Style,
    lookup: &'a dyn Fn(&str) -> Variable,
    names: BTreeSet<String>,
    is_unknown: bool,
    /// The word in the making. A text in braces begins it again, also for the text around it.
    word: String,
    /// The words of the outermost text.
    finished: Vec<String>,
    depth: usize,
}

/// How deeply `${A:-${B:-…}}` may nest before we leave it to BuildKit.
const MAX_DEPTH: usize = 100;

impl<'a> Lexer<'a> {
    fn new(text: &'a str, style: Style, lookup: &'a dyn Fn(&str) -> Variable) -> Self {
        Self {
            rest: text
                .strip_prefix('\u{feff}')
                .unwrap_or(text)
                .chars()
                .peekable(),
            style,
            lookup,
            names: BTreeSet::new(),
            is_unknown: false,
            word: String::new(),
            finished: Vec::new(),
            depth: 0,
        }
    }

    /// Reads to `stop`, or to the end of the text.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<String, ExpandError> {
        let around = std::mem::replace(&mut self.style.raw_escapes, raw_escapes);
        self.depth += 1;
        let text = if self.depth > MAX_DEPTH {
            self.is_unknown = true;
            self.skip_to(stop)
        } else {
            self.read_until(stop)
        };
        self.depth -= 1;
        self.style.raw_escapes = around;
        text
    }

    fn skip_to(&mut self, stop: Option<char>) -> Result<String, ExpandError> {
        let found = self.rest.by_ref().any(|character| Some(character) == stop);
        match stop {
            Some(stop) if !found => Err(ExpandError::Unclosed(stop)),
            _ => Ok(String::new()),
        }
    }

    fn read_until(&mut self, stop: Option<char>) -> Result<String, ExpandError> {
        let mut text = String::new();
        let mut words = Words::default();
        self.word.clear();
        while let Some(&character) = self.rest.peek() {
            if Some(character) == stop {
                self.rest.next();
                words.finish(&mut self.word);
                return Ok(text);
            }
            let special = match character {
                '$' => Some(self.dollar()?),
                '<' => Some(self.here_document()),
                '\'' => Some(self.single_quotes()?),
                '"' => Some(self.double_quotes()?),
                _ => None,
            };
            if let Some(special) = special {
                if character == '$' {
                    special
                        .chars()
                        .for_each(|part| words.add(part, &mut self.word));
                } else {
                    words.add_raw(&special, &mut self.word);
                }
                text.push_str(&special);
            } else {
                self.rest.next();
                self.plain(character, &mut words, &mut text);
            }
        }
        if let Some(stop) = stop {
            return Err(ExpandError::Unclosed(stop));
        }
        words.finish(&mut self.word);
        self.finished = words.finished;
        Ok(text)
    }

    fn plain(&mut self, character: char, words: &mut Words, text: &mut String) {
        if character != self.style.escape {
            words.add(character, &mut self.word);
            text.push(character);
            return;
        }
        if self.style.raw_escapes {
            words.add_raw_char(character, &mut self.word);
            text.push(character);
        }
        if let Some(escaped) = self.rest.next() {
            words.add_raw_char(escaped, &mut self.word);
            text.push(escaped);
        }
    }

    /// Reads a quote, which may stay in the text.
    fn quote(&mut self) -> Option<char> {
        self.rest.next().filter(|_| self.style.keep_quotes)
    }

    fn single_quotes(&mut self) -> Result<String, ExpandError> {
        let mut text = String::from_iter(self.quote());
        while let Some(character) = self.rest.next_if(|next| *next != '\'') {
            text.push(character);
        }
        self.rest.peek().ok_or(ExpandError::Unclosed('\''))?;
        text.extend(self.quote());
        Ok(text)
    }

    fn double_quotes(&mut self) -> Result<String, ExpandError> {
        let mut text = String::from_iter(self.quote());
        loop {
            match self.rest.peek() {
                None => return Err(ExpandError::Unclosed('"')),
                Some('"') => break,
                Some('$') => text.push_str(&self.dollar()?),
                Some(_) => self.quoted(&mut text),
            }
        }
        text.extend(self.quote());
        Ok(text)
    }

    /// Reads a character in double quotes: `"`, `$` and the escape can be escaped there.
    fn quoted(&mut self, text: &mut String) {
        let Some(mut character) = self.rest.next() else {
            return;
        };
        if character == self.style.escape {
            if self.style.raw_escapes {
                text.push(character);
            }
            match self.rest.peek() {
                None => return,
                Some(&next) if matches!(next, '"' | '$') || next == self.style.escape => {
                    character = next;
                    self.rest.next();
                }
                Some(_) => {}
            }
        }
        text.push(character);
    }

    /// Keeps the blanks behind `<<` in the word.
    fn here_document(&mut self) -> String {
        self.rest.next();
        if self.rest.next_if_eq(&'<').is_none() {
            return "<".to_owned();
        }
        let mut text = "<<".to_owned();
        while let Some(blank) = self.rest.next_if(|next| matches!(next, '\t' | '\r' | ' ')) {
            text.push(blank);
        }
        text
    }

    fn dollar(&mut self) -> Result<String, ExpandError> {
        self.rest.next();
        if self.rest.next_if_eq(&'{').is_none() {
            let name = self.name();
            return Ok(match name.as_str() {
                "" => "$".to_owned(),
                _ => self.value_or(&name, || format!("${name}")),
            });
        }
        if matches!(self.rest.peek(), Some('{' | '}' | ':')) {
            return Err(ExpandError::Substitution);
        }
        let name = self.name();
        match self.rest.next() {
            None => Err(ExpandError::Unclosed('}')),
            Some('}') => Ok(self.value_or(&name, || format!("${{{name}}}"))),
            Some('/') => self.replaced(&name),
            Some(':') => {
                let kind = self.rest.next().ok_or(ExpandError::Unclosed('}'))?;
                let kind = Modifier::of(kind).ok_or(ExpandError::Substitution)?;
                self.modified(&name, kind, true)
            }
            Some(kind) => {
                if let Some(kind) = Modifier::of(kind) {
                    self.modified(&name, kind, false)
                } else if matches!(kind, '#' | '%') {
                    self.trimmed(&name, kind)
                } else {
                    Err(ExpandError::Substitution)
                }
            }
        }
    }

    fn value_or(&mut self, name: &str, written: impl Fn() -> String) -> String {
        match self.get(name) {
            Variable::Set(value) => value,
            Variable::Unset if self.style.keep_unset => written(),
            Variable::Unset => String::new(),
            Variable::Unknown => self.unknown(),
        }
    }

    fn unknown(&mut self) -> String {
        self.is_unknown = true;
        String::new()
    }

    fn get(&mut self, name: &str) -> Variable {
        self.names.insert(name.to_owned());
        (self.lookup)(name)
    }

    /// Reads to the closing brace; whether the word is known counts only where it is used.
    fn inner(&mut self, stop: char, raw_escapes: bool) -> Result<Word, ExpandError> {
        let before = std::mem::take(&mut self.is_unknown);
        let text = self.until(Some(stop), raw_escapes);
        let is_unknown = std::mem::replace(&mut self.is_unknown, before);
        Ok(Word {
            text: text?,
            is_unknown,
        })
    }

    fn take(&mut self, word: Word) -> String {
        self.is_unknown |= word.is_unknown;
        word.text
    }

    fn modified(
        &mut self,
        name: &str,
        kind: Modifier,
        empty_is_unset: bool,
    ) -> Result<String, ExpandError> {
        let word = self.inner('}', false)?;
        let variable = self.get(name);
        if variable == Variable::Unset && self.style.keep_unset {
            let colon = if empty_is_unset { ":" } else { "" };
            return Ok(format!("${{{name}{colon}{}{}}}", kind.sign(), word.text));
        }
        let value = match variable {
            Variable::Unknown => return Ok(self.unknown()),
            Variable::Set(value) if value.is_empty() && empty_is_unset => None,
            Variable::Set(value) => Some(value),
            Variable::Unset => None,
        };
        match (kind, value) {
            (Modifier::Default | Modifier::Required, Some(value)) => Ok(value),
            (Modifier::Default, None) | (Modifier::Replacement, Some(_)) => Ok(self.take(word)),
            (Modifier::Replacement, None) => Ok(String::new()),
            (Modifier::Required, None) => Err(ExpandError::Required {
                name: name.to_owned(),
                message: match word.text.as_str() {
                    "" => "is not allowed to be unset".to_owned(),
                    message => message.to_owned(),
                },
            }),
        }
    }

    fn trimmed(&mut self, name: &str, kind: char) -> Result<String, ExpandError> {
        let word = self.inner('}', true)?;
        let value = match self.get(name) {
            Variable::Set(value) => value,
            Variable::Unset if self.style.keep_unset => {
                return Ok(format!("${{{name}{kind}{}}}", word.text));
            }
            Variable::Unset => String::new(),
            Variable::Unknown => return Ok(self.unknown()),
        };
        let pattern = self.take(word);
        let (greedy, pattern) = match pattern.strip_prefix(kind) {
            Some(pattern) => (true, pattern),
            None => (false, pattern.as_str()),
        };
        let glob = Glob::parse(pattern).ok_or(ExpandError::Substitution)?;
        Ok(match kind {
            '#' => glob.without_prefix(&value, greedy),
            _ => glob.without_suffix(&value, greedy),
        })
    }

    fn replaced(&mut self, name: &str) -> Result<String, ExpandError> {
        let all = self.rest.next_if_eq(&'/').is_some();
        let pattern = self.inner('/', true)?;
        let replacement = self.inner('}', true)?;
        let value = match self.get(name) {
            Variable::Set(value) => value,
            Variable::Unset if self.style.keep_unset => {
                return Ok(format!("${{{name}/{}/{}}}", pattern.text, replacement.text));
            }
            Variable::Unset => String::new(),
            Variable::Unknown => return Ok(self.unknown()),
        };
        let (pattern, replacement) = (self.take(pattern), self.take(replacement));
        let glob = Glob::parse(&pattern).ok_or(ExpandError::Substitution)?;
        Ok(glob.replaced(&value, &replacement, all))
    }

    /// Reads a name: letters, digits and `_`; or only digits; or one special character.
    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.rest.peek() {
            Some(first) if first.is_numeric() => {
                while let Some(digit) = self.rest.next_if(|next| next.is_numeric()) {
                    name.push(digit);
                }
                return name;
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                name.extend(self.rest.next());
                return name;
            }
            _ => {}
        }
        while let Some(part) = self
            .rest
            .next_if(|next| next.is_alphanumeric() || *next == '_')
        {
            name.push(part);
        }
        name
    }
}

/// The text behind a modifier.
struct Word {
    text: String,
    is_unknown: bool,
}

#[derive(Clone, Copy)]
enum Modifier {
    Default,
    Replacement,
    Required,
}

impl Modifier {
    const fn of(sign: char) -> Option<Self> {
        match sign {
            '-' => Some(Self::Default),
            '+' => Some(Self::Replacement),
            '?' => Some(Self::Required),
            _ => None,
        }
    }

    const fn sign(self) -> char {
        match self {
            Self::Default => '-',
            Self::Replacement => '+',
            Self::Required => '?',
        }
    }
}

/// Collects the words of one text.
#[derive(Default)]
struct Words {
    finished: Vec<String>,
    in_word: bool,
}

impl Words {
    fn add(&mut self, character: char, word: &mut String) {
        if !character.is_whitespace() {
            self.add_raw_char(character, word);
        } else if self.in_word && !word.is_empty() {
            self.finished.push(std::mem::take(word));
            self.in_word = false;
        }
    }

    fn add_raw_char(&mut self, character: char, word: &mut String) {
        word.push(character);
        self.in_word = true;
    }

    fn add_raw(&mut self, text: &str, word: &mut String) {
        word.push_str(text);
        self.in_word = true;
    }

    fn finish(&mut self, word: &mut String) {
        if !word.is_empty() {
            self.finished.push(std::mem::take(word));
            self.in_word = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    fn lookup(name: &str) -> Variable {
        match name {
            "TAG" => Variable::Set("1.2.3-rc1".into()),
            "PATHS" => Variable::Set("a/b/c.tar.gz".into()),
            "EMPTY" => Variable::Set(String::new()),
            "IMAGE" => Variable::Unknown,
            _ => Variable::Unset,
        }
    }

    fn expanded(word: &str) -> Option<String> {
        expand(word, '\\', &lookup).unwrap().text
    }

    #[test_case("x:$TAG", "x:1.2.3-rc1"; "plain")]
    #[test_case("x:$NONE.", "x:."; "unset")]
    #[test_case(r#""x y"'$TAG'z"#, "x y$TAGz"; "quotes")]
    #[test_case(r#""a\"b\$c\d""#, r#"a"b$c\d"#; "escapes in quotes")]
    #[test_case(r"\$TAG\x", "$TAGx"; "escapes")]
    #[test_case("a$", "a$"; "a dollar at the end")]
    #[test_case("$1.$12x$@$$", ".x"; "parameters that are never set")]
    #[test_case("${NONE:-b_${TAG}}", "b_1.2.3-rc1"; "nested default")]
    #[test_case("${EMPTY:-d}${EMPTY-e}${NONE-f}", "df"; "unset and empty")]
    #[test_case("${EMPTY:+d}${EMPTY+e}${TAG:+f}${NONE+g}", "ef"; "replacement")]
    #[test_case("${TAG:?gone}${EMPTY?gone}", "1.2.3-rc1"; "required")]
    #[test_case("${TAG#*.}", "2.3-rc1"; "shortest prefix")]
    #[test_case("${TAG##*.}", "3-rc1"; "longest prefix")]
    #[test_case("${TAG%.*}", "1.2"; "shortest suffix")]
    #[test_case("${TAG%%.*}", "1"; "longest suffix")]
    #[test_case("${TAG%%-*}", "1.2.3"; "version without its end")]
    #[test_case("${TAG#9}${TAG%9}", "1.2.3-rc11.2.3-rc1"; "no match")]
    #[test_case("${PATHS/b/x}", "a/x/c.tar.gz"; "replaced once")]
    #[test_case("${TAG//./_}", "1_2_3-rc1"; "replaced everywhere")]
    #[test_case(r"${PATHS//\//.}", "a.b.c.tar.gz"; "escaped slash")]
    #[test_case("${PATHS/b*/}", "a/"; "greedy pattern")]
    #[test_case("${PATHS%.tar.?z}", "a/b/c"; "one character")]
    #[test_case("${TAG:-${IMAGE}}", "1.2.3-rc1"; "a default that is not needed may be unknown")]
    fn expands(word: &str, expected: &str) {
        assert_eq!(expanded(word).as_deref(), Some(expected));
    }

    #[test_case("$IMAGE"; "plain")]
    #[test_case("${IMAGE:-x}"; "default")]
    #[test_case("${NONE:-$IMAGE}"; "default that is needed")]
    #[test_case("${IMAGE%x}"; "trimmed")]
    #[test_case("${TAG%$IMAGE}"; "pattern")]
    fn depends_on_what_is_not_known(word: &str) {
        assert_eq!(expanded(word), None);
    }

    #[test_case("${"; "open brace")]
    #[test_case("${TAG"; "open name")]
    #[test_case("${TAG:-x"; "open default")]
    #[test_case("${}"; "no name")]
    #[test_case("${:x}"; "no name but a modifier")]
    #[test_case("${TAG:x}"; "unknown modifier")]
    #[test_case("${TAG:#x}"; "a colon that goes with nothing")]
    #[test_case("${TAG/x}"; "no replacement")]
    #[test_case("${NONE?}"; "required")]
    #[test_case("${EMPTY:?no}"; "required and empty")]
    #[test_case("'x"; "open quote")]
    #[test_case("\"x"; "open double quote")]
    fn fails(word: &str) {
        expand(word, '\\', &lookup).unwrap_err();
    }

    #[test]
    fn names_are_reported() {
        let names = expand("$A ${B:-$C} '$D' ${E/x/$F}", '\\', &lookup)
            .unwrap()
            .names;
        assert_eq!(Vec::from_iter(names), ["A", "B", "C", "E", "F"]);
    }

    #[test_case("a 'b c' d\\ e", &["a", "'b c'", "d\\ e"]; "quotes and escapes")]
    #[test_case("cat << EOF > x", &["cat", "<< EOF", ">", "x"]; "blanks behind the sign")]
    #[test_case("cat <<<x 3<<Y", &["cat", "<<<x", "3<<Y"]; "here-strings and numbers")]
    #[test_case("a ${X:-b c} $Y", &["a", "${X:-b", "c}", "$Y"]; "variables stay")]
    fn words_are_split(text: &str, words: &[&str]) {
        assert_eq!(split(text, true, true).unwrap(), words);
    }

    #[test]
    fn depth_is_limited() {
        let deep = format!("{}x{}", "${A:-".repeat(100_000), "}".repeat(100_000));
        drop(expand(&deep, '\\', &lookup));
    }

    proptest! {
        #[test]
        fn any_text_is_expanded_or_refused(text in r#"[ax$\{\}:/#%+?<'"\\ `-]{0,24}"#) {
            drop(expand(&text, '\\', &lookup));
            drop(expand(&text, '`', &lookup));
            drop(split(&text, true, true));
        }

        #[test]
        fn plain_text_stays(text in "[a-z0-9_./:-]{0,24}") {
            prop_assert_eq!(expanded(&text), Some(text));
        }
    }
}
