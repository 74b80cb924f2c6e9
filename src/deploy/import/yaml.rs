//! YAML with the place of every key and value, so that whatever is not taken over can be named by
//! its line. serde's view of YAML has no places.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::problem::{Problem, ProblemKind};
use crate::toml_file::{Located, Location, SourceFile};

/// Deeper than any file that people write.
const DEEPEST: usize = 64;
/// Values that aliases may expand to, so that a small file cannot fill the memory.
const MOST: u64 = 1_000_000;

/// A value and where it is.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: Location,
    pub(super) value: Value,
    /// How many values it comes to, aliases expanded.
    weight: u64,
}

/// A key and its value.
pub(super) type Entry = (Located<String>, Rc<Node>);

/// A value of YAML. Numbers and booleans are the text that was written.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

impl Node {
    fn new(at: Location, value: Value) -> Self {
        let weight = match &value {
            Value::Null | Value::Text(_) => 1,
            Value::List(items) => items.iter().map(|item| item.weight).sum::<u64>() + 1,
            Value::Map(entries) => entries.iter().map(|(_, node)| node.weight + 1).sum::<u64>() + 1,
        };
        Self { at, value, weight }
    }

    /// Returns the text of a value that is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Returns the text with its place.
    pub(super) fn located(&self) -> Option<Located<String>> {
        let at = self.at.clone();
        self.text().map(|text| Located {
            value: text.to_owned(),
            at,
        })
    }

    /// Returns a whole number.
    pub(super) fn number(&self) -> Option<u32> {
        self.text()?.parse().ok()
    }

    /// Returns the items of a list.
    pub(super) fn items(&self) -> &[Rc<Self>] {
        match &self.value {
            Value::List(items) => items,
            Value::Null | Value::Text(_) | Value::Map(_) => &[],
        }
    }

