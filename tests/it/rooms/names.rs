//! Which file a path leads to: modules, and the names that they pass on.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::source::{Segments, Source};

/// All files of the library by module; the key of `lib.rs` is empty.
pub(crate) struct Crate {
    files: BTreeMap<Segments, Source>,
}

/// One file needs another.
#[derive(Clone)]
pub(crate) struct Used {
    pub(crate) from: Segments,
    pub(crate) to: Segments,
    /// What is used, as written.
    pub(crate) path: Segments,
    /// Only to pass its name on: the file itself does not need it.
    pub(crate) reexport: bool,
}

impl Used {
    pub(crate) fn room_of_user(&self) -> &str {
        &self.from[0]
    }

    pub(crate) fn room_of_used(&self) -> &str {
        &self.to[0]
    }
}

impl fmt::Display for Used {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [from, to, path] = [&self.from, &self.to, &self.path].map(|path| path.join("::"));
        write!(f, "{from} uses {to} (`{path}`)")
    }
}

impl Crate {
    pub(crate) fn read(src: &Path) -> Self {
        let mut files = BTreeMap::new();
        read_module(&src.join("lib.rs"), src, Vec::new(), &mut files);
        Self { files }
    }

    pub(crate) fn rooms(&self) -> Vec<String> {
        let mut rooms = self.files[&Vec::new()].modules.clone();
        rooms.sort();
        rooms
    }

    /// Returns each file with what it writes.
    pub(crate) fn files(&self) -> impl Iterator<Item = (String, &Source)> {
        let files = self.files.iter();
        files.map(|(module, source)| (module.join("::"), source))
    }

    /// Every use of another file, each once. The root of the library is nobody's room.
    pub(crate) fn uses(&self) -> Vec<Used> {
        let mut uses: Vec<Used> = Vec::new();
        for (from, source) in self.files.iter().filter(|(module, _)| !module.is_empty()) {
            let imports = source
                .imports
                .iter()
                .map(|import| (&import.target, import.public));
            let paths = source.paths.iter().map(|path| (path, false));
            for (path, reexport) in imports.chain(paths) {
                let Some(to) = self.resolve(from, path) else {
                    continue;
                };
                if to != *from && !to.is_empty() {
                    uses.push(Used {
                        from: from.clone(),
                        to,
                        path: path.clone(),
                        reexport,
                    });
                }
            }
        }
        // Of several paths to one file, the one that is written out is kept: `crate` before names.
        uses.sort_by(|a, b| {
            let by_files = (&a.from, &a.to, a.reexport).cmp(&(&b.from, &b.to, b.reexport));
            by_files.then_with(|| b.path.cmp(&a.path))
        });
        uses.dedup_by(|a, b| (&a.from, &a.to, a.reexport) == (&b.from, &b.to, b.reexport));
        uses
    }

    /// The file that `path`, written in `module`, leads to; `None` for what is not of this crate.
    fn resolve(&self, module: &[String], path: &[String]) -> Option<Segments> {
        let (first, rest) = path.split_first()?;
        let parent = || module.split_last().map(|(_, parent)| parent.to_vec());
        match first.as_str() {
            "crate" => self.descend(Vec::new(), rest),
            "self" => self.descend(module.to_vec(), rest),
            // `super::super` goes on in the parent.
            "super" if rest.first().is_some_and(|next| next == "super") => {
                self.resolve(&parent()?, rest)
            }
            "super" => self.descend(parent()?, rest),
            name => self.named(module, name, rest),
        }
    }

    /// A path that starts with a name of the file itself.
    fn named(&self, module: &[String], name: &str, rest: &[String]) -> Option<Segments> {
        let source = self.files.get(module)?;
        if source.modules.iter().any(|child| child == name) {
            return self.descend(extended(module, name), rest);
        }
        let import = source.imports.iter().find(|import| import.name == name)?;
        let own = import.target.len() == 1 && import.target[0] == name;
        if own {
            return None;
        }
        let whole = [import.target.as_slice(), rest].concat();
        self.resolve(module, &whole)
    }

    /// Follows `rest` from a module down: through modules, then through names that are passed on.
    fn descend(&self, module: Segments, rest: &[String]) -> Option<Segments> {
        let Some((name, after)) = rest.split_first() else {
            return self.files.contains_key(&module).then_some(module);
        };
        let child = extended(&module, name);
        if self.files.contains_key(&child) {
            return self.descend(child, after);
        }
        let source = self.files.get(&module)?;
        let passed_on = source.imports.iter().find(|import| import.name == *name);
        match passed_on {
            Some(import) => {
                let whole = [import.target.as_slice(), after].concat();
                self.resolve(&module, &whole).or(Some(module))
            }
            None => Some(module),
        }
    }
}

fn extended(module: &[String], name: &str) -> Segments {
    [module, &[name.to_owned()]].concat()
}

/// Reads a file and the files of the modules that it declares, which lie in `directory`.
fn read_module(
    file: &Path,
    directory: &Path,
    module: Segments,
    files: &mut BTreeMap<Segments, Source>,
) {
    let source = Source::read(file);
    for child in &source.modules {
        let below = directory.join(child);
        let own = directory.join(format!("{child}.rs"));
        let path = if own.exists() {
            own
        } else {
            below.join("mod.rs")
        };
        read_module(&path, &below, extended(&module, child), files);
    }
    files.insert(module, source);
}
