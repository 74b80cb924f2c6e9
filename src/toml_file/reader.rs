//! Reads TOML values into types, collecting every error instead of stopping at the first.
//!
//! serde ends at the first mistake; people who edit a profile want to hear all of them at once.
//! So the TOML parser's own tree is walked here: [`FromToml`] is what a type implements,
//! [`Fields`] takes a table apart and reports the keys that nobody took.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::FileError;
use super::source_file::{Located, Location, SourceFile};

/// A value of the TOML tree with its span.
pub(crate) type Node<'a> = Spanned<DeValue<'a>>;

/// A type that can be read from a TOML value.
pub(crate) trait FromToml: Sized {
    /// Reads the value; reports what is wrong to the reader and returns `None` then.
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self>;

    /// Returns what stands for a key that is absent or wrong; `None` where the table must have it.
    fn absent() -> Option<Self> {
        None
    }
}

/// Reads one file and collects what is wrong with it.
pub(crate) struct Reader {
    file: Arc<SourceFile>,
    errors: Vec<FileError>,
}

impl Reader {
    /// Reads the root table of a file; returns what could be read, and every error found.
    ///
    /// A file that is not TOML yields the default: what a parser guesses from broken syntax would
    /// only produce follow-up errors.
    pub(crate) fn read<T: Default>(
        file: &Arc<SourceFile>,
        read: impl FnOnce(Fields<'_, '_>) -> Option<T>,
    ) -> (T, Vec<FileError>) {
        let mut reader = Self {
            file: Arc::clone(file),
            errors: Vec::new(),
        };
        let (root, syntax) = DeTable::parse_recoverable(&file.text);
        let value = if syntax.is_empty() {
            read(Fields::new(root.get_ref(), "the file", &mut reader)).unwrap_or_default()
        } else {
            reader.errors = syntax.iter().map(|error| reader.syntax(error)).collect();
            T::default()
        };
        reader
            .errors
            .sort_by_key(|error| error.location().map(|at| at.span.start));
        (value, reader.errors)
    }

    /// Reads the root table of a file, which must have no mistakes.
    pub(crate) fn read_whole<T: Default>(
        file: &Arc<SourceFile>,
        read: impl FnOnce(Fields<'_, '_>) -> Option<T>,
    ) -> Result<T, Vec<FileError>> {
        let (value, errors) = Self::read(file, read);
        if errors.is_empty() {
            Ok(value)
        } else {
            Err(errors)
        }
    }

    /// Reads a string as `parse` does; what that refuses, with its reason, is an invalid `what`.
    pub(crate) fn parse<T>(
        &mut self,
        key: &str,
        node: &Node<'_>,
        what: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = String::from_toml(key, node, self)?;
        let parsed = parse(&value);
        parsed
            .map_err(|reason| {
                let at = self.at(node.span());
                self.report(FileError::InvalidValue {
                    what,
                    value,
                    reason,
                    at,
                });
            })
            .ok()
    }

    fn syntax(&self, error: &toml::de::Error) -> FileError {
        FileError::Syntax {
            reason: error.message().to_owned(),
            at: self.at(error.span().unwrap_or(0..0)),
        }
    }

    /// Returns a place in the file that is being read.
    pub(crate) fn at(&self, span: Range<usize>) -> Location {
        Location {
            file: Arc::clone(&self.file),
            span,
        }
    }

    /// Notes an error.
    pub(crate) fn report(&mut self, error: FileError) {
        self.errors.push(error);
    }

    /// Notes that a value is of the wrong kind.
    pub(crate) fn wrong_type(&mut self, key: &str, expected: &str, node: &Node<'_>) {
        let at = self.at(node.span());
        self.report(FileError::WrongType {
            key: key.to_owned(),
            expected: expected.to_owned(),
            found: describe(node.get_ref()).to_owned(),
            at,
        });
    }

    /// Reports a table that lacks a key.
    pub(crate) fn require(&mut self, name: &str, node: &Node<'_>, key: &'static str) {
        if let DeValue::Table(table) = node.get_ref()
            && !table.contains_key(key)
        {
            self.report(FileError::MissingKey {
                key,
                table: name.to_owned(),
                at: self.at(node.span()),
            });
        }
    }

