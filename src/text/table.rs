//! Columns that line up.

use super::measure::{fit, width};
use super::{Look, Tone};

const GAP: &str = "  ";

/// Rows of cells, printed with every column as wide as its widest cell.
///
/// The last column takes what is left of the line, and is cut there.
#[derive(Clone, Debug, Default)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates a table with these column names.
    pub fn new<S: Into<String>>(head: impl IntoIterator<Item = S>) -> Self {
        Self {
            head: head.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Creates a table without column names.
    pub fn headless() -> Self {
        Self::default()
    }

    /// Adds a row; missing cells are empty.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Returns whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the lines of the table, each ended by a line feed.
    pub fn render(&self, look: Look) -> String {
        let widths = self.widths();
        let head = (!self.head.is_empty()).then(|| {
            let names: Vec<_> = self
                .head
                .iter()
                .map(|name| look.paint(Tone::Faint, name))
                .collect();
            line(&names, &widths, look)
        });
        head.into_iter()
            .chain(self.rows.iter().map(|row| line(row, &widths, look)))
            .fold(String::new(), |text, line| text + &line + "\n")
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = Vec::new();
        for row in std::iter::once(&self.head).chain(&self.rows) {
            widths.resize(widths.len().max(row.len()), 0);
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        widths
    }
}

fn line(cells: &[String], widths: &[usize], look: Look) -> String {
    let mut line = String::new();
    for (index, (cell, widest)) in cells.iter().zip(widths).enumerate() {
        if index > 0 {
            line.push_str(GAP);
        }
        line.push_str(cell);
        if index + 1 < cells.len() {
            line.extend(std::iter::repeat_n(' ', widest - width(cell)));
        }
    }
    let line = line.trim_end();
    look.width
        .map_or_else(|| line.to_owned(), |columns| fit(line, columns, look))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frameworks() -> Table {
        let mut table = Table::new(["FRAMEWORK", "DEVICES", "WHAT"]);
        table.row(["dynamo", "cpu", "Frontend and mocker, no GPU"]);
        table.row(["sglang", "cuda12.9 cuda13.0", "SGLang workers"]);
        table
    }

    #[test]
    fn columns_line_up() {
        insta::assert_snapshot!(frameworks().render(Look::PLAIN), @r"
        FRAMEWORK  DEVICES            WHAT
        dynamo     cpu                Frontend and mocker, no GPU
        sglang     cuda12.9 cuda13.0  SGLang workers
        ");
    }

    #[test]
    fn lines_are_cut_at_the_width() {
        let narrow = Look {
            width: Some(40),
            ..Look::PLAIN
        };
        insta::assert_snapshot!(frameworks().render(narrow), @r"
        FRAMEWORK  DEVICES            WHAT
        dynamo     cpu                Fronten...
        sglang     cuda12.9 cuda13.0  SGLang ...
        ");
    }
}
