//! From a logical line to an instruction.

use std::ops::Range;

use super::error::{Mistake, SyntaxError};
use super::heredoc::HereDocument;
use super::instruction::{Arg, Assignment, Command, Copy, Instruction, Kind, Run};
use super::line::{FileLines, LogicalLine};
use super::mount::Mount;
use super::span::Spanned;
use super::stage::Stage;
use super::word::{self, Split, Word};

/// Reads one logical line, and from `lines` the here-documents that it announces.
pub(super) struct Parser<'a, 'f> {
    pub(super) line: &'a LogicalLine,
    pub(super) lines: &'a mut FileLines<'f>,
    pub(super) escape: char,
}

/// A logical line that is read.
pub(super) enum Parsed {
    Stage(Stage),
    Instruction(Instruction),
}

type Result<T> = std::result::Result<T, SyntaxError>;

impl Parser<'_, '_> {
    pub(super) fn parse(&mut self) -> Result<Parsed> {
        let split = self.split(0..self.line.text.len());
        if split.keyword.value.is_empty() {
            return Err(self.error(Mistake::Nothing, 0..0));
        }
        if split.keyword.value.eq_ignore_ascii_case("FROM") {
            return Ok(Parsed::Stage(self.stage(&split)?));
        }
        Ok(Parsed::Instruction(self.instruction(&split)?))
    }

    fn split(&self, range: Range<usize>) -> Split {
        word::split(&self.line.text, range, self.escape)
    }

    fn instruction(&mut self, split: &Split) -> Result<Instruction> {
        let keyword = split.keyword.value.to_ascii_uppercase();
        let mut flags = Flags::new(self.line, &split.flags);
        let mut end = self.line.span.end;
        let kind = match keyword.as_str() {
            "ARG" => Kind::Arg(self.args(split)?),
            "ENV" => Kind::Env(self.assignments(split)?),
            "LABEL" => Kind::Label(self.assignments(split)?),
            "COPY" | "ADD" => {
                let (copy, last) = self.copy(split, &mut flags)?;
                end = last;
                Kind::Copy(copy)
            }
            "RUN" => {
                let (run, last) = self.run(split, &mut flags)?;
                end = last;
                Kind::Run(run)
            }
            "ONBUILD" => {
                let trigger = self.on_build(split)?;
                end = trigger.span.end;
                Kind::OnBuild(Box::new(trigger))
            }
            "EXPOSE" => Kind::Words(self.some(split, self.plain_words(split))?),
            "VOLUME" => Kind::Words(self.some(split, self.list_or_words(split)?)?),
            "STOPSIGNAL" | "USER" | "WORKDIR" => Kind::Words(vec![self.one(split)?]),
            "MAINTAINER" => self.one(split).map(|_| Kind::Kept)?,
            "CMD" | "ENTRYPOINT" => self.list(split).map(|_| Kind::Kept)?,
            "SHELL" => self.shell(split)?,
            "HEALTHCHECK" => self.health_check(split, &mut flags)?,
            _ => {
                flags.know_all();
                Kind::Unknown
            }
        };
        // These two never look at their flags.
        if matches!(keyword.as_str(), "ARG" | "STOPSIGNAL") {
            flags.know_all();
        }
        let keyword = self.placed(&split.keyword);
        Ok(Instruction {
            span: keyword.span.start..end.max(keyword.span.end),
            keyword,
            kind,
            unknown_flags: flags.unknown(),
        })
    }

    fn placed(&self, word: &Word) -> Spanned<String> {
        Spanned::new(word.value.clone(), self.line.place(word.span.clone()))
    }

    fn error(&self, mistake: Mistake, range: Range<usize>) -> SyntaxError {
        SyntaxError {
            mistake,
            span: self.line.place(range),
        }
    }

    /// Makes the error of an instruction as a whole.
    fn whole(&self, mistake: Mistake, split: &Split) -> SyntaxError {
        self.error(mistake, split.keyword.span.start..self.line.text.len())
    }

