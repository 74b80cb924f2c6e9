//! The words of an instruction: its keyword, its flags, and what follows them.

use std::ops::Range;

use super::span::Spanned;

/// A part of a logical line.
pub(super) type Word = Spanned<String>;

/// An instruction, taken apart as far as it can be without knowing the keyword.
#[derive(Debug)]
pub(super) struct Split {
    pub(super) keyword: Word,
    /// Flags with their quotes and escapes taken away.
    pub(super) flags: Vec<Word>,
    /// Everything else.
    pub(super) arguments: Range<usize>,
}

/// Blanks between a keyword and what follows: not all that Unicode knows.
const fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// Takes `line[range]` apart.
pub(super) fn split(line: &str, range: Range<usize>, escape: char) -> Split {
    let range = trimmed(line, range);
    let text = &line[range.clone()];
    let Some(end) = text.find(is_blank) else {
        return Split {
            keyword: Word::new(text.to_owned(), range.clone()),
            flags: Vec::new(),
            arguments: range.end..range.end,
        };
    };
    let keyword = range.start..range.start + end;
    let rest = text[end..].trim_start_matches(is_blank);
    let after = range.end - rest.len()..range.end;
    let mut flags = Flags {
        line,
        range: after,
        escape,
        found: Vec::new(),
    };
    let arguments = flags.read();
    Split {
        keyword: Word::new(line[keyword.clone()].to_owned(), keyword),
        flags: flags.found,
        arguments: trimmed(line, arguments),
    }
}

/// Returns the range without blanks at its ends.
pub(super) fn trimmed(line: &str, range: Range<usize>) -> Range<usize> {
    let text = &line[range.clone()];
    let start = range.end - text.trim_start().len();
    let end = range.start + text.trim_end().len();
    start..end.max(start)
}

/// Reads flags. BuildKit goes through them byte by byte, so that letters beyond ASCII fall apart.
struct Flags<'a> {
    line: &'a str,
    range: Range<usize>,
    escape: char,
    found: Vec<Word>,
}

impl Flags<'_> {
    /// Reads all flags, and returns what follows them.
    fn read(&mut self) -> Range<usize> {
        let mut position = self.range.start;
        loop {
            while self.at(position).is_some_and(char::is_whitespace) {
                position += 1;
            }
            let is_flag = self.at(position) == Some('-') && self.at(position + 1) == Some('-');
            if !is_flag {
                // A letter beyond ASCII may hold a byte that counts as a blank.
                while !self.line.is_char_boundary(position) {
                    position -= 1;
                }
                return position..self.range.end;
            }
            let (flag, end) = self.flag(position);
            position = end;
            if flag.value == "--" {
                return position..self.range.end;
            }
            self.found.push(flag);
        }
    }

    fn at(&self, position: usize) -> Option<char> {
        let bytes = &self.line.as_bytes()[..self.range.end];
        bytes.get(position).map(|byte| char::from(*byte))
    }

    /// Returns the flag at `start`, and where it ends.
    fn flag(&self, start: usize) -> (Word, usize) {
        let mut value = String::new();
        let mut position = start;
        let mut quote = None;
        while let Some(mut character) = self.at(position) {
            if quote == Some(character) {
                quote = None;
                position += 1;
                continue;
            }
            if quote.is_none() && character.is_whitespace() {
                break;
            }
            if quote.is_none() && matches!(character, '\'' | '"') {
                quote = Some(character);
                position += 1;
                continue;
            }
            if character == self.escape {
                position += 1;
                match self.at(position) {
                    Some(escaped) => character = escaped,
                    None => break,
                }
            }
            value.push(character);
            position += 1;
        }
        while !self.line.is_char_boundary(position) {
            position += 1;
        }
        (Word::new(value, start..position), position)
    }
}

/// Splits at blanks outside of quotes; the words keep their quotes and escapes.
pub(super) fn quoted_words(line: &str, range: Range<usize>, escape: char) -> Vec<Word> {
    let mut reader = QuotedWords {
        rest: line[range.clone()].char_indices().peekable(),
        escape,
        word: String::new(),
        is_quoted: false,
    };
    let mut words = Vec::new();
    while let Some(word) = reader.next_word() {
        let place = range.start + word.span.start..range.start + word.span.end;
        words.push(Word::new(word.value, place));
    }
    words
}

struct QuotedWords<'a> {
    rest: std::iter::Peekable<std::str::CharIndices<'a>>,
    escape: char,
    word: String,
    is_quoted: bool,
}

