//! Which variables a text refers to, for texts that a shell reads in the end.

use std::ops::Range;

/// One `$NAME` or `${NAME…}` in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The variable's name.
    pub name: &'a str,
    /// Where it stands, from the dollar to its end.
    pub span: Range<usize>,
    /// Whether something stands in for it where it has no value, as in `${NAME:-x}`.
    pub has_default: bool,
}

/// Returns the variables that `text` refers to, in order.
///
/// Escaped dollars and text in single quotes are passed over, as BuildKit and the shell do it.
/// Nested references, as in `${A:-$B}`, are found too.
pub fn references(text: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut quotes = Quotes::default();
    let mut position = 0;
    while let Some(character) = text.get(position..).and_then(|rest| rest.chars().next()) {
        let is_dollar = !quotes.literal(character) && character == '$';
        let reference = is_dollar.then(|| reference_at(text, position)).flatten();
        position += match &reference {
            // What stands behind the name may refer to others.
            Some((reference, true)) => reference.name.len() + 2,
            Some((reference, false)) => reference.span.len(),
            None => character.len_utf8(),
        };
        found.extend(reference.map(|(reference, _)| reference));
    }
    found
}

/// Which quotes the scanner is in, and whether the last character was a backslash.
#[derive(Default)]
struct Quotes {
    single: bool,
    double: bool,
    escaped: bool,
}

impl Quotes {
    /// Notes one character; true if a dollar here would be an ordinary character.
    fn literal(&mut self, character: char) -> bool {
        if self.escaped {
            self.escaped = false;
            return true;
        }
        match character {
            '\\' if !self.single => self.escaped = true,
            '\'' if !self.double => self.single = !self.single,
            '"' if !self.single => self.double = !self.double,
            _ => {}
        }
        self.single
    }
}

/// Returns the reference whose dollar is at `dollar`, and whether its braces hold more than a name.
fn reference_at(text: &str, dollar: usize) -> Option<(Reference<'_>, bool)> {
    let after = &text[dollar + 1..];
    let Some(inner) = after.strip_prefix('{') else {
        let name = leading_name(after)?;
        let reference = Reference {
            name,
            span: dollar..dollar + 1 + name.len(),
            has_default: false,
        };
        return Some((reference, false));
    };
    let name = leading_name(inner)?;
    let rest = &inner[name.len()..];
    let end = closing_brace(rest)?;
    let modifier = rest[..end].trim_start_matches(':');
    let reference = Reference {
        name,
        span: dollar..dollar + 2 + name.len() + end + 1,
        has_default: modifier.starts_with(['-', '+', '=']),
    };
    Some((reference, end > 0))
}

fn leading_name(text: &str) -> Option<&str> {
    let end = text
        .find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
        .unwrap_or(text.len());
    (end > 0 && !text.starts_with(|first: char| first.is_ascii_digit())).then(|| &text[..end])
}

/// A brace further away than this closes something else; without a limit, a text of open braces
/// would be read once for each of them.
const LONGEST: usize = 4096;

fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (position, character) in text.char_indices().take(LONGEST) {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(position),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case("a $B ${C} d", &["B", "C"]; "both spellings")]
    #[test_case(r"\$A '$B' $C", &["C"]; "escaped and single quoted")]
    #[test_case(r#""it's $A" '"' $B"#, &["A", "B"]; "quotes inside of quotes")]
    #[test_case("${A:-$B} ${C:+${D}} ${E#$F} ${G//x/$H}", &["A", "B", "C", "D", "E", "F", "G", "H"]; "nested")]
    #[test_case("$1 $ ${} $$ ${A", &[]; "nothing to expand")]
    fn finds(text: &str, names: &[&str]) {
        let found: Vec<_> = references(text).iter().map(|found| found.name).collect();
        assert_eq!(found, names);
    }

    proptest! {
        #[test]
        fn any_text_is_searched(text in r#"[aé$\{\}'"\\:-]{0,24}"#) {
            for found in references(&text) {
                prop_assert!(text[found.span].starts_with('$'));
            }
        }
    }
}