    fn arguments<'s>(&'s self, split: &Split) -> &'s str {
        &self.line.text[split.arguments.clone()]
    }

    fn plain_words(&self, split: &Split) -> Vec<Spanned<String>> {
        let words = word::plain_words(&self.line.text, split.arguments.clone());
        words.iter().map(|word| self.placed(word)).collect()
    }

    fn quoted_words(&self, split: &Split) -> Vec<Word> {
        word::quoted_words(&self.line.text, split.arguments.clone(), self.escape)
    }

    fn no_value(&self, split: &Split) -> SyntaxError {
        let mistake = Mistake::NoValue(split.keyword.value.clone());
        self.error(mistake, split.keyword.span.clone())
    }

    fn some(&self, split: &Split, words: Vec<Spanned<String>>) -> Result<Vec<Spanned<String>>> {
        if words.is_empty() {
            return Err(self.no_value(split));
        }
        Ok(words)
    }

    /// The whole text as one value.
    fn one(&self, split: &Split) -> Result<Spanned<String>> {
        let text = self.arguments(split);
        if text.is_empty() {
            let mistake = Mistake::OneValue(split.keyword.value.clone());
            return Err(self.error(mistake, split.keyword.span.clone()));
        }
        let place = self.line.place(split.arguments.clone());
        Ok(Spanned::new(text.to_owned(), place))
    }

    /// A list in brackets, or `None` if the text is none.
    fn list(&self, split: &Split) -> Result<Option<Vec<String>>> {
        let text = self.arguments(split);
        let values = serde_json::from_str::<Vec<serde_json::Value>>(text);
        let Ok(values) = values else {
            return Ok(None);
        };
        let strings = values.into_iter().map(|value| match value {
            serde_json::Value::String(text) => Some(text),
            _ => None,
        });
        let strings: Option<Vec<_>> = strings.collect();
        match strings {
            Some(strings) => Ok(Some(strings)),
            None => Err(self.error(Mistake::NotStrings, split.arguments.clone())),
        }
    }

    fn list_or_words(&self, split: &Split) -> Result<Vec<Spanned<String>>> {
        let Some(list) = self.list(split)? else {
            return Ok(self.plain_words(split));
        };
        let place = self.line.place(split.arguments.clone());
        let strings = list.into_iter();
        Ok(strings
            .map(|text| Spanned::new(text, place.clone()))
            .collect())
    }

    fn stage(&self, split: &Split) -> Result<Stage> {
        let mut flags = Flags::new(self.line, &split.flags);
        let platform = flags.value("--platform");
        let words = self.plain_words(split);
        let (image, name) = match words.as_slice() {
            [image] => (image, None),
            [image, r#as, name] if r#as.value.eq_ignore_ascii_case("AS") => (image, Some(name)),
            _ => {
                return Err(self.whole(Mistake::From, split));
            }
        };
        if let Some(name) = name
            && !is_stage_name(&name.value)
        {
            return Err(SyntaxError {
                mistake: Mistake::StageName(name.value.clone()),
                span: name.span.clone(),
            });
        }
        let lower = name.map(|name| name.value.to_lowercase());
        Ok(Stage {
            name: name.cloned(),
            image: image.clone(),
            platform,
            description: lower.and_then(|name| self.line.description(&name)),
            span: self.line.span.clone(),
            unknown_flags: flags.unknown(),
            instructions: Vec::new(),
        })
    }

    fn args(&self, split: &Split) -> Result<Vec<Arg>> {
        let words = self.quoted_words(split);
        if words.is_empty() {
            return Err(self.no_value(split));
        }
        let args = words.iter().map(|word| {
            let (name, default) = match word.value.split_once('=') {
                Some((name, default)) => (name, Some(default.to_owned())),
                None => (word.value.as_str(), None),
            };
            if default.is_some() && name.is_empty() {
                let mistake = Mistake::BlankName(word.value.clone());
                return Err(self.error(mistake, word.span.clone()));
            }
            Ok(Arg {
                name: name.to_owned(),
                default,
                description: self.line.description(name),
                span: self.line.place(word.span.clone()),
            })
        });
        args.collect()
    }

    /// Reads `NAME=value …`, or the old form `NAME value`.
    fn assignments(&self, split: &Split) -> Result<Vec<Assignment>> {
        let words = self.quoted_words(split);
        let Some(first) = words.first() else {
            return Err(self.no_value(split));
        };
        if !first.value.contains('=') {
            return Ok(vec![self.old_assignment(split)?]);
        }
        let assignments = words.iter().map(|word| {
            let error = |mistake| self.error(mistake, word.span.clone());
            let Some((name, value)) = word.value.split_once('=') else {
                return Err(error(Mistake::NoAssignment(word.value.clone())));
            };
            if name.is_empty() {
                return Err(error(Mistake::BlankName(word.value.clone())));
            }
            Ok(Assignment {
                name: name.to_owned(),
                value: value.to_owned(),
                span: self.line.place(word.span.clone()),
            })
        });
        assignments.collect()
    }

    fn old_assignment(&self, split: &Split) -> Result<Assignment> {
        let text = self.arguments(split);
        let blank = |next: char| matches!(next, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ');
        let Some((name, value)) = text.split_once(blank) else {
            return Err(self.no_value(split));
        };
        Ok(Assignment {
            name: name.to_owned(),
            value: value.trim_start_matches(blank).to_owned(),
            span: self.line.place(split.arguments.clone()),
        })
    }

    fn copy(&mut self, split: &Split, flags: &mut Flags<'_>) -> Result<(Copy, usize)> {
        let keyword = &split.keyword.value;
        let add = keyword.eq_ignore_ascii_case("ADD");
        let is_list = self.list(split)?.is_some();
        let mut words = self.list_or_words(split)?;
        let destination = words.pop().filter(|_| !words.is_empty());
        let Some(destination) = destination else {
            return Err(self.whole(Mistake::NoDestination(keyword.clone()), split));
        };
        let announces =
            |word: &Spanned<String>| matches!(HereDocument::announced(&word.value), Ok(Some(_)));
        if announces(&destination) {
            return Err(SyntaxError {
                mistake: Mistake::DestinationDocument(keyword.clone()),
                span: destination.span,
            });
        }
        let from = flags.value("--from").filter(|_| !add);
        let mut options: Vec<_> = ["--chown", "--chmod"]
            .iter()
            .filter_map(|name| flags.value(name))
            .collect();
        let checksum = flags.value("--checksum").filter(|_| add);
        for known in [
            "--link",
            "--parents",
            "--exclude",
            "--keep-git-dir",
            "--unpack",
        ] {
            flags.know(known);
        }
        let (documents, end) = self.documents(is_list)?;
        words.retain(|word| !announces(word));
        let is_pinned = checksum.is_some();
        options.extend(checksum);
        let copy = Copy {
            add,
            from: from.filter(|from| !from.value.is_empty()),
            options,
            checksum: is_pinned,
            sources: words,
            destination,
            documents,
        };
        Ok((copy, end))
    }

    fn run(&mut self, split: &Split, flags: &mut Flags<'_>) -> Result<(Run, usize)> {
        let mounts = flags.values("--mount");
        for known in ["--network", "--security", "--device"] {
            flags.know(known);
        }
        let list = self.list(split)?;
        let (documents, end) = self.documents(list.is_some())?;
        let command = match list {
            Some(list) => Command::Exec(list),
            None => Command::Shell(self.arguments(split).to_owned()),
        };
        let mounts = mounts.into_iter();
        let run = Run {
            mounts: mounts
                .map(|mount| Mount::new(&mount.value, mount.span))
                .collect(),
            command,
            documents,
        };
        Ok((run, end))
    }

    fn on_build(&mut self, split: &Split) -> Result<Instruction> {
        if split.arguments.is_empty() {
            return Err(self.no_value(split));
        }
        let trigger = self.split(split.arguments.clone());
        let keyword = &trigger.keyword.value;
        let refused = ["ONBUILD", "MAINTAINER", "FROM"];
        if refused
            .iter()
            .any(|other| keyword.eq_ignore_ascii_case(other))
        {
            let mistake = Mistake::OnBuild(keyword.clone());
            return Err(self.error(mistake, trigger.keyword.span.clone()));
        }
        self.instruction(&trigger)
    }

    fn shell(&self, split: &Split) -> Result<Kind> {
        match self.list(split)? {
            Some(list) if !list.is_empty() => Ok(Kind::Kept),
            Some(_) | None => Err(self.whole(Mistake::Shell, split)),
        }
    }

    fn health_check(&self, split: &Split, flags: &mut Flags<'_>) -> Result<Kind> {
        let names = [
            "--interval",
            "--timeout",
            "--start-period",
            "--start-interval",
            "--retries",
        ];
        for name in names {
            flags.know(name);
        }
        let text = self.arguments(split);
        let (kind, command) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let is_valid = match kind.to_uppercase().as_str() {
            "NONE" => command.is_empty(),
            "CMD" => {
                let command = word::trimmed(
                    &self.line.text,
                    split.arguments.start + kind.len()..split.arguments.end,
                );
                let inner = Split {
                    keyword: split.keyword.clone(),
                    flags: Vec::new(),
                    arguments: command.clone(),
                };
                let list = self.list(&inner)?;
                list.map_or(!command.is_empty(), |list| !list.is_empty())
            }
            _ => false,
        };
        if is_valid {
            Ok(Kind::Kept)
        } else {
            Err(self.whole(Mistake::HealthCheck, split))
        }
    }

    /// Reads the here-documents that the whole line announces, and where the instruction ends.
    fn documents(&mut self, is_list: bool) -> Result<(Vec<HereDocument>, usize)> {
        let whole = 0..self.line.text.len();
        let mut end = self.line.span.end;
        if is_list || !self.line.text.contains("<<") {
            return Ok((Vec::new(), end));
        }
        let announced = HereDocument::all_announced(&self.line.text)
            .map_err(|mistake| self.error(mistake, whole.clone()))?;
        let mut documents = Vec::new();
        for announced in announced {
            let (document, last) = self.document(announced)?;
            end = last;
            documents.push(document);
        }
        Ok((documents, end))
    }

    /// Reads the text of a here-document that is announced.
    fn document(&mut self, mut document: HereDocument) -> Result<(HereDocument, usize)> {
        let mut start = None;
        while let Some(line) = self.lines.next()? {
            document.span = *start.get_or_insert(line.start)..line.start;
            if document.is_ended_by(line.text) {
                let end = line.start + line.text.trim_end().len();
                return Ok((document, end));
            }
            document.text.push_str(line.text);
        }
        let mistake = Mistake::OpenHereDocument(document.name);
        Err(self.error(mistake, 0..self.line.text.len()))
    }
}

/// The flags of an instruction.
struct Flags<'a> {
    line: &'a LogicalLine,
    /// The flags, and whether we know them.
    flags: Vec<(&'a Word, bool)>,
}

impl<'a> Flags<'a> {
    fn new(line: &'a LogicalLine, flags: &'a [Word]) -> Self {
        let flags = flags.iter().map(|flag| (flag, false)).collect();
        Self { line, flags }
    }

    /// Returns the values of a flag that may stand there several times.
    fn values(&mut self, name: &str) -> Vec<Spanned<String>> {
        let mut values = Vec::new();
        for (flag, is_known) in &mut self.flags {
            let (own, value) = flag.value.split_once('=').unwrap_or((&flag.value, ""));
            if own == name {
                *is_known = true;
                values.push(Spanned::new(
                    value.to_owned(),
                    self.line.place(flag.span.clone()),
                ));
            }
        }
        values
    }

    fn value(&mut self, name: &str) -> Option<Spanned<String>> {
        self.values(name).pop()
    }

    fn know(&mut self, name: &str) {
        drop(self.values(name));
    }

    fn know_all(&mut self) {
        self.flags.clear();
    }

    fn unknown(self) -> Vec<Spanned<String>> {
        let unknown = self.flags.into_iter().filter(|(_, is_known)| !is_known);
        let place = |flag: &Word| self.line.place(flag.span.clone());
        unknown
            .map(|(flag, _)| Spanned::new(flag.value.clone(), place(flag)))
            .collect()
    }
}

/// Returns whether BuildKit takes a word as the name of a stage, in whatever case it is written.
fn is_stage_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|part| {
            part.is_ascii_lowercase() || part.is_ascii_digit() || matches!(part, '-' | '_' | '.')
        })
}
