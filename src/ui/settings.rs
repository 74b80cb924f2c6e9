//! What the user and the environment say about the output.

use crate::text::Look;

/// Whether to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColorChoice {
    /// Where a terminal shows it and nothing in the environment speaks against it.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the user and the environment say about the output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// What `--color` says or, where that is `auto`, the environment: never with `NO_COLOR`
    /// (<https://no-color.org>), always with `CLICOLOR_FORCE` (<https://bixense.com/clicolors>).
    pub color: ColorChoice,
    /// `TERM` is `dumb` or missing: the terminal understands no escape codes.
    pub dumb: bool,
    /// The locale's character set is UTF-8.
    pub utf8: bool,
}

impl Settings {
    /// Reads the settings from the flag and environment variables, looked up by `variable`.
    pub fn from_environment(flag: ColorChoice, variable: impl Fn(&str) -> Option<String>) -> Self {
        let filled = |name: &str| variable(name).filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(filled);
        let color = match flag {
            ColorChoice::Auto if filled("NO_COLOR").is_some() => ColorChoice::Never,
            ColorChoice::Auto if filled("CLICOLOR_FORCE").is_some_and(|value| value != "0") => {
                ColorChoice::Always
            }
            ColorChoice::Auto | ColorChoice::Always | ColorChoice::Never => flag,
        };
        Self {
            color,
            dumb: filled("TERM").is_none_or(|term| term == "dumb"),
            utf8: locale.is_some_and(|locale| is_utf8(&locale)),
        }
    }

    /// Decides what a stream can show. `columns` is the width of its terminal, if it is one.
    pub fn look(&self, columns: Option<usize>) -> Look {
        let color = match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => columns.is_some() && !self.dumb,
        };
        Look {
            color,
            unicode: self.utf8,
            width: columns,
        }
    }
}

/// Returns whether a locale such as `de_DE.UTF-8@euro` or `C.utf8` uses UTF-8.
fn is_utf8(locale: &str) -> bool {
    let charset = locale
        .split('@')
        .next()
        .and_then(|name| name.split('.').nth(1));
    charset.is_some_and(|charset| {
        charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
    })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn settings(color: ColorChoice, variables: &[(&str, &str)]) -> Settings {
        Settings::from_environment(color, |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test_case(&[("TERM", "xterm")], true, true; "terminal")]
    #[test_case(&[("TERM", "xterm")], false, false; "pipe")]
    #[test_case(&[("TERM", "dumb")], true, false; "dumb terminal")]
    #[test_case(&[], true, false; "unknown terminal")]
    #[test_case(&[("TERM", "xterm"), ("NO_COLOR", "1")], true, false; "no color")]
    #[test_case(&[("TERM", "xterm"), ("NO_COLOR", "")], true, true; "empty no color")]
    #[test_case(&[("CLICOLOR_FORCE", "1")], false, true; "forced")]
    #[test_case(&[("CLICOLOR_FORCE", "0")], false, false; "not forced")]
    #[test_case(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false; "no color wins")]
    fn colour_is_decided(variables: &[(&str, &str)], terminal: bool, expected: bool) {
        let columns = terminal.then_some(80);
        let look = |choice| settings(choice, variables).look(columns);
        assert_eq!(look(ColorChoice::Auto).color, expected);
        assert!(look(ColorChoice::Always).color);
        assert!(!look(ColorChoice::Never).color);
    }

    #[test_case(&[("LANG", "en_US.UTF-8")], true)]
    #[test_case(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")], false; "LC_ALL wins")]
    #[test_case(&[("LC_CTYPE", "C.utf8")], true)]
    #[test_case(&[("LANG", "de_DE@euro")], false)]
    #[test_case(&[], false; "nothing set")]
    fn the_character_set_is_found(variables: &[(&str, &str)], expected: bool) {
        assert_eq!(settings(ColorChoice::Auto, variables).utf8, expected);
    }
}