impl QuotedWords<'_> {
    fn next_word(&mut self) -> Option<Word> {
        loop {
            while self
                .rest
                .next_if(|(_, next)| next.is_whitespace())
                .is_some()
            {}
            let start = self.rest.peek()?.0;
            let end = self.read_word(start);
            let word = std::mem::take(&mut self.word);
            let is_quoted = std::mem::take(&mut self.is_quoted);
            if is_quoted || !word.is_empty() {
                return Some(Word::new(word, start..end));
            }
        }
    }

    /// Reads to the next blank, and returns where the word ends.
    fn read_word(&mut self, start: usize) -> usize {
        let mut quote = None;
        let mut end = start;
        while let Some((at, character)) = self
            .rest
            .next_if(|(_, next)| quote.is_some() || !next.is_whitespace())
        {
            end = at + character.len_utf8();
            if character == self.escape && quote != Some('\'') {
                // An escape at the very end is dropped.
                if let Some((at, escaped)) = self.rest.next() {
                    end = at + escaped.len_utf8();
                    self.word.extend([character, escaped]);
                }
                continue;
            }
            if quote == Some(character) {
                quote = None;
            } else if quote.is_none() && matches!(character, '\'' | '"') {
                quote = Some(character);
                self.is_quoted = true;
            }
            self.word.push(character);
        }
        end
    }
}

/// Splits at blanks, whatever quotes there are. An empty text has no words.
pub(super) fn plain_words(line: &str, range: Range<usize>) -> Vec<Word> {
    let text = &line[range.clone()];
    let words = text.split(is_blank).filter(|word| !word.is_empty());
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize + range.start;
    let place = |word: &str| start(word)..start(word) + word.len();
    words
        .map(|word| Word::new(word.to_owned(), place(word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    fn parts(line: &str) -> (String, Vec<String>, String) {
        let split = split(line, 0..line.len(), '\\');
        let flags = split.flags.into_iter().map(|flag| flag.value);
        (
            split.keyword.value,
            flags.collect(),
            line[split.arguments].to_owned(),
        )
    }

    #[test_case("RUN a b", &[], "a b"; "none")]
    #[test_case("RUN\t--a=1 --b  c --d ", &["--a=1", "--b"], "c --d"; "only in front")]
    #[test_case("RUN --a='1 2'\\ 3 c", &["--a=1 2 3"], "c"; "quotes and escapes")]
    #[test_case("RUN --a=1 -- --b", &["--a=1"], "--b"; "two dashes end them")]
    #[test_case("RUN --a=\"x\\\"y\"", &["--a=x\"y"], ""; "nothing else")]
    #[test_case("RUN -a", &[], "-a"; "one dash is no flag")]
    #[test_case("RUN", &[], ""; "a keyword alone")]
    fn flags(line: &str, flags: &[&str], arguments: &str) {
        let (keyword, found, rest) = parts(line);
        assert_eq!((keyword.as_str(), rest.as_str()), ("RUN", arguments));
        assert_eq!(found, flags);
    }

    #[test_case("A=1 B=\"x y\" C='$z'", &["A=1", "B=\"x y\"", "C='$z'"]; "quotes stay")]
    #[test_case("A=x\\ y '' B", &["A=x\\ y", "''", "B"]; "escapes stay, also empty words")]
    #[test_case("A\\", &["A"]; "an escape at the end is dropped")]
    #[test_case("A='x\\' B", &["A='x\\'", "B"]; "single quotes escape nothing")]
    #[test_case("A='x", &["A='x"]; "an open quote")]
    fn words(text: &str, expected: &[&str]) {
        let found = quoted_words(text, 0..text.len(), '\\');
        let values: Vec<_> = found.iter().map(|word| word.value.as_str()).collect();
        assert_eq!(values, expected);
        for word in found {
            assert!(text[word.span].starts_with(&word.value));
        }
    }

    proptest! {
        #[test]
        fn any_line_is_taken_apart(line in "[-aé=\u{85}\u{a0} '\"\\\\\t]{0,30}") {
            let split = split(&line, 0..line.len(), '\\');
            for word in split.flags.iter().chain([&split.keyword]) {
                prop_assert!(line.get(word.span.clone()).is_some());
            }
            for word in quoted_words(&line, split.arguments.clone(), '\\') {
                prop_assert!(line.get(word.span).is_some());
            }
            for word in plain_words(&line, split.arguments) {
                prop_assert_eq!(&line[word.span], word.value);
            }
        }
    }
}