    /// Takes a table apart with `read`; anything but a table is an error.
    pub(crate) fn table<T>(
        &mut self,
        name: &str,
        node: &Node<'_>,
        read: impl FnOnce(Fields<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let DeValue::Table(table) = node.get_ref() else {
            self.wrong_type(name, "a table", node);
            return None;
        };
        read(Fields::new(table, &format!("[{name}]"), self))
    }
}

/// The entries of a table, taken one by one.
pub(crate) struct Fields<'a, 'r> {
    table: &'a DeTable<'a>,
    /// The table as people call it.
    name: String,
    known: Vec<&'static str>,
    reader: &'r mut Reader,
}

impl<'a, 'r> Fields<'a, 'r> {
    fn new(table: &'a DeTable<'a>, name: &str, reader: &'r mut Reader) -> Self {
        Self {
            table,
            name: name.to_owned(),
            known: Vec::new(),
            reader,
        }
    }

    /// Reads the value of a key, if it is there and right.
    pub(crate) fn take<T: FromToml>(&mut self, key: &'static str) -> Option<T> {
        self.known.push(key);
        let node = self.table.get(key)?;
        T::from_toml(&self.path(key), node, self.reader)
    }

    /// Reads the value of a key, or what stands for one that is absent or wrong.
    pub(crate) fn take_or_absent<T: FromToml>(&mut self, key: &'static str) -> Option<T> {
        self.take(key).or_else(T::absent)
    }

    /// Reports the keys that nobody took.
    pub(crate) fn finish(self) {
        for (key, _) in in_file_order(self.table) {
            if !self.known.contains(&key.get_ref().as_ref()) {
                let at = self.reader.at(key.span());
                self.reader.report(FileError::UnknownKey {
                    key: key.get_ref().to_string(),
                    table: self.name.clone(),
                    known: self.known.clone(),
                    at,
                });
            }
        }
    }

    fn path(&self, key: &str) -> String {
        match self.name.strip_prefix('[') {
            Some(name) => format!("{}.{key}", name.trim_end_matches(']')),
            None => key.to_owned(),
        }
    }
}

/// Returns the entries of a table as they were written; the parser sorts them by name.
pub(crate) fn in_file_order<'t, 'a>(
    table: &'t DeTable<'a>,
) -> Vec<(&'t Spanned<DeString<'a>>, &'t Node<'a>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Names a value's kind, with its article.
fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

impl FromToml for String {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        if let DeValue::String(text) = node.get_ref() {
            return Some(text.to_string());
        }
        reader.wrong_type(key, "a string", node);
        None
    }
}

impl FromToml for bool {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        if let DeValue::Boolean(value) = node.get_ref() {
            return Some(*value);
        }
        reader.wrong_type(key, "`true` or `false`", node);
        None
    }
}

macro_rules! unsigned {
    ($($type:ty: $expected:literal),* $(,)?) => {$(
        impl FromToml for $type {
            fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
                if let DeValue::Integer(number) = node.get_ref()
                    && let Ok(value) = Self::from_str_radix(number.as_str(), number.radix())
                {
                    return Some(value);
                }
                reader.wrong_type(key, $expected, node);
                None
            }
        }
    )*};
}

unsigned! {
    u16: "an integer from 0 to 65535",
    u32: "an integer of 0 or more",
    u64: "an integer of 0 or more",
}

impl<T: FromToml> FromToml for Located<T> {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        let value = T::from_toml(key, node, reader)?;
        Some(Self {
            value,
            at: reader.at(node.span()),
        })
    }
}

impl<T: FromToml> FromToml for Option<T> {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        T::from_toml(key, node, reader).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromToml> FromToml for Vec<T> {
    fn from_toml(key: &str, node: &Node<'_>, reader: &mut Reader) -> Option<Self> {
        let DeValue::Array(array) = node.get_ref() else {
            reader.wrong_type(key, "an array", node);
            return None;
        };
        let items = array.iter().map(|item| T::from_toml(key, item, reader));
        // Every item is read, so that every mistake is reported.
        items.collect::<Vec<_>>().into_iter().collect()
    }

    fn absent() -> Option<Self> {
        Some(Self::new())
    }
}
