//! A parsed fragment, owned, with the places that messages point to.
//!
//! `parse-dockerfile` does the parsing; its tree borrows the text and keeps arguments as they are
//! written. This model keeps what joining, the stage graph and the lint need.

use std::ops::Range;

use parse_dockerfile::{self as parser, Flag, Source, UnescapedString};

use super::StagesError;
use super::fragments::Fragment;
use crate::problem::Excerpt;

/// A value and the bytes of the fragment that it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Range<usize>,
}

/// A fragment: its global arguments and its stages.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// What `# syntax=` names, if the fragment has one.
    pub syntax: Option<Spanned<String>>,
    /// The arguments before the first `FROM`, visible in `FROM` lines only.
    pub args: Vec<Arg>,
    /// The stages, in order; at least one.
    pub stages: Vec<Stage>,
}

/// One name that an `ARG` declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// The name.
    pub name: String,
    /// The default, as written; `Some("")` for `ARG NAME=`.
    pub default: Option<String>,
    /// The whole instruction.
    pub span: Range<usize>,
}

/// A stage: a `FROM` and what follows it.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The name after `AS`.
    pub name: Option<Spanned<String>>,
    /// The image or stage that it starts from, as written.
    pub image: Spanned<String>,
    /// The instructions after `FROM`.
    pub instructions: Vec<Instruction>,
}

/// An instruction of a stage.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// From the keyword to the end of the arguments.
    pub span: Range<usize>,
    /// What it does.
    pub kind: Kind,
}

/// What the rest of the program needs to know of an instruction.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `ARG`.
    Arg(Vec<Arg>),
    /// `ENV`: names and values, quotes taken away.
    Env(Vec<(String, String)>),
    /// `COPY` or `ADD`.
    Copy(Copy),
    /// `RUN`.
    Run(Run),
    /// Everything else.
    Other,
}

/// What a `COPY` or `ADD` copies.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The stage, image or context that `--from` names.
    pub from: Option<Spanned<String>>,
    /// The sources, as written, without here-documents.
    pub sources: Vec<Spanned<String>>,
    /// True for `ADD`, whose sources may be URLs.
    pub add: bool,
    /// Whether `--checksum` pins what is downloaded.
    pub checksum: bool,
}

/// What a `RUN` mounts.
#[derive(Clone, Debug)]
pub struct Run {
    /// The mounts, in order.
    pub mounts: Vec<Mount>,
}

/// A `--mount` of a `RUN`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// `bind`, `cache`, `secret`, `ssh` or `tmpfs`; `bind` where none is written.
    pub kind: String,
    /// The stage, image or context that `from` names.
    pub from: Option<String>,
    /// The path in it; the root where none is written.
    pub source: Option<String>,
    /// The id of a secret, cache or agent.
    pub id: Option<String>,
    /// The whole flag.
    pub span: Range<usize>,
}

impl Dockerfile {
    /// Parses a fragment.
    pub fn parse(fragment: &Fragment) -> Result<Self, StagesError> {
        let parsed = parser::parse(&fragment.text).map_err(|error| syntax(fragment, &error))?;
        let directives = &parsed.parser_directives;
        if let Some(escape) = &directives.escape {
            return Err(directive(fragment, "escape", escape.span()));
        }
        if let Some(check) = &directives.check {
            return Err(directive(fragment, "check", check.span()));
        }
        let spans = Spans::of(&fragment.text, &parsed.instructions);
        let mut dockerfile = Self {
            syntax: directives.syntax.as_ref().map(|syntax| Spanned {
                value: syntax.value.value.to_owned(),
                span: syntax.span(),
            }),
            args: Vec::new(),
            stages: Vec::new(),
        };
        for (instruction, span) in parsed.instructions.iter().zip(spans.0) {
            dockerfile.add(instruction, span);
        }
        Ok(dockerfile)
    }

