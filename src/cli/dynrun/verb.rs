//! The commands of dynrun beside running.

use crate::docker::run_flags::{FlagDef, FlagTable, Parsed};
use crate::exit::Exit;
use crate::problem::Problem;

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Explain,
    Wait,
    Ps,
    Logs,
    Stop,
    Exec,
    Attach,
    Gc,
    Version,
}

impl Verb {
    /// Takes the command's name off the arguments. Without one, dynrun runs; `run` says so, and
    /// makes room for an image that is called like a command.
    pub(super) fn take(arguments: &[String]) -> (Option<Self>, &[String]) {
        let Some((first, rest)) = arguments.split_first() else {
            return (None, arguments);
        };
        let verb = match first.as_str() {
            "run" => return (None, rest),
            "explain" => Self::Explain,
            "wait" => Self::Wait,
            "ps" => Self::Ps,
            "logs" => Self::Logs,
            "stop" => Self::Stop,
            "exec" => Self::Exec,
            "attach" => Self::Attach,
            "gc" => Self::Gc,
            "--version" => Self::Version,
            _ => return (None, arguments),
        };
        (Some(verb), rest)
    }
}

/// The words behind a command's name.
pub(super) struct Words(Parsed);

impl Words {
    /// Takes flags and names apart; flags may stand behind names.
    pub(super) fn parse(arguments: &[String], flags: &'static [FlagDef]) -> Result<Self, Problem> {
        let table = FlagTable::new(&[flags]);
        let mut all = Parsed::default();
        let mut rest = arguments.to_vec();
        loop {
            let parsed = table.parse(&rest)?;
            all.occurrences.extend(parsed.occurrences);
            let mut words = parsed.positionals.into_iter();
            all.positionals.extend(words.next());
            rest = words.collect();
            if rest.is_empty() {
                return Ok(Self(all));
            }
        }
    }

    /// Takes flags apart up to the first name; what follows is a command of its own.
    pub(super) fn parse_command(
        arguments: &[String],
        flags: &'static [FlagDef],
    ) -> Result<Self, Problem> {
        Ok(Self(FlagTable::new(&[flags]).parse(arguments)?))
    }

    /// Returns the only or first name.
    pub(super) fn name(&self, form: &str) -> Result<&str, Problem> {
        let first = self.0.positionals.first().map(String::as_str);
        first.ok_or_else(|| {
            usage(
                "a container's name is missing",
                &format!("write `dynrun {form}`; `dynrun ps` lists names"),
            )
        })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.0.positionals
    }

    pub(super) fn value(&self, flag: &str) -> Option<&str> {
        self.0.value(flag)
    }

    pub(super) fn values<'a>(&'a self, flag: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.values(flag)
    }

    pub(super) fn is_on(&self, flag: &str) -> bool {
        self.0.switch(flag).unwrap_or(false)
    }
}

/// A command line that is wrong.
pub(super) fn usage(message: impl Into<String>, hint: &str) -> Problem {
    Problem::new(Exit::Run, message).hint(hint)
}
