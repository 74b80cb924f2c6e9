//! Variables in Dockerfiles: which are referred to, and what a text becomes with their values.

use std::ops::Range;

/// One `$NAME` or `${NAME…}` in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<'a> {
    /// The variable's name.
    pub name: &'a str,
    /// Where it stands, from the dollar to its end.
    pub span: Range<usize>,
    /// The default of `${NAME:-default}` or the replacement of `${NAME:+replacement}`, with the
    /// character that says which of the two.
    pub modifier: Option<(char, &'a str)>,
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
        if quotes.literal(character) {
            position += character.len_utf8();
            continue;
        }
        let reference = (character == '$')
            .then(|| reference_at(text, position))
            .flatten();
        position += match &reference {
            Some(Reference { name, modifier, .. }) if modifier.is_some() => name.len() + 2,
            Some(reference) => reference.span.len(),
            None => character.len_utf8(),
        };
        found.extend(reference);
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

fn reference_at(text: &str, dollar: usize) -> Option<Reference<'_>> {
    let after = &text[dollar + 1..];
    let Some(inner) = after.strip_prefix('{') else {
        let name = leading_name(after)?;
        return Some(Reference {
            name,
            span: dollar..dollar + 1 + name.len(),
            modifier: None,
        });
    };
    let name = leading_name(inner)?;
    let rest = &inner[name.len()..];
    let end = closing_brace(rest)?;
    Some(Reference {
        name,
        span: dollar..dollar + 2 + name.len() + end + 1,
        modifier: modifier(&rest[..end]),
    })
}

fn leading_name(text: &str) -> Option<&str> {
    let end = text
        .find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
        .unwrap_or(text.len());
    (end > 0 && !text.starts_with(|first: char| first.is_ascii_digit())).then(|| &text[..end])
}

fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (position, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(position),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn modifier(text: &str) -> Option<(char, &str)> {
    let text = text.strip_prefix(':').unwrap_or(text);
    let kind = text.chars().next()?;
    matches!(kind, '-' | '+').then(|| (kind, &text[1..]))
}

/// Returns `text` with its variables replaced by what `lookup` knows of them.
///
/// `None` if a variable without a default is unknown. An empty value counts as unset for
/// `:-` and `:+`, and here for `-` and `+` as well.
pub fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut expanded = String::new();
    let mut done = 0;
    for reference in references(text) {
        if reference.span.start < done {
            continue; // inside of a default that is expanded already
        }
        expanded.push_str(&text[done..reference.span.start]);
        expanded.push_str(&value(&reference, lookup)?);
        done = reference.span.end;
    }
    expanded.push_str(&text[done..]);
    Some(expanded)
}

fn value(reference: &Reference<'_>, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let known = lookup(reference.name);
    let set = known.as_ref().is_some_and(|value| !value.is_empty());
    match reference.modifier {
        Some(('-', default)) if !set => expand(default, lookup),
        Some(('+', replacement)) if set => expand(replacement, lookup),
        Some(('+', _)) => Some(String::new()),
        _ => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("a $B ${C} d", &["B", "C"]; "both spellings")]
    #[test_case(r"\$A '$B' $C", &["C"]; "escaped and single quoted")]
    #[test_case(r#""it's $A" '"' $B"#, &["A", "B"]; "quotes inside of quotes")]
    #[test_case("${A:-$B} ${C:+${D}}", &["A", "B", "C", "D"]; "nested")]
    #[test_case("$1 $ ${} $$ ${A", &[]; "nothing to expand")]
    fn finds(text: &str, names: &[&str]) {
        let found: Vec<_> = references(text).iter().map(|found| found.name).collect();
        assert_eq!(found, names);
    }

    #[test_case("x:$TAG", Some("x:1"); "plain")]
    #[test_case("wheel_builder_${SOURCE:-wheel}", Some("wheel_builder_wheel"); "default")]
    #[test_case("${TAG:-other}", Some("1"); "default not needed")]
    #[test_case("${EMPTY:-$TAG}${TAG:+!}${EMPTY:+?}", Some("1!"); "nested and replaced")]
    #[test_case("${SOURCE}", None; "unknown")]
    fn expands(text: &str, expected: Option<&str>) {
        let lookup = |name: &str| match name {
            "TAG" => Some("1".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        assert_eq!(expand(text, &lookup).as_deref(), expected);
    }
}
