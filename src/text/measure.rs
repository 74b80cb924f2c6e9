//! How many columns a text takes, and how to make it take fewer.

use unicode_width::UnicodeWidthChar as _;

use super::{Look, Mark};

/// Returns the columns that `text` takes on a terminal; colour codes take none.
pub fn width(text: &str) -> usize {
    pieces(text).map(Piece::columns).sum()
}

/// Cuts `text` to at most `columns` columns, with an ellipsis where something was cut off.
///
/// Colour codes are kept, also those behind the cut, so that no colour leaks into what follows.
pub fn fit(text: &str, columns: usize, look: Look) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let ellipsis = look.mark(Mark::Ellipsis);
    let room = columns.saturating_sub(width(ellipsis));
    let mut fitted = String::with_capacity(text.len());
    let mut used = 0;
    let mut cut = false;
    for piece in pieces(text) {
        match piece {
            Piece::Escape(escape) => fitted.push_str(escape),
            Piece::Char(character) if !cut && used + columns_of(character) <= room => {
                used += columns_of(character);
                fitted.push(character);
            }
            Piece::Char(_) if !cut => {
                cut = true;
                fitted.extend(ellipsis.chars().take(columns));
            }
            Piece::Char(_) => {}
        }
    }
    fitted
}

/// Cuts plain `text` to at most `columns` columns in its middle: of names, both ends tell them apart.
pub fn fit_middle(text: &str, columns: usize, look: Look) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let ellipsis = look.mark(Mark::Ellipsis);
    let room = columns.saturating_sub(width(ellipsis));
    let (head, tail) = (room.div_ceil(2), room / 2);
    let start = cut(text.chars(), head);
    let end: String = cut(text.chars().rev(), tail).chars().rev().collect();
    fit(&(start + ellipsis + &end), columns, look)
}

/// Returns the first characters that fit into `columns` columns.
fn cut(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    let fitting = characters.take_while(|character| {
        used += columns_of(*character);
        used <= columns
    });
    fitting.collect()
}

/// Folds `text` into lines of at most `columns` columns, at spaces.
///
/// What stands between backticks is never folded, even if it is longer than a line: it is there
/// to be copied. Line breaks in `text` stay.
pub fn fold(text: &str, columns: Option<usize>) -> Vec<String> {
    let Some(columns) = columns else {
        return text.lines().map(str::to_owned).collect();
    };
    text.lines()
        .flat_map(|line| fold_line(line, columns))
        .collect()
}

fn fold_line(line: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(line) {
        let wide = width(word);
        let last = lines.last_mut().filter(|last| !last.is_empty());
        match last {
            Some(last) if used + 1 + wide <= columns => {
                last.push(' ');
                last.push_str(word);
                used += 1 + wide;
            }
            Some(_) => {
                lines.push(word.to_owned());
                used = wide;
            }
            None => {
                lines
                    .last_mut()
                    .unwrap_or(&mut String::new())
                    .push_str(word);
                used = wide;
            }
        }
    }
    lines
}

/// Splits at spaces that are not between backticks.
fn words(line: &str) -> Vec<&str> {
    let mut quoted = false;
    line.split(move |character| {
        quoted ^= character == '`';
        character == ' ' && !quoted
    })
    .filter(|word| !word.is_empty())
    .collect()
}

/// A character, or an escape code that takes no column.
#[derive(Clone, Copy)]
enum Piece<'a> {
    Char(char),
    Escape(&'a str),
}

impl Piece<'_> {
    fn columns(self) -> usize {
        match self {
            Self::Char(character) => columns_of(character),
            Self::Escape(_) => 0,
        }
    }
}

fn columns_of(character: char) -> usize {
    character.width().unwrap_or(0)
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let character = rest.chars().next()?;
        let escape = rest.strip_prefix("\x1b[").map(|parameters| {
            let end = parameters.find(|c: char| c.is_ascii_alphabetic());
            end.map_or(rest.len(), |end| end + 3)
        });
        let (head, tail) = rest.split_at(escape.unwrap_or(character.len_utf8()));
        rest = tail;
        Some(match escape {
            Some(_) => Piece::Escape(head),
            None => Piece::Char(character),
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::Tone;

    const RICH: Look = Look {
        color: true,
        unicode: true,
        width: None,
    };

    #[test]
    fn colour_takes_no_column_and_wide_characters_take_two() {
        assert_eq!(width(&RICH.paint(Tone::Good, "ok")), 2);
        assert_eq!(width("漢字"), 4);
    }

    #[test]
    fn cutting_keeps_the_end_of_a_colour() {
        let red = RICH.paint(Tone::Error, "too long for this");
        assert_eq!(fit(&red, 8, RICH), "\x1b[1;31mtoo lon…\x1b[0m");
        assert_eq!(fit("too long", 6, Look::PLAIN), "too...");
        assert_eq!(fit("short", 5, RICH), "short");
    }

    #[test]
    fn of_names_both_ends_stay() {
        let unicode = Look {
            color: false,
            ..RICH
        };
        assert_eq!(fit_middle("runtime_release", 9, unicode), "runt…ease");
        assert_eq!(fit_middle("runtime", 7, unicode), "runtime");
        assert_eq!(fit_middle("runtime_release", 9, Look::PLAIN), "run...ase");
        assert_eq!(fit_middle("runtime", 2, Look::PLAIN), "..");
    }

    #[test]
    fn folding_never_breaks_a_command() {
        assert_eq!(
            fold("run `docker login ghcr.io` and try it again", Some(20)),
            ["run", "`docker login ghcr.io`", "and try it again"]
        );
        assert_eq!(fold("one\ntwo", None), ["one", "two"]);
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in ".{0,60}", columns in 0usize..50) {
            prop_assert!(width(&fit(&text, columns, RICH)) <= columns);
            prop_assert!(width(&fit_middle(&text, columns, RICH)) <= columns);
        }
    }
}