    /// Returns the entries of a mapping, in the order of the file.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Null | Value::Text(_) | Value::List(_) => &[],
        }
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let found = self.entries().iter().find(|(name, _)| name.value == key);
        found.map(|(_, node)| &**node)
    }

    /// Returns the text of a key.
    pub(super) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Returns the items of a key.
    pub(super) fn items_of(&self, key: &str) -> &[Rc<Self>] {
        self.get(key).map(Self::items).unwrap_or_default()
    }

    /// Returns the value below several keys.
    pub(super) fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Returns the value in one spelling, to compare it with another.
    pub(super) fn canonical(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Text(text) => format!("{text:?}"),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(|item| item.canonical()).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Map(entries) => {
                let entries: BTreeMap<_, _> = entries
                    .iter()
                    .map(|(key, node)| (&key.value, node.canonical()))
                    .collect();
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{key:?}: {value}"))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// Returns what kind of value it is, with its article.
    pub(super) const fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "empty",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// Reads the documents of a file.
///
/// # Errors
/// Returns the first place that is not YAML.
pub(super) fn documents(file: &Arc<SourceFile>) -> Result<Vec<Rc<Node>>, Problem> {
    let mut builder = Builder::new(file);
    for event in Parser::new_from_str(&file.text) {
        let (event, span) = event.map_err(|error| {
            let at = builder.at(error.marker().index(), error.marker().index());
            broken(file, error.info(), &at)
        })?;
        builder.take(event, span)?;
    }
    Ok(builder.documents)
}

fn broken(file: &SourceFile, reason: &str, at: &Location) -> Problem {
    let mut problem = Problem::new(
        ProblemKind::Usage,
        format!("`{}` is not valid YAML", file.name),
    );
    problem.causes.push(reason.to_owned());
    let is_template = ["{{", "{%"].iter().any(|start| file.text.contains(start));
    problem.excerpt(at.excerpt("here")).hint(if is_template {
        "This is a template: import what it renders, for a chart of Helm `helm template CHART`"
    } else {
        "Correct the file; `docker compose config -q` and `kubectl create --dry-run=client -f` check it \
         as well"
    })
}

/// A list or mapping that is not complete yet.
struct Open {
    start: usize,
    anchor: usize,
    items: Vec<Rc<Node>>,
    is_map: bool,
}

struct Builder<'a> {
    file: &'a Arc<SourceFile>,
    /// The parser counts characters, places are bytes.
    bytes: Vec<usize>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Rc<Node>>,
    documents: Vec<Rc<Node>>,
}

impl<'a> Builder<'a> {
    fn new(file: &'a Arc<SourceFile>) -> Self {
        let bytes = file.text.char_indices().map(|(byte, _)| byte);
        Self {
            file,
            bytes: bytes.collect(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            documents: Vec::new(),
        }
    }

    fn at(&self, start: usize, end: usize) -> Location {
        let byte = |index: usize| {
            self.bytes
                .get(index)
                .copied()
                .unwrap_or(self.file.text.len())
        };
        Location {
            file: Arc::clone(self.file),
            span: byte(start)..byte(end.max(start)),
        }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let (start, end) = (span.start.index(), span.end.index());
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let at = self.at(start, end);
                let node = known.ok_or_else(|| broken(self.file, "no such anchor", &at))?;
                self.add(node);
                Ok(())
            }
            Event::Scalar(text, style, anchor, _) => {
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let value = if is_null {
                    Value::Null
                } else {
                    Value::Text(text.into_owned())
                };
                self.finish(Node::new(self.at(start, end), value), anchor)
            }
            Event::SequenceStart(anchor, _) => self.open(start, anchor, false),
            Event::MappingStart(anchor, _) => self.open(start, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => self.close(end),
        }
    }

    fn open(&mut self, start: usize, anchor: usize, is_map: bool) -> Result<(), Problem> {
        if self.open.len() >= DEEPEST {
            let reason = format!("values are nested more than {DEEPEST} deep");
            return Err(broken(self.file, &reason, &self.at(start, start)));
        }
        self.open.push(Open {
            start,
            anchor,
            items: Vec::new(),
            is_map,
        });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let at = self.at(open.start, end);
        let value = if open.is_map {
            Value::Map(self.mapping(&open.items)?)
        } else {
            Value::List(open.items)
        };
        self.finish(Node::new(at, value), open.anchor)
    }

    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        let node = Rc::new(node);
        if node.weight > MOST {
            return Err(broken(
                self.file,
                "its aliases expand to too much",
                &node.at,
            ));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        self.add(node);
        Ok(())
    }

    fn add(&mut self, node: Rc<Node>) {
        match self.open.last_mut() {
            Some(open) => open.items.push(node),
            None => self.documents.push(node),
        }
    }

    /// Pairs keys with values; `<<` adds the entries of other mappings.
    fn mapping(&self, items: &[Rc<Node>]) -> Result<Vec<Entry>, Problem> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut merged: Vec<Rc<Node>> = Vec::new();
        for pair in items.chunks(2) {
            let [key, value] = pair else { continue };
            let Some(name) = key.located() else {
                return Err(broken(self.file, "a key is not a text", &key.at));
            };
            if name.value == "<<" {
                match &value.value {
                    Value::List(several) => merged.extend(several.iter().cloned()),
                    Value::Null | Value::Text(_) | Value::Map(_) => merged.push(Rc::clone(value)),
                }
            } else if entries.iter().any(|(known, _)| known.value == name.value) {
                let reason = format!("the key `{}` is there twice", name.value);
                return Err(broken(self.file, &reason, &key.at));
            } else {
                entries.push((name, Rc::clone(value)));
            }
        }
        for (name, value) in merged.iter().flat_map(|node| node.entries()) {
            if !entries.iter().any(|(known, _)| known.value == name.value) {
                entries.push((name.clone(), Rc::clone(value)));
            }
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Rc<Node>>, String> {
        let problem = |problem: Problem| {
            let (line, _) = problem.excerpts[0].line_column();
            format!("{}:{line}: {}", problem.excerpts[0].name, problem.causes[0])
        };
        documents(&SourceFile::new("x.yaml", text)).map_err(problem)
    }

    #[test]
    fn values_have_places_behind_letters_of_several_bytes() {
        let documents = read("a: äöü\nb:\n  - c # é\n  - 'd'\n---\ne: null\n").unwrap();
        assert_eq!(documents.len(), 2);
        let d = &documents[0].get("b").unwrap().items()[1];
        assert_eq!(
            (d.text(), d.at.to_string().as_str()),
            (Some("d"), "x.yaml:4")
        );
        assert_eq!(&d.at.file.text[d.at.span.clone()], "'d'");
        assert_eq!(documents[1].canonical(), "{\"e\": null}");
    }

    #[test]
    fn anchors_and_merge_keys_are_expanded() {
        let text = "x: &x\n  a: 1\n  b: 2\ny:\n  <<: *x\n  b: 3\nz: *x\n";
        let document = &read(text).unwrap()[0];
        assert_eq!(
            document.get("y").unwrap().canonical(),
            "{\"a\": \"1\", \"b\": \"3\"}"
        );
        assert_eq!(
            document.get("z").unwrap().canonical(),
            "{\"a\": \"1\", \"b\": \"2\"}"
        );
    }

    #[test]
    fn what_is_not_yaml_is_named_by_its_line() {
        let many = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
        let bomb = (b'b'..=b'i').fold(many, |text, letter| {
            let (name, before) = (char::from(letter), char::from(letter - 1));
            let refer = vec![format!("*{before}"); 10].join(", ");
            format!("{text}{name}: &{name} [{refer}]\n")
        });
        let errors = ["a: [1", "a: 1\na: 2\n", "a: *b\n", "a: 1\n\tb: 2\n", &bomb]
            .map(|text| read(text).unwrap_err());
        insta::assert_snapshot!(errors.join("\n"));
        assert!(read(&"[".repeat(100)).unwrap_err().contains("nested"));
    }
}
