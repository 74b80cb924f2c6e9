//! Output of programs as a terminal shows it: characters overwrite, lines are drawn again.

use super::clean::{Control, clean_line, control};

/// Longer lines are broken, as a terminal does at its right edge.
const LONGEST_LINE: usize = 64 * 1024;

const TAB: usize = 8;

/// What a program has done to the lines of its terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// It has ended a line.
    Line(String),
    /// It has gone up so many lines, to write them again.
    Up(usize),
}

/// The line that a program is writing at.
///
/// Progress bars go back to its beginning and overwrite it; what stays is what a terminal would
/// show in the end.
#[derive(Clone, Debug, Default)]
pub struct Typewriter {
    cells: Vec<char>,
    column: usize,
}

impl Typewriter {
    /// Writes on, and returns what has become of earlier lines.
    pub fn write(&mut self, text: &str) -> Vec<Typed> {
        let mut typed = Vec::new();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            match character {
                '\n' => typed.push(Typed::Line(self.end())),
                '\r' => self.column = 0,
                '\x08' => self.column = self.column.saturating_sub(1),
                '\t' => self.column = (self.column / TAB + 1) * TAB,
                '\x1b' => typed.extend(self.obey(control(&mut rest))),
                character if character.is_control() => {}
                character => self.put(character),
            }
            if self.column >= LONGEST_LINE {
                typed.push(Typed::Line(self.end()));
            }
        }
        typed
    }

    /// Returns what the line shows now, safe to show.
    pub fn line(&self) -> String {
        let text: String = self.cells.iter().collect();
        clean_line(text.trim_end())
    }

    /// Ends the line.
    pub fn end(&mut self) -> String {
        let line = self.line();
        *self = Self::default();
        line
    }

    fn put(&mut self, character: char) {
        if self.cells.len() <= self.column {
            self.cells.resize(self.column + 1, ' ');
        }
        self.cells[self.column] = character;
        self.column += 1;
    }

    /// Follows ECMA-48 as far as it changes lines.
    fn obey(&mut self, control: Control) -> Option<Typed> {
        let Control { letter, number } = control;
        let count = number.unwrap_or(1).max(1);
        match letter {
            'K' => self.erase(number.unwrap_or(0)),
            'J' if number.unwrap_or(0) == 0 => self.erase(0),
            'C' => self.column = (self.column + count).min(LONGEST_LINE - 1),
            'D' => self.column = self.column.saturating_sub(count),
            'G' => self.column = (count - 1).min(LONGEST_LINE - 1),
            'A' | 'F' => {
                self.cells.clear();
                self.column = 0;
                return Some(Typed::Up(count));
            }
            _ => {}
        }
        None
    }

    fn erase(&mut self, part: usize) {
        let until = (self.column + 1).min(self.cells.len());
        match part {
            0 => self.cells.truncate(self.column),
            1 => self.cells[..until].fill(' '),
            2 => self.cells.clear(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("10%\r50%\r100%" => "100%"; "a bar that grows")]
    #[test_case("10%\r50%\r" => "50%"; "back at the start, nothing written yet")]
    #[test_case("downloading 5\rdone" => "doneloading 5"; "as a terminal does, without erasing")]
    #[test_case("downloading 5\r\x1b[Kdone" => "done"; "erased behind the cursor")]
    #[test_case("downloading\x1b[2K\rdone" => "done"; "erased as a whole")]
    #[test_case("abc\x08\x08X" => "aXc"; "backspace")]
    #[test_case("\x1b[32mgreen\x1b[0m" => "green"; "colour")]
    #[test_case("abc\x1b[1GX\x1b[1CY" => "XbY"; "columns")]
    #[test_case("a\tb\r\tc" => "a       c"; "tab")]
    #[test_case("bar  \r   \r" => ""; "blanked")]
    #[test_case("\x1b[?25l 5%" => " 5%"; "hidden cursor")]
    fn a_line_shows(text: &str) -> String {
        let mut typewriter = Typewriter::default();
        assert_eq!(typewriter.write(text), []);
        typewriter.line()
    }

    #[test]
    fn lines_end_and_are_written_again() {
        let mut typewriter = Typewriter::default();
        let typed = typewriter.write("a 1%\nb 1%\r\n\x1b[2Aa 2%\nb 2%");
        let line = |text: &str| Typed::Line(text.into());
        assert_eq!(
            typed,
            [line("a 1%"), line("b 1%"), Typed::Up(2), line("a 2%")]
        );
        assert_eq!(typewriter.line(), "b 2%");
    }

    #[test]
    fn pieces_may_be_cut_anywhere_but_in_an_escape() {
        let mut typewriter = Typewriter::default();
        let typed: Vec<_> = ["ab", "c\r", "\n", "d"]
            .into_iter()
            .flat_map(|piece| typewriter.write(piece))
            .collect();
        assert_eq!(typed, [Typed::Line("abc".into())]);
        assert_eq!(typewriter.end(), "d");
        assert_eq!(typewriter.end(), "");
    }

    #[test]
    fn nobody_goes_further_than_a_line_is_long() {
        let typed = Typewriter::default().write("\x1b[4000000000C!");
        let [Typed::Line(line)] = typed.as_slice() else {
            panic!("{} lines", typed.len())
        };
        assert_eq!(line.chars().count(), LONGEST_LINE);
    }

    proptest! {
        #[test]
        fn nothing_is_kept_without_bounds_or_controls_the_terminal(text in any::<String>()) {
            let mut typewriter = Typewriter::default();
            let typed = typewriter.write(&text);
            let lines = typed.into_iter().filter_map(|typed| match typed {
                Typed::Line(line) => Some(line),
                Typed::Up(_) => None,
            });
            for line in lines.chain([typewriter.end()]) {
                prop_assert!(line.chars().count() <= LONGEST_LINE);
                prop_assert!(!line.chars().any(char::is_control));
            }
        }
    }
}