    fn add(&mut self, instruction: &parser::Instruction<'_>, span: Range<usize>) {
        if let parser::Instruction::From(from) = instruction {
            self.stages.push(Stage {
                name: from.as_.as_ref().map(|(_, name)| spanned(name)),
                image: spanned(&from.image),
                instructions: Vec::new(),
            });
            return;
        }
        let kind = kind(instruction, &span);
        match (self.stages.last_mut(), kind) {
            (Some(stage), kind) => stage.instructions.push(Instruction { span, kind }),
            (None, Kind::Arg(args)) => self.args.extend(args),
            (None, _) => unreachable!("the parser accepts nothing but ARG before FROM"),
        }
    }
}

fn kind(instruction: &parser::Instruction<'_>, span: &Range<usize>) -> Kind {
    match instruction {
        parser::Instruction::Arg(arg) => Kind::Arg(args(&arg.arguments.value, span)),
        parser::Instruction::Env(env) => Kind::Env(assignments(&env.arguments.value)),
        parser::Instruction::Copy(copy) => Kind::Copy(copied(&copy.options, &copy.src, false)),
        parser::Instruction::Add(add) => Kind::Copy(copied(&add.options, &add.src, true)),
        parser::Instruction::Run(run) => Kind::Run(Run {
            mounts: run.options.iter().filter_map(mount).collect(),
        }),
        _ => Kind::Other,
    }
}

fn copied(options: &[Flag<'_>], sources: &[Source<'_>], add: bool) -> Copy {
    let flag = |name: &str| options.iter().find(|flag| flag.name.value == name);
    Copy {
        from: flag("from").and_then(|flag| flag.value.as_ref().map(spanned)),
        sources: sources
            .iter()
            .filter_map(|source| match source {
                Source::Path(path) => Some(spanned(path)),
                _ => None,
            })
            .collect(),
        add,
        checksum: flag("checksum").is_some(),
    }
}

fn mount(flag: &Flag<'_>) -> Option<Mount> {
    let value = flag.value.as_ref().filter(|_| flag.name.value == "mount")?;
    let field = |names: &[&str]| {
        value.value.split(',').find_map(|field| {
            let (name, value) = field.split_once('=')?;
            names.contains(&name).then(|| value.to_owned())
        })
    };
    Some(Mount {
        kind: field(&["type"]).unwrap_or_else(|| "bind".to_owned()),
        from: field(&["from"]),
        source: field(&["source", "src"]),
        id: field(&["id"]),
        span: flag.span(),
    })
}

fn args(text: &str, span: &Range<usize>) -> Vec<Arg> {
    words(text)
        .into_iter()
        .map(|word| {
            let (name, default) = match word.split_once('=') {
                Some((name, default)) => (name, Some(default.to_owned())),
                None => (word, None),
            };
            Arg {
                name: name.to_owned(),
                default,
                span: span.clone(),
            }
        })
        .collect()
}

/// Reads `NAME=value …`, or the old form `NAME value`.
fn assignments(text: &str) -> Vec<(String, String)> {
    let words = words(text);
    match words.first() {
        Some(name) if !name.contains('=') => {
            let value = text.trim_start().trim_start_matches(name).trim();
            vec![((*name).to_owned(), value.to_owned())]
        }
        _ => words
            .into_iter()
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), unquoted(value)))
            .collect(),
    }
}

/// Splits at blanks (and continued lines) outside of quotes; the words keep their quotes.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut escaped = false;
    for (position, character) in text.char_indices() {
        let blank = quote.is_none() && !escaped && character.is_whitespace();
        let continued = character == '\\'
            && text[position + 1..]
                .trim_start_matches(' ')
                .starts_with('\n');
        if blank || (continued && start.is_none()) {
            words.extend(start.take().map(|start: usize| &text[start..position]));
            continue;
        }
        start.get_or_insert(position);
        if escaped {
            escaped = false;
        } else if character == '\\' && quote != Some('\'') {
            escaped = true;
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '"' | '\'') {
            quote = Some(character);
        }
    }
    words.extend(start.map(|start| &text[start..]));
    words
}

