//! Taking an argument list apart, by the rules of the Go library (pflag) that docker uses.

use std::iter::Peekable;
use std::slice;

use super::error::FlagError;
use super::table::{FlagDef, FlagKind, FlagTable};
use crate::docker::number;
use crate::suggest::closest;

/// What came with a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A switch was turned on or off.
    Switch(bool),
    /// A value was given.
    Value(String),
}

/// One use of a flag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The flag.
    pub flag: &'static FlagDef,
    /// What came with it.
    pub given: Given,
}

/// An argument list, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The flags, in the order in which they were given.
    pub occurrences: Vec<Occurrence>,
    /// What follows the flags: for docker the image, then the command.
    pub positionals: Vec<String>,
    /// Whether a lone `--` ended the flags.
    pub terminated: bool,
}

impl Parsed {
    /// Returns whether the flag was given.
    pub fn has(&self, name: &str) -> bool {
        self.uses(name).next().is_some()
    }

    /// Returns how a switch was set last, or nothing if it was not given.
    pub fn switch(&self, name: &str) -> Option<bool> {
        self.uses(name).rev().find_map(|given| match given {
            Given::Switch(on) => Some(*on),
            Given::Value(_) => None,
        })
    }

    /// Returns the last value of a flag, or nothing if it was not given.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).next_back()
    }

    /// Returns all values of a flag, in order.
    pub fn values(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        self.uses(name).filter_map(|given| match given {
            Given::Value(value) => Some(value.as_str()),
            Given::Switch(_) => None,
        })
    }

    fn uses(&self, name: &str) -> impl DoubleEndedIterator<Item = &Given> {
        let named = move |used: &&Occurrence| used.flag.name == name;
        self.occurrences
            .iter()
            .filter(named)
            .map(|used| &used.given)
    }
}

impl FlagTable {
    /// Takes the arguments apart (without the program's name).
    ///
    /// Flags end at the first argument that is not one, or behind a lone `--`; a lone `-` is not a
    /// flag. Stops at the first error, because what follows it cannot be told apart.
    pub fn parse(&self, arguments: &[String]) -> Result<Parsed, FlagError> {
        let mut parser = Parser {
            table: self,
            rest: arguments.iter().peekable(),
            parsed: Parsed::default(),
        };
        while let Some(argument) = parser.next_flag() {
            match argument.strip_prefix("--") {
                Some("") => {
                    parser.parsed.terminated = true;
                    break;
                }
                Some(long) => parser.long(long)?,
                None => parser.short_group(&argument[1..])?,
            }
        }
        parser.parsed.positionals = parser.rest.cloned().collect();
        Ok(parser.parsed)
    }
}

struct Parser<'a> {
    table: &'a FlagTable,
    rest: Peekable<slice::Iter<'a, String>>,
    parsed: Parsed,
}

