//! Makes foreign text safe to show.

/// Returns `line` without what could move the cursor, recolour the screen or ring the bell.
///
/// Escape sequences go as a whole; tabs become spaces up to the next multiple of eight.
pub fn clean_line(line: &str) -> String {
    let mut cleaned = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\x1b' => skip_escape(&mut characters),
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

/// Returns what a terminal would show of a line that a program has overwritten with carriage
/// returns, as progress bars do: the last part that is not empty.
pub fn last_state_of_line(line: &str) -> &str {
    line.rsplit('\r')
        .find(|part| !part.is_empty())
        .unwrap_or("")
}

/// Skips the rest of an escape sequence (ECMA-48: CSI, OSC and the other strings, or one byte).
fn skip_escape(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match characters.next() {
        Some('[') => {
            characters.find(|character| ('\x40'..='\x7e').contains(character));
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(character) = characters.next() {
                if character == '\x07' || character == '\x1b' {
                    characters.next_if_eq(&'\\');
                    return;
                }
            }
        }
        Some('(' | ')' | '*' | '+' | '#' | '%' | ' ') => {
            characters.next();
        }
        Some(_) | None => {}
    }
}

/// Characters that reorder what follows them, by which a log can show what is not there.
fn is_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

    #[test_case("10%\r50%\r100%", "100%")]
    #[test_case("10%\r50%\r", "50%"; "returned to the start but nothing written yet")]
    #[test_case("no bar", "no bar")]
    #[test_case("\r", ""; "nothing at all")]
    fn shows_the_last_state(line: &str, expected: &str) {
        assert_eq!(last_state_of_line(line), expected);
    }

    proptest! {
        #[test]
        fn nothing_controls_the_terminal(line in any::<String>()) {
            prop_assert!(!clean_line(&line).chars().any(char::is_control));
        }
    }
}
