//! What the receiver of a text can show.

/// What the receiver of a text can show: colours, characters beyond ASCII, columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colour escape codes may be written.
    pub color: bool,
    /// Whether characters beyond ASCII are shown.
    pub unicode: bool,
    /// Columns to fit into; `None` where lines may have any length (a file, a pipe).
    pub width: Option<usize>,
}

impl Look {
    /// Plain ASCII text of any width, as for a file or a pipe.
    pub const PLAIN: Self = Self {
        color: false,
        unicode: false,
        width: None,
    };

    /// Returns `text` in the colour of `tone`, or unchanged where there is no colour.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\x1b[{}m{text}\x1b[0m", tone.code())
        } else {
            text.to_owned()
        }
    }

    /// Returns the sign for `mark`, one column wide (the ellipsis: up to three).
    pub const fn mark(self, mark: Mark) -> &'static str {
        let (unicode, ascii) = mark.signs();
        if self.unicode { unicode } else { ascii }
    }
}

/// What a piece of text means, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something failed.
    Error,
    /// Something deserves attention.
    Warning,
    /// Something worth knowing.
    Note,
    /// What to do next.
    Hint,
    /// Something worked.
    Good,
    /// A name to find with the eye.
    Strong,
    /// Less important than its surroundings.
    Faint,
}

impl Tone {
    /// Returns the parameters of the SGR escape code (ECMA-48, 8.3.117). Only the eight basic
    /// colours are used: they follow the user's palette.
    const fn code(self) -> &'static str {
        match self {
            Self::Error => "1;31",
            Self::Warning => "1;33",
            Self::Note => "36",
            Self::Hint => "1;36",
            Self::Good => "32",
            Self::Strong => "1",
            Self::Faint => "2",
        }
    }
}

/// Signs that have an ASCII stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// In front of what is done.
    Done,
    /// In front of what failed.
    Failed,
    /// In front of what runs.
    Running,
    /// In front of what waits.
    Waiting,
    /// The bar left of quoted lines.
    Bar,
    /// Between parts of a line.
    Dot,
    /// Stands for what was cut off.
    Ellipsis,
}

impl Mark {
    const fn signs(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("✔", "+"),
            Self::Failed => ("✖", "x"),
            Self::Running => ("▸", ">"),
            Self::Waiting => ("·", "."),
            Self::Bar => ("│", "|"),
            Self::Dot => ("·", "-"),
            Self::Ellipsis => ("…", "..."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_and_signs_follow_the_look() {
        let rich = Look {
            color: true,
            unicode: true,
            width: None,
        };
        assert_eq!(rich.paint(Tone::Error, "no"), "\x1b[1;31mno\x1b[0m");
        assert_eq!(rich.paint(Tone::Error, ""), "");
        assert_eq!(rich.mark(Mark::Ellipsis), "…");
        assert_eq!(Look::PLAIN.paint(Tone::Error, "no"), "no");
        assert_eq!(Look::PLAIN.mark(Mark::Ellipsis), "...");
    }
}