impl<'a> Parser<'a> {
    fn next_flag(&mut self) -> Option<&'a str> {
        let is_flag = |argument: &&String| argument.len() > 1 && argument.starts_with('-');
        self.rest.next_if(is_flag).map(String::as_str)
    }

    fn long(&mut self, text: &str) -> Result<(), FlagError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(FlagError::Malformed(format!("--{text}")));
        }
        let flag = self.table.long(name).ok_or_else(|| self.unknown(name))?;
        let typed = format!("--{name}");
        match (value, flag.kind) {
            (Some(value), _) => self.set(flag, &typed, value),
            (None, FlagKind::Value(_)) => self.set_from_next(flag, &typed),
            (None, FlagKind::Switch) => self.set(flag, &typed, "true"),
            (None, FlagKind::SwitchOrWord) => {
                let is_word = |next: &&String| matches!(next.as_str(), "TRUE" | "FALSE");
                let word = self.rest.next_if(is_word).map_or("true", String::as_str);
                self.set(flag, &typed, word)
            }
        }
    }

    /// Reads what follows one dash: switches one after the other, up to a flag that takes the
    /// rest, or the next argument, as its value.
    fn short_group(&mut self, group: &str) -> Result<(), FlagError> {
        let mut rest = group;
        while let Some(letter) = rest.chars().next() {
            let Some(flag) = self.table.short(letter) else {
                return Err(FlagError::UnknownShort {
                    letter,
                    group: rest.to_owned(),
                });
            };
            let typed = format!("-{letter}");
            let after = &rest[letter.len_utf8()..];
            // A lone `=` at the end is not a separator for pflag: `-p=` gives `-p` the value `=`.
            let assigned = after.strip_prefix('=').filter(|value| !value.is_empty());
            match (assigned, flag.kind) {
                (Some(value), _) => return self.set(flag, &typed, value),
                (None, FlagKind::Switch | FlagKind::SwitchOrWord) => {
                    self.set(flag, &typed, "true")?;
                }
                (None, FlagKind::Value(_)) if after.is_empty() => {
                    return self.set_from_next(flag, &typed);
                }
                (None, FlagKind::Value(_)) => return self.set(flag, &typed, after),
            }
            rest = after;
        }
        Ok(())
    }

    fn set_from_next(&mut self, flag: &'static FlagDef, typed: &str) -> Result<(), FlagError> {
        let missing = || FlagError::MissingValue(typed.to_owned());
        let value = self.rest.next().ok_or_else(missing)?;
        self.set(flag, typed, value)
    }

    fn set(&mut self, flag: &'static FlagDef, typed: &str, value: &str) -> Result<(), FlagError> {
        let given = match flag.kind {
            FlagKind::Value(_) => Given::Value(value.to_owned()),
            FlagKind::Switch | FlagKind::SwitchOrWord => {
                let refuse = |_| FlagError::NotABoolean {
                    flag: typed.to_owned(),
                    value: value.to_owned(),
                };
                Given::Switch(number::boolean(value).map_err(refuse)?)
            }
        };
        self.parsed.occurrences.push(Occurrence { flag, given });
        Ok(())
    }

    fn unknown(&self, name: &str) -> FlagError {
        let similar = closest(name, self.table.iter().map(|def| def.name));
        FlagError::Unknown {
            name: name.to_owned(),
            similar,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CONTAINER, RUN};
    use super::*;
    use crate::problem::Problem;
    use proptest::prelude::*;
    use test_case::test_case;

    const OWN: &[FlagDef] = &[
        FlagDef::switch("rm", "").or_word(),
        FlagDef::value("framework", "name", ""),
    ];

    fn parse(line: &str) -> Result<Parsed, FlagError> {
        let table = FlagTable::new(&[CONTAINER, RUN, OWN]);
        table.parse(&shell_words::split(line).unwrap())
    }

    /// Prints what was understood: `name=value` per flag, then `|` and the positionals.
    fn shown(line: &str) -> String {
        let parsed = parse(line).unwrap();
        let flags = parsed.occurrences.iter().map(|used| match &used.given {
            Given::Switch(on) => format!("{}={on}", used.flag.name),
            Given::Value(value) => format!("{}={value}", used.flag.name),
        });
        let words = flags
            .chain(["|".to_owned()])
            .chain(parsed.positionals.iter().cloned());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test_case("-it img sh -c x", "interactive=true tty=true | img sh -c x"; "combined switches")]
    #[test_case("-itp8000:80 img", "interactive=true tty=true publish=8000:80 | img"; "value at the end of a group")]
    #[test_case("-p=8000:80 img", "publish=8000:80 | img"; "assigned to a letter")]
    #[test_case("-p= img", "publish== | img"; "a lone equals sign is the value")]
    #[test_case("-p 80 -p 81 img", "publish=80 publish=81 | img"; "repeated")]
    #[test_case("-i=false img", "interactive=false | img"; "letter turned off")]
    #[test_case("--env A=b=c img", "env=A=b=c | img"; "value with an equals sign")]
    #[test_case("--env=A=b img", "env=A=b | img"; "assigned")]
    #[test_case("--entrypoint= img", "entrypoint= | img"; "assigned nothing")]
    #[test_case("--entrypoint '' img", "entrypoint= | img"; "empty next")]
    #[test_case("--env --init img", "env=--init | img"; "a value may look like a flag")]
    #[test_case("--env -- img", "env=-- | img"; "even like the end of flags")]
    #[test_case("--init=F img", "init=false | img"; "go booleans")]
    #[test_case("--init false img", "init=true | false img"; "a switch takes no next word")]
    #[test_case("img -it -- x", "| img -it -- x"; "the image ends the flags")]
    #[test_case("--init -- -it x", "init=true | -it x"; "double dash ends the flags")]
    #[test_case("- x", "| - x"; "a lone dash is no flag")]
    #[test_case("--rm FALSE img", "rm=false | img"; "a word for those that take one")]
    #[test_case("--rm true img", "rm=true | true img"; "but a possible image name is the image")]
    #[test_case("--framework vllm img", "framework=vllm | img"; "flags of our own")]
    fn arguments_are_taken_apart_as_docker_does(line: &str, expected: &str) {
        assert_eq!(shown(line), expected);
    }

    #[test_case("--bogus img", "Unknown option `--bogus`; Read `dynrun --help`")]
    #[test_case("--mout=x img", "Unknown option `--mout`; Did you mean `--mount`?")]
    #[test_case("-itx img", "Unknown option `-x`; Read `dynrun --help`")]
    #[test_case(
        "-name x",
        "Unknown option `-n` in `-name`; Long options start with two dashes"
    )]
    #[test_case("--env", "`--env` needs a value; Write `--env VALUE`")]
    #[test_case("-ite", "`-e` needs a value; Write `-e VALUE`")]
    #[test_case(
        "--init=x img",
        "`--init` is either true or false, not `x`; Write `--init` alone, or `--init=false`"
    )]
    #[test_case(
        "---x img",
        "`---x` is not an option; Nothing behind a lone `--` is an option"
    )]
    #[test_case(
        "--=x img",
        "`--=x` is not an option; Nothing behind a lone `--` is an option"
    )]
    fn refusals_say_what_is_wrong_and_how_to_mend_it(line: &str, expected: &str) {
        let problem = Problem::from(parse(line).unwrap_err());
        let text = [vec![problem.message], problem.hints].concat().join("; ");
        assert_eq!(text, expected);
    }

    #[test]
    fn a_long_flag_with_one_dash_is_read_as_letters() {
        // Only the size grammar can refuse `emory`.
        assert_eq!(shown("-memory 1g img"), "memory=emory | 1g img");
    }

    #[test]
    fn the_last_one_counts_and_lists_add_up() {
        let parsed = parse("--name a --name b -e X -e Y --init --init=false img").unwrap();
        assert_eq!(parsed.value("name"), Some("b"));
        assert_eq!(parsed.values("env").collect::<Vec<_>>(), ["X", "Y"]);
        assert_eq!(parsed.switch("init"), Some(false));
        assert!(!parsed.has("rm"));
    }

    #[test]
    fn docker_defines_no_letter_and_no_name_twice() {
        let mut seen = std::collections::HashSet::new();
        for def in CONTAINER.iter().chain(RUN) {
            assert!(seen.insert(def.name.to_owned()), "{}", def.name);
            if let Some(letter) = def.short {
                assert!(seen.insert(format!("-{letter}")), "{}", def.name);
            }
        }
    }

    /// A few short arguments, most of which look like flags.
    fn words() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("-{0,3}[a-z=]{0,4}.?", 0..6)
    }

    proptest! {
        #[test]
        fn any_arguments_are_taken_apart_or_refused(arguments in words()) {
            drop(FlagTable::new(&[CONTAINER, RUN]).parse(&arguments));
        }

        #[test]
        fn what_follows_the_image_is_never_touched(rest in words()) {
            let mut arguments = vec!["-it".to_owned(), "img".to_owned()];
            arguments.extend(rest);
            let parsed = FlagTable::new(&[CONTAINER, RUN]).parse(&arguments).unwrap();
            prop_assert_eq!(&parsed.positionals[..], &arguments[1..]);
        }
    }
}
