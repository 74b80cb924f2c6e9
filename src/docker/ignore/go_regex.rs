//! Go's regular expressions, as far as ignore patterns can reach them.
//!
//! moby turns a pattern into a Go expression and passes brackets and escapes through. Rust's
//! syntax gives some of those another meaning (nested classes, `&&`, Unicode `\d`), so classes and
//! escapes are parsed here by Go's rules and written out without any special character.

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// The expression is not valid in Go, or is one of Go's rarities that no file name needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid;

/// Compiles an expression written for Go.
pub(super) fn compile(go: &str) -> Result<Regex, Invalid> {
    Regex::new(&translate(go)?).map_err(|_| Invalid)
}

fn translate(go: &str) -> Result<String, Invalid> {
    let mut out = String::with_capacity(go.len() + 16);
    let mut rest = go.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '[' => class(&mut rest, &mut out)?,
            ']' => out.push_str(r"\]"),
            '\\' => escape_outside(&mut rest, &mut out)?,
            c => out.push(c),
        }
    }
    Ok(out)
}

fn escape_outside(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), Invalid> {
    match rest.peek().copied() {
        Some('b') => out.push_str(r"(?-u:\b)"),
        Some('B') => out.push_str(r"(?-u:\B)"),
        Some('A') => out.push_str(r"\A"),
        Some('z') => out.push_str(r"\z"),
        Some(c) if perl_class(c).is_some() => {
            _ = write!(out, "[{}]", perl_class(c).unwrap_or_default());
        }
        _ => return escape(rest).map(|c| literal(c, out)),
    }
    _ = rest.next();
    Ok(())
}

/// Parses the inside of a class, whose `[` has been read.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), Invalid> {
    out.push('[');
    if rest.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    loop {
        match rest.peek().copied().ok_or(Invalid)? {
            ']' if !first => break,
            '[' if named_class(rest, out)? => {}
            '\\' if class_escape(rest, out) => {}
            _ => range(rest, out)?,
        }
        first = false;
    }
    _ = rest.next();
    out.push(']');
    Ok(())
}

/// The classes that Go knows by name.
const CLASS_NAMES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// Copies `[:alpha:]` and its like; `false` if there is none here.
fn named_class(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<bool, Invalid> {
    let ahead: String = rest.clone().collect();
    let Some(end) = ahead
        .strip_prefix("[:")
        .and_then(|inside| inside.find(":]"))
    else {
        return Ok(false);
    };
    let name = &ahead[2..end + 2];
    if !CLASS_NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
        return Err(Invalid);
    }
    _ = write!(out, "[:{name}:]");
    _ = rest.nth(end + 3);
    Ok(true)
}

/// Writes `\d` and its like as their ASCII members; `false` if there is none here.
fn class_escape(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> bool {
    let Some(members) = rest.clone().nth(1).and_then(perl_class) else {
        return false;
    };
    _ = write!(out, "[{members}]");
    _ = rest.nth(1);
    true
}

fn range(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), Invalid> {
    let low = class_character(rest)?;
    literal(low, out);
    let mut ahead = rest.clone();
    if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
        _ = rest.next();
        let high = class_character(rest)?;
        if high < low {
            return Err(Invalid);
        }
        out.push('-');
        literal(high, out);
    }
    Ok(())
}

fn class_character(rest: &mut Peekable<Chars<'_>>) -> Result<char, Invalid> {
    match rest.next() {
        Some('\\') => escape(rest),
        Some(c) => Ok(c),
        None => Err(Invalid),
    }
}

/// Reads one escaped character, whose backslash has been read.
fn escape(rest: &mut Peekable<Chars<'_>>) -> Result<char, Invalid> {
    match rest.next().ok_or(Invalid)? {
        'a' => Ok('\u{7}'),
        'f' => Ok('\u{c}'),
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        't' => Ok('\t'),
        'v' => Ok('\u{b}'),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c),
        _ => Err(Invalid),
    }
}

/// The members of a Perl class; Go's are ASCII, Rust's are not.
fn perl_class(c: char) -> Option<&'static str> {
    Some(match c {
        'd' => "0-9",
        'D' => "^0-9",
        's' => r"\t\n\x0C\r ",
        'S' => r"^\t\n\x0C\r ",
        'w' => "0-9A-Za-z_",
        'W' => "^0-9A-Za-z_",
        _ => return None,
    })
}

fn literal(c: char, out: &mut String) {
    _ = write!(out, r"\x{{{:X}}}", u32::from(c));
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::compile;

    #[test_case("^[a&&b]$", "&", true ; "ampersands are members")]
    #[test_case("^[[^/]*]$", "[[]", true ; "an opening bracket does not nest")]
    #[test_case("^[]a]$", "]", true ; "a first closing bracket is a member")]
    #[test_case("^[a-]$", "-", true ; "a last dash is a member")]
    #[test_case(r"^\d$", "7", true ; "a digit")]
    #[test_case(r"^\d$", "\u{663}", false ; "an Arabic digit is none for Go")]
    #[test_case("^[[:digit:]x]$", "7", true ; "a named class")]
    #[test_case(r"^[\]]$", "]", true ; "an escaped member")]
    #[test_case("^a]$", "a]", true ; "a lone closing bracket")]
    fn go_syntax_keeps_its_meaning(go: &str, text: &str, expected: bool) {
        assert_eq!(compile(go).unwrap().is_match(text), expected);
    }

    #[test_case("[a" ; "an open class")]
    #[test_case("[b-a]" ; "a range backwards")]
    #[test_case(r"\y" ; "an unknown escape")]
    #[test_case("[[:nope:]]" ; "an unknown named class")]
    fn what_go_refuses_is_refused(go: &str) {
        assert!(compile(go).is_err());
    }
}
