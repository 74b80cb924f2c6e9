//! Makes foreign text safe to show.

use std::borrow::Cow;
use std::str::Chars;

/// Returns `line` without what could move the cursor, recolour the screen or ring the bell.
///
/// Escape sequences go as a whole; tabs become spaces up to the next multiple of eight.
pub fn clean_line(line: &str) -> String {
    let mut cleaned = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\x1b' => {
                control(&mut characters);
            }
            '\t' => {
                let missing = 8 - cleaned.chars().count() % 8;
                cleaned.extend(std::iter::repeat_n(' ', missing));
            }
            character if character.is_control() || is_direction(character) => {}
            character => cleaned.push(character),
        }
    }
    cleaned
}

/// Returns a text of several lines without what could control a terminal; line feeds and tabs stay.
pub fn clean_text(text: &str) -> String {
    let is_safe = |c: char| c == '\n' || c == '\t' || !(c.is_control() || is_direction(c));
    if text.chars().all(is_safe) {
        return text.to_owned();
    }
    let lines = text.split('\n').map(|line| {
        let cells = line.split('\t').map(clean_line);
        cells.collect::<Vec<_>>().join("\t")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns JSON with the characters escaped that JSON allows in strings and that a terminal could
/// take for commands. (Serializers escape the other ones.)
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let needs = |c: char| c != '\n' && (c.is_control() || is_direction(c));
    if !json.contains(needs) {
        return Cow::Borrowed(json);
    }
    let escaped = json.chars().map(|character| match character {
        // All of them are below U+10000, so one unit of UTF-16 is enough.
        character if needs(character) => format!("\\u{:04x}", u32::from(character)),
        character => character.to_string(),
    });
    Cow::Owned(escaped.collect())
}

/// An escape sequence: its last letter, and the first number in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Control {
    /// Of a sequence that moves or erases (CSI), and else a space.
    pub(super) letter: char,
    pub(super) number: Option<usize>,
}

/// Takes the rest of an escape sequence (ECMA-48: CSI, OSC and the other strings, or one byte).
pub(super) fn control(characters: &mut Chars<'_>) -> Control {
    match characters.next() {
        Some('[') => {
            let text = characters.as_str();
            let letter = characters.find(|character| ('\x40'..='\x7e').contains(character));
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            return Control {
                letter: letter.unwrap_or(' '),
                number: digits.parse().ok(),
            };
        }
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(characters),
        Some('(' | ')' | '*' | '+' | '#' | '%' | ' ') => {
            characters.next();
        }
        Some(_) | None => {}
    }
    Control {
        letter: ' ',
        number: None,
    }
}

/// Skips a string up to its terminator: a bell, or ESC and a backslash.
fn skip_string(characters: &mut Chars<'_>) {
    while let Some(character) = characters.next() {
        if character == '\x07' || character == '\x1b' {
            if characters.as_str().starts_with('\\') {
                characters.next();
            }
            return;
        }
    }
}

/// Characters that reorder what follows them, by which a log can show what is not there.
fn is_direction(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("\x1b[1;31mred\x1b[0m text", "red text"; "colour")]
    #[test_case("\x1b]0;title\x07shown", "shown"; "window title")]
    #[test_case("\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "link"; "hyperlink")]
    #[test_case("\x1b[2J\x1b[Hgone\x07\x08", "gone"; "clear screen, bell, backspace")]
    #[test_case("\x1b(Bok\x1b=!", "ok!"; "character set and keypad")]
    #[test_case("a\tb", "a       b"; "tab")]
    #[test_case("\u{9b}31mx", "31mx"; "eight bit control")]
    #[test_case("safe\u{202e}evil", "safeevil"; "right to left override")]
    fn is_made_safe(line: &str, expected: &str) {
        assert_eq!(clean_line(line), expected);
    }

    #[test]
    fn lines_and_columns_stay() {
        assert_eq!(clean_text("a\tb\n\x1b[2Jc\r\n"), "a\tb\nc\n");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({ "a": "\u{1b}[2J\u{9b}\u{7f}\u{202e}\n\t", "b": [1] });
        let json = escape_json(&serde_json::to_string_pretty(&value).unwrap()).into_owned();
        assert!(
            json.chars()
                .all(|c| c == '\n' || c.is_ascii_graphic() || c == ' '),
            "{json}"
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&json).unwrap(),
            value
        );
    }

    proptest! {
        #[test]
        fn nothing_controls_the_terminal(line in any::<String>()) {
            prop_assert!(!clean_line(&line).chars().any(char::is_control));
            let text = clean_text(&line);
            prop_assert!(!text.replace(['\n', '\t'], "").chars().any(char::is_control));
        }
    }
}
