//! The one Dockerfile that fragments become.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::compose::Composition;
use super::fragment::Fragment;
use super::globals::JoinedGlobal;
use super::part::Part;
use super::source_map::{Origin, SourceMap};

/// A joined Dockerfile and where its lines come from.
#[derive(Clone, Debug, Default)]
pub struct Joined {
    /// The text, a complete Dockerfile.
    pub text: String,
    /// Where its lines come from.
    pub source_map: SourceMap,
}

impl Composition {
    /// Joins the fragments: directives, then the arguments for `FROM`, then everything else.
    pub fn join(&self) -> Joined {
        let mut joined = Joined::default();
        if let Some((part, syntax)) = self.syntax() {
            let line = part.fragment.line_of(syntax.span.start);
            joined.line(
                &format!("# syntax={}", syntax.value),
                Some((&part.fragment, line)),
            );
        }
        joined.line(&self.checks().line(), None);
        let escape = self.parts().first().map(|part| part.dockerfile.escape());
        if let Some(escape) = escape.filter(|escape| *escape != '\\') {
            joined.line(&format!("# escape={escape}"), None);
        }
        for global in self.joined_globals() {
            joined.global(&global);
        }
        let mut parts = self.parts().iter().peekable();
        while let Some(part) = parts.next() {
            joined.line("", None);
            joined.line(&format!("# {}", part.fragment.file), None);
            joined.body(part, parts.peek().is_some());
        }
        joined
    }
}

impl Joined {
    fn line(&mut self, text: &str, origin: Option<(&Arc<Fragment>, usize)>) {
        self.text.push_str(text);
        if !text.ends_with('\n') {
            self.text.push('\n');
        }
        self.source_map.push(origin.map(|(fragment, line)| Origin {
            fragment: fragment.clone(),
            line,
        }));
    }

    /// Writes an argument with the comments that describe it: as it stands, if all of it is needed.
    fn global(&mut self, found: &JoinedGlobal<'_>) {
        let JoinedGlobal { part, global, args } = found;
        let fragment = &part.fragment;
        let lines = fragment.text.split_inclusive('\n').collect::<Vec<_>>();
        let verbatim = |joined: &mut Self, span: &Range<usize>| {
            for number in fragment.lines_of(span) {
                let line = lines[number - 1].trim_start_matches('\u{feff}');
                joined.line(line, Some((fragment, number)));
            }
        };
        for description in &global.descriptions {
            verbatim(self, description);
        }
        if args.len() == global.args.len() {
            verbatim(self, &global.span);
            return;
        }
        let words = args.iter().map(|arg| match &arg.default {
            Some(default) => format!("{}={default}", arg.name),
            None => arg.name.clone(),
        });
        let text = format!("ARG {}", words.collect::<Vec<_>>().join(" "));
        let line = fragment.line_of(global.span.start);
        self.line(&text, Some((fragment, line)));
    }

    /// Writes everything but the global arguments and the parser directives.
    fn body(&mut self, part: &Part, is_followed: bool) {
        let moved = part.moved_lines();
        let edits = part.edits(is_followed);
        let mut edits = edits.iter().peekable();
        let mut start = 0;
        for (index, line) in part.fragment.text.split_inclusive('\n').enumerate() {
            let end = start + line.len();
            let mut text = String::new();
            let mut done = start;
            let is_last = end == part.fragment.text.len();
            while let Some((place, new)) = edits.next_if(|(at, _)| at.start < end || is_last) {
                text.push_str(&part.fragment.text[done..place.start]);
                text.push_str(new);
                done = place.end;
            }
            text.push_str(&part.fragment.text[done..end]);
            if !moved.contains(&(index + 1)) {
                self.line(&text, Some((&part.fragment, index + 1)));
            }
            start = end;
        }
    }
}

impl Part {
    fn moved_lines(&self) -> BTreeSet<usize> {
        let directives = &self.dockerfile.directives;
        let syntax = directives.syntax.iter().map(|found| &found.span);
        let check = directives.check.iter().map(|found| &found.span);
        let escape = directives.escape.iter().map(|found| &found.span);
        let globals = self.dockerfile.globals.iter();
        let globals =
            globals.flat_map(|global| [&global.span].into_iter().chain(&global.descriptions));
        let spans = syntax.chain(check).chain(escape).chain(globals);
        spans
            .flat_map(|span| self.fragment.lines_of(span))
            .collect()
    }

    /// Returns what the joined file says differently, in order: nothing swallows what follows the
    /// fragment, stages are counted over all fragments, and the last one has a name.
    fn edits(&self, is_followed: bool) -> Vec<(Range<usize>, String)> {
        let mark = (0..self.dockerfile.mark, String::new());
        let ends = self.dockerfile.open_end.iter().filter(|_| is_followed);
        let mut edits: Vec<_> = ends.map(|at| (*at..at + 1, String::new())).collect();
        edits.extend((self.dockerfile.mark > 0).then_some(mark));
        let last = self.dockerfile.stages.last();
        let given = last.and_then(|stage| stage.name.as_ref());
        let given = given.filter(|name| name.span.is_empty());
        edits.extend(given.map(|name| (name.span.clone(), format!(" AS {}", name.value))));
        if self.offset > 0 {
            edits.extend(self.numbered().map(|found| {
                let number = self.offset + found.number;
                (found.flag.span.clone(), format!("--from={number}"))
            }));
        }
        edits.sort_by_key(|(place, _)| place.start);
        edits
    }
}