fn unquoted(value: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    for character in value.chars() {
        match quote {
            None if matches!(character, '"' | '\'') => quote = Some(character),
            Some(open) if open == character => quote = None,
            _ => plain.push(character),
        }
    }
    plain
}

fn spanned(text: &UnescapedString<'_>) -> Spanned<String> {
    Spanned {
        value: text.value.clone().into_owned(),
        span: text.span.clone(),
    }
}

/// Where each instruction begins and ends, without the comments that follow it.
struct Spans(Vec<Range<usize>>);

impl Spans {
    fn of(text: &str, instructions: &[parser::Instruction<'_>]) -> Self {
        let starts: Vec<usize> = instructions.iter().map(start).collect();
        let ends = starts.iter().skip(1).copied().chain([text.len()]);
        let spans = starts.iter().zip(ends);
        Self(
            spans
                .map(|(start, end)| *start..trimmed(text, *start, end))
                .collect(),
        )
    }
}

/// Drops trailing blank lines and comments.
fn trimmed(text: &str, start: usize, mut end: usize) -> usize {
    loop {
        let body = text[start..end].trim_end();
        let last = body.rfind('\n').map_or(0, |newline| newline + 1);
        if last == 0 || !body[last..].trim_start().starts_with('#') {
            return start + body.len();
        }
        end = start + last;
    }
}

fn start(instruction: &parser::Instruction<'_>) -> usize {
    use parser::Instruction as I;
    let span = match instruction {
        I::Add(add) => &add.add.span,
        I::Arg(arg) => &arg.arg.span,
        I::Cmd(cmd) => &cmd.cmd.span,
        I::Copy(copy) => &copy.copy.span,
        I::Entrypoint(entrypoint) => &entrypoint.entrypoint.span,
        I::Env(env) => &env.env.span,
        I::Expose(expose) => &expose.expose.span,
        I::From(from) => &from.from.span,
        I::Healthcheck(healthcheck) => &healthcheck.healthcheck.span,
        I::Label(label) => &label.label.span,
        I::Maintainer(maintainer) => &maintainer.maintainer.span,
        I::Onbuild(onbuild) => &onbuild.onbuild.span,
        I::Run(run) => &run.run.span,
        I::Shell(shell) => &shell.shell.span,
        I::Stopsignal(stopsignal) => &stopsignal.stopsignal.span,
        I::User(user) => &user.user.span,
        I::Volume(volume) => &volume.volume.span,
        I::Workdir(workdir) => &workdir.workdir.span,
        _ => unreachable!("parse-dockerfile is pinned to a version with these instructions"),
    };
    span.start
}

fn syntax(fragment: &Fragment, error: &parser::Error) -> StagesError {
    let line = error.line().max(1);
    let mut lines = fragment.text.split_inclusive('\n');
    let start: usize = lines.by_ref().take(line - 1).map(str::len).sum();
    let end = start + lines.next().map_or(0, |line| line.trim_end().len());
    StagesError::Syntax {
        reason: error.to_string(),
        at: Box::new(fragment.excerpt(start..end, "here")),
    }
}

fn directive(fragment: &Fragment, directive: &'static str, span: Range<usize>) -> StagesError {
    StagesError::Directive {
        directive,
        at: Box::new(fragment.excerpt(span, "")),
    }
}

impl Fragment {
    /// Returns the place `span` of this fragment, for a message.
    pub fn excerpt(&self, span: Range<usize>, label: impl Into<String>) -> Excerpt {
        Excerpt {
            name: self.file.clone(),
            text: self.text.clone(),
            span,
            label: label.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    fn fragment(text: &str) -> Fragment {
        Fragment {
            name: "test".into(),
            file: "dockerfiles/test.Dockerfile".into(),
            text: text.into(),
        }
    }

    fn parse(text: &str) -> Dockerfile {
        Dockerfile::parse(&fragment(text)).unwrap()
    }

    fn instructions(text: &str) -> Vec<Instruction> {
        parse(&format!("FROM scratch\n{text}"))
            .stages
            .remove(0)
            .instructions
    }

    #[test]
    fn arguments_before_from_are_global() {
        let file = parse("# syntax=a/b:1\nARG A=1 B\nARG C=\"x y\"\nFROM i:$A AS s\nARG B=2\n");
        let names: Vec<_> = file
            .args
            .iter()
            .map(|arg| (arg.name.as_str(), arg.default.as_deref()))
            .collect();
        assert_eq!(
            names,
            [("A", Some("1")), ("B", None), ("C", Some("\"x y\""))]
        );
        assert_eq!(file.syntax.unwrap().value, "a/b:1");
        assert_eq!(file.stages[0].name.as_ref().unwrap().value, "s");
        assert_eq!(file.stages[0].image.value, "i:$A");
        assert!(
            matches!(&file.stages[0].instructions[0].kind, Kind::Arg(args) if args[0].name == "B")
        );
    }

    #[test]
    fn mounts_and_copies_say_where_from() {
        let found = instructions(
            "RUN --mount=type=bind,from=base,source=/x,target=/y --mount=target=. \\\n  --mount=type=secret,id=ca true\nCOPY --from=base /a b /c/\nADD --checksum=sha256:0 https://h/f /d\n",
        );
        let Kind::Run(run) = &found[0].kind else {
            panic!()
        };
        let mounts: Vec<_> = run
            .mounts
            .iter()
            .map(|m| (m.kind.as_str(), m.from.as_deref(), m.id.as_deref()))
            .collect();
        assert_eq!(
            mounts,
            [
                ("bind", Some("base"), None),
                ("bind", None, None),
                ("secret", None, Some("ca"))
            ]
        );
        let Kind::Copy(copy) = &found[1].kind else {
            panic!()
        };
        assert_eq!(copy.from.as_ref().unwrap().value, "base");
        assert_eq!(copy.sources.len(), 2);
        let Kind::Copy(add) = &found[2].kind else {
            panic!()
        };
        assert!(add.add && add.checksum);
    }

    #[test]
    fn an_instruction_ends_before_the_comments_that_follow() {
        let text = "FROM scratch\nRUN a \\\n  b\n# about c\n\nENV c=1\n";
        let file = parse(text);
        let spans: Vec<_> = file.stages[0]
            .instructions
            .iter()
            .map(|i| &text[i.span.clone()])
            .collect();
        assert_eq!(spans, ["RUN a \\\n  b", "ENV c=1"]);
    }

    #[test_case("A=1 B=\"x y\" C='$z'", &[("A", "1"), ("B", "x y"), ("C", "$z")]; "new form")]
    #[test_case("A=1 \\\n    B=2", &[("A", "1"), ("B", "2")]; "continued")]
    #[test_case("A some words", &[("A", "some words")]; "old form")]
    fn env(text: &str, expected: &[(&str, &str)]) {
        let found = instructions(&format!("ENV {text}\n"));
        let Kind::Env(found) = &found[0].kind else {
            panic!()
        };
        let found: Vec<_> = found
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_mistake_names_its_line() {
        let error = Dockerfile::parse(&fragment("FROM a\nRUNN x\n")).unwrap_err();
        let StagesError::Syntax { at, .. } = error else {
            panic!("{error}")
        };
        assert_eq!((at.line_column().0, &at.text[at.span]), (2, "RUNN x"));
    }

    #[test]
    fn directives_that_reach_too_far_are_refused() {
        for text in ["# escape=`\nFROM a\n", "# check=skip=all\nFROM a\n"] {
            let error = Dockerfile::parse(&fragment(text)).unwrap_err();
            assert!(matches!(error, StagesError::Directive { .. }), "{error}");
        }
    }
}
