//! Here-documents: which words of an instruction announce one, and what they hold.

use std::sync::LazyLock;

use regex::Regex;

use super::error::Mistake;
use super::lexer;

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\d*<<(-?)[\t\n\f\r ]*([^<]*)$").expect("a valid expression"));

/// A here-document of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HereDocument {
    /// The word that ends it, which names the file that `COPY` makes of it.
    pub name: String,
    /// Whether variables in it are replaced: no part of the word is quoted.
    pub expand: bool,
    /// Whether tabs at the beginning of its lines are dropped.
    pub chomp: bool,
    /// The text.
    pub text: String,
    /// Where the text stands, without the line that ends it.
    pub span: std::ops::Range<usize>,
}

impl HereDocument {
    /// Reads a word such as `<<EOF`, `3<<-"EOF"`, which announces a here-document whose text is still
    /// to be read; `None` if it announces nothing.
    pub(super) fn announced(word: &str) -> Result<Option<Self>, Mistake> {
        let Some(found) = WORD.captures(word) else {
            return Ok(None);
        };
        let rest = &found[2];
        let split = |keep_quotes| {
            lexer::split(rest, keep_quotes, false).map_err(|_| Mistake::HereDocumentWord)
        };
        let ([name], [quoted]) = (&split(false)?[..], &split(true)?[..]) else {
            return Ok(None);
        };
        let count = |text: &str| text.matches(['\'', '"']).count();
        Ok(Some(Self {
            expand: count(name) == count(quoted),
            name: name.clone(),
            chomp: &found[1] == "-",
            text: String::new(),
            span: 0..0,
        }))
    }

    /// Returns what a line announces, in order.
    pub(super) fn all_announced(line: &str) -> Result<Vec<Self>, Mistake> {
        // A line whose quotes do not match announces nothing: it is the shell's to complain.
        let words = lexer::split(line, true, true).unwrap_or_default();
        let found = words
            .iter()
            .filter_map(|word| Self::announced(word).transpose());
        found.collect()
    }

    /// Returns whether a line of the file ends the here-document.
    pub(super) fn is_ended_by(&self, line: &str) -> bool {
        let line = line.trim_end_matches(['\r', '\n']);
        let line = if self.chomp {
            line.trim_start_matches('\t')
        } else {
            line
        };
        line == self.name
    }

    /// Returns the text as programs get it.
    pub fn content(&self) -> String {
        if !self.chomp {
            return self.text.clone();
        }
        let lines = self.text.split_inclusive('\n');
        lines.map(|line| line.trim_start_matches('\t')).collect()
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn announced(line: &str) -> Vec<(String, bool, bool)> {
        let found = HereDocument::all_announced(line).unwrap();
        let each = found.into_iter();
        each.map(|found| (found.name, found.expand, found.chomp))
            .collect()
    }

    #[test_case("cat <<EOF > /x", &[("EOF", true, false)]; "in the middle")]
    #[test_case("cat <<'A' <<-\"B\" 3<<C", &[("A", false, false), ("B", false, true), ("C", true, false)]; "several")]
    #[test_case("cat << EOF", &[("EOF", true, false)]; "blanks")]
    #[test_case("cat <<E\\OF", &[("EOF", true, false)]; "escaped")]
    #[test_case("cat <<E'O'F", &[("EOF", false, false)]; "partly quoted")]
    #[test_case("cat<<EOF", &[]; "no blank before")]
    #[test_case("cat <<<EOF", &[]; "a here-string")]
    #[test_case("echo '<<EOF' \"<<EOF\"", &[]; "quoted")]
    #[test_case("echo $((1 <<2))", &[("2))", true, false)]; "a shift looks like one")]
    #[test_case("echo ' <<EOF", &[]; "an open quote")]
    #[test_case("echo <<''", &[]; "no name")]
    fn words(line: &str, expected: &[(&str, bool, bool)]) {
        let found = announced(line);
        let found: Vec<_> = found
            .iter()
            .map(|(name, expand, chomp)| (name.as_str(), *expand, *chomp))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_last_line_ends_it() {
        let found = HereDocument::announced("<<-E").unwrap().unwrap();
        for line in ["E", "E\n", "\t\tE\r\n"] {
            assert!(found.is_ended_by(line), "{line:?}");
        }
        for line in [" E", "E ", "EE"] {
            assert!(!found.is_ended_by(line), "{line:?}");
        }
    }
}
