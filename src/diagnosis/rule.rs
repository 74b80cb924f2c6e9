//! One row of the table.

use regex::Regex;

use super::evidence::{Evidence, Setting};

/// What gives a reason away. What the groups of a pattern find fills the other texts, as
/// [`wording`](super::wording) says.
#[derive(Debug)]
pub(super) struct Rule {
    /// A short name, the same in every version and every setting.
    pub(super) class: &'static str,
    /// Regular expressions, of which one fits, in ASCII's classes. `STATUS` in them stands for
    /// [`status`](Self::status). If there is none, the [`ending`](Self::ending) says it all.
    patterns: &'static [&'static str],
    /// The HTTP statuses that the rule is about, as a regular expression.
    status: &'static str,
    /// What the patterns are compared to.
    pub(super) scope: Scope,
    /// How a container must have ended.
    ending: Ending,
    pub(super) cause: &'static str,
    /// What fixes it in a step of a build; a rule without a fix does not apply there.
    step: &'static [&'static str],
    container: &'static [&'static str],
    engine: &'static [&'static str],
    /// Whether a login that the step did not have could be all that it lacks.
    pub(super) wants_login: bool,
    /// Where programs say it in passing and go on: there it is the reason only at the end of the
    /// output, and if nothing known follows.
    said_in_passing: &'static [Setting],
    /// Whether servers do not end of it, but wait.
    keeps_waiting: bool,
    /// Whether the next start fails of it as well: nothing in the way passes by itself.
    pub(super) lasts: bool,
}

/// What a pattern is compared to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// One line, the last one first.
    Line,
    /// All lines as one, for programs that break their sentences.
    Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Any,
    /// With one of these exit codes.
    Code(&'static [i64]),
    /// The kernel killed it at its limit of memory.
    OutOfMemory,
    /// By SIGKILL, and certainly not at a limit of memory.
    KilledWithinMemory,
}

impl Ending {
    fn fits(self, evidence: &Evidence) -> bool {
        let has_ended_with =
            |codes: &[i64]| evidence.code.is_some_and(|code| codes.contains(&code));
        match self {
            Self::Any => true,
            Self::Code(codes) => has_ended_with(codes),
            Self::OutOfMemory => evidence.out_of_memory == Some(true),
            Self::KilledWithinMemory => {
                has_ended_with(&[137]) && evidence.out_of_memory == Some(false)
            }
        }
    }
}

impl Rule {
    pub(super) const fn new(
        class: &'static str,
        patterns: &'static [&'static str],
        cause: &'static str,
    ) -> Self {
        Self {
            class,
            patterns,
            status: "",
            scope: Scope::Line,
            ending: Ending::Any,
            cause,
            step: &[],
            container: &[],
            engine: &[],
            wants_login: false,
            said_in_passing: &[],
            keeps_waiting: false,
            lasts: false,
        }
    }

    /// Applies to steps of builds, where this fixes it.
    pub(super) const fn step(mut self, fix: &'static [&'static str]) -> Self {
        self.step = fix;
        self
    }

    /// Applies to containers, where these fix it.
    pub(super) const fn container(mut self, fixes: &'static [&'static str]) -> Self {
        self.container = fixes;
        self
    }

    /// Applies to what the engine refuses of a launch, where these fix it.
    pub(super) const fn engine(mut self, fixes: &'static [&'static str]) -> Self {
        self.engine = fixes;
        self
    }

    /// Applies to a launch, whoever says it.
    pub(super) const fn launch(self, fixes: &'static [&'static str]) -> Self {
        self.container(fixes).engine(fixes)
    }

    pub(super) const fn everywhere(self, fixes: &'static [&'static str]) -> Self {
        self.step(fixes).launch(fixes)
    }

    pub(super) const fn across_lines(mut self) -> Self {
        self.scope = Scope::Output;
        self
    }

    pub(super) const fn with_status(mut self, status: &'static str) -> Self {
        self.status = status;
        self
    }

    pub(super) const fn wants_login(mut self) -> Self {
        self.wants_login = true;
        self
    }

    pub(super) const fn said_in_passing_by(mut self, settings: &'static [Setting]) -> Self {
        self.said_in_passing = settings;
        self
    }

    pub(super) const fn keeps_waiting(mut self) -> Self {
        self.keeps_waiting = true;
        self
    }

    pub(super) const fn lasts(mut self) -> Self {
        self.lasts = true;
        self
    }

    /// Of a container, applies only if it ended so.
    pub(super) const fn ended(mut self, ending: Ending) -> Self {
        self.ending = ending;
        self
    }

    /// Returns the fixes that a setting wants; none if the rule does not apply there.
    pub(super) fn fixes(&self, setting: Setting) -> &'static [&'static str] {
        match setting {
            Setting::Step => self.step,
            Setting::Container => self.container,
            Setting::Waiting if self.keeps_waiting => self.container,
            Setting::Waiting => &[],
            Setting::Engine => self.engine,
        }
    }

    pub(super) fn applies(&self, setting: Setting, evidence: &Evidence) -> bool {
        let ends = || setting != Setting::Container || self.ending.fits(evidence);
        !self.fixes(setting).is_empty() && ends()
    }

    /// Whether no text is needed.
    pub(super) fn needs_no_words(&self) -> bool {
        self.patterns.is_empty()
    }

    pub(super) fn is_said_in_passing(&self, setting: Setting) -> bool {
        self.said_in_passing.contains(&setting)
    }

    /// Returns the compiled patterns.
    pub(super) fn compiled(&self) -> Vec<Regex> {
        let texts = self.patterns.iter();
        let texts = texts.map(|pattern| ascii(&pattern.replace("STATUS", self.status)));
        texts
            .map(|text| Regex::new(&text).unwrap_or_else(|error| unreachable!("{error}")))
            .collect()
    }
}

/// Writes the classes of a pattern for ASCII only: names, numbers and words of programs are, and
/// those of Unicode take most of the time that the table takes to compile. They cannot just be
/// switched off, because then `.` and `[^"]` would fit halves of letters.
fn ascii(pattern: &str) -> String {
    let mut written = String::with_capacity(2 * pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            written.push(c);
            continue;
        }
        match chars.next() {
            Some('b') => written += r"(?-u:\b)",
            Some('d') => written += "[0-9]",
            Some('w') => written += "[0-9A-Za-z_]",
            Some('s') => written += r"[\t-\r ]",
            Some('S') => written += r"[^\t-\r ]",
            Some(other) => written.extend(['\\', other]),
            None => written.push('\\'),
        }
    }
    written
}
