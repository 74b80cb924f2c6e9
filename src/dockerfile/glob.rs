//! The patterns of `${NAME#pattern}` and its relatives: `*`, `?` and escapes.

/// A pattern, one piece after the other.
#[derive(Clone, Debug)]
pub(super) struct Glob(Vec<Piece>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Character(char),
    Any,
    Many,
}

impl Glob {
    /// Reads a pattern; `None` if it escapes what needs no escape, which BuildKit refuses.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(character) = rest.next() {
            pieces.push(match character {
                '*' => Piece::Many,
                '?' => Piece::Any,
                // These two end the pattern where it stands; the escape is no part of it.
                '\\' if matches!(rest.peek(), Some('}' | '/')) => continue,
                '\\' => match rest.next()? {
                    escaped @ ('*' | '?' | '\\') => Piece::Character(escaped),
                    _ => return None,
                },
                character => Piece::Character(character),
            });
        }
        Some(Self(pieces))
    }

    pub(super) fn without_prefix(&self, value: &str, greedy: bool) -> String {
        let value: Vec<char> = value.chars().collect();
        let end = matched(&self.0, &value, greedy).unwrap_or(0);
        value[end..].iter().collect()
    }

    pub(super) fn without_suffix(&self, value: &str, greedy: bool) -> String {
        let reversed: Vec<Piece> = self.0.iter().rev().copied().collect();
        let mut value: Vec<char> = value.chars().rev().collect();
        let end = matched(&reversed, &value, greedy).unwrap_or(0);
        value.drain(..end);
        value.iter().rev().collect()
    }

    pub(super) fn replaced(&self, value: &str, replacement: &str, all: bool) -> String {
        let value: Vec<char> = value.chars().collect();
        let mut text = String::new();
        let mut position = 0;
        let mut last_end = None;
        while position <= value.len() {
            match matched(&self.0, &value[position..], true) {
                // An empty match right behind another one is none.
                Some(length) if length > 0 || last_end != Some(position) => {
                    text.push_str(replacement);
                    position += length;
                    last_end = Some(position);
                    if !all {
                        text.extend(&value[position..]);
                        return text;
                    }
                    if length > 0 {
                        continue;
                    }
                }
                _ => {}
            }
            text.extend(value.get(position));
            position += 1;
        }
        text
    }
}

/// Returns the length of the match at the beginning of `value`: the first one that a backtracking
/// search finds, where a greedy `*` tries the longest first.
///
/// `.` matches no line break, as in Go's expressions.
fn matched(pieces: &[Piece], value: &[char], greedy: bool) -> Option<usize> {
    // The ends that the pieces so far can reach. Of all of them the search prefers the longest if
    // it is greedy and the shortest if it is not, because every `*` has the same preference and
    // everything else has a fixed length.
    let mut ends = vec![0];
    for piece in pieces {
        ends = match piece {
            Piece::Character(character) => step(&ends, |end| value.get(end) == Some(character)),
            Piece::Any => step(&ends, |end| value.get(end).is_some_and(|c| *c != '\n')),
            Piece::Many => spread(&ends, value),
        };
    }
    if greedy {
        ends.last().copied()
    } else {
        ends.first().copied()
    }
}

fn step(ends: &[usize], fits: impl Fn(usize) -> bool) -> Vec<usize> {
    let fitting = ends.iter().filter(|end| fits(**end));
    fitting.map(|end| end + 1).collect()
}

fn spread(ends: &[usize], value: &[char]) -> Vec<usize> {
    let mut reached: Vec<usize> = Vec::new();
    for &start in ends {
        if reached.last().is_some_and(|last| start <= *last) {
            continue;
        }
        let line = value[start..].iter().take_while(|next| **next != '\n');
        reached.extend(start..=start + line.count());
    }
    reached
}
