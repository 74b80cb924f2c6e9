//! Going through a context in BuildKit's order.
//!
//! fsutil wants parents before children and, in each directory, names sorted by their bytes;
//! directories that are not taken themselves come right before the first thing in them that is.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::io;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Dir, FileType, Mode, Stat};
use rustix::io::Errno;

use super::beneath::DIRECTORY;
use super::{ContextError, Entry, Filter, Inherited, Kind, Root, Verdict, xattr};

/// How deep a context may be. Every level is an open directory; paths of 4,096 bytes, which is what
/// engines can take, rarely have a tenth of it.
const DEEPEST: usize = 512;

/// Is told about everything in a context.
///
/// Each answer says whether to go on.
pub trait Visitor {
    /// An entry that is taken.
    fn entry(&mut self, entry: Entry) -> ControlFlow<()>;

    /// Something that should be taken and cannot be.
    fn problem(&mut self, error: ContextError) -> ControlFlow<()>;

    /// A path that is left out, with the index of the ignore rule if one did it.
    fn left_out(&mut self, path: &str, is_directory: bool, rule: Option<usize>) -> ControlFlow<()> {
        _ = (path, is_directory, rule);
        ControlFlow::Continue(())
    }
}

/// What to read of each entry.
#[derive(Clone, Copy, Debug, Default)]
pub struct WalkOptions {
    /// Whether to read extended attributes, which costs a system call for each entry.
    pub xattrs: bool,
}

/// Goes through everything below a root; stops early when the visitor says so.
pub fn walk(
    root: &Root,
    filter: &Filter,
    options: WalkOptions,
    visitor: &mut impl Visitor,
) -> ControlFlow<()> {
    let mut walker = Walker {
        root,
        filter,
        options,
        visitor,
        links: HashMap::new(),
        parents: Vec::new(),
    };
    let top = Level {
        path: String::new(),
        inherited: Inherited::default(),
        utf8: true,
    };
    match root.open_directory("") {
        Ok(directory) => walker.directory(directory, &top),
        Err(source) => walker.fail("list", ".", source),
    }
}

struct Walker<'a, V> {
    root: &'a Root,
    filter: &'a Filter,
    options: WalkOptions,
    visitor: &'a mut V,
    /// Where each file with more than one name was first taken.
    links: HashMap<(u64, u64), String>,
    /// The directories above, `None` once the visitor has them.
    parents: Vec<Option<Entry>>,
}

/// A directory whose entries are being looked at.
struct Level {
    path: String,
    inherited: Inherited,
    /// Whether every name down to here is UTF-8; if not, `path` only says so to people.
    utf8: bool,
}

/// A name in a directory.
struct Name {
    name: CString,
    file_type: FileType,
}

impl<V: Visitor> Walker<'_, V> {
    fn directory(&mut self, directory: OwnedFd, level: &Level) -> ControlFlow<()> {
        let names = match self.names(&directory, level) {
            Ok(names) => names,
            Err(source) => return self.fail("list", &level.path, source),
        };
        for name in names {
            self.name(&directory, level, name)?;
        }
        drop(directory);
        ControlFlow::Continue(())
    }

    /// Returns the names of a directory in BuildKit's order.
    fn names(&self, directory: &OwnedFd, level: &Level) -> io::Result<Vec<Name>> {
        if let Some(only) = self.filter.only_names(&level.path, &level.inherited) {
            let only = only.into_iter().filter_map(|name| CString::new(name).ok());
            let file_type = FileType::Unknown;
            return Ok(only.map(|name| Name { name, file_type }).collect());
        }
        let mut names = Vec::new();
        for entry in Dir::read_from(directory)? {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                let (name, file_type) = (entry.file_name().to_owned(), entry.file_type());
                names.push(Name { name, file_type });
            }
        }
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(names)
    }

    fn name(&mut self, directory: &OwnedFd, level: &Level, found: Name) -> ControlFlow<()> {
        let Name {
            name,
            mut file_type,
        } = found;
        let path = below(&level.path, &name);
        let mut stat = None;
        if file_type == FileType::Unknown {
            match stat_of(directory, &name) {
                Ok(Some(found)) => {
                    file_type = FileType::from_raw_mode(found.st_mode);
                    stat = Some(found);
                }
                Ok(None) => return ControlFlow::Continue(()),
                Err(source) => return self.fail("look at", &path, source),
            }
        }
        let is_directory = file_type == FileType::Directory;
        let mut inherited = Inherited::default();
        let verdict = self
            .filter
            .judge(&path, is_directory, &level.inherited, &mut inherited);
        if let Verdict::LeaveOut(rule) = verdict {
            return self.visitor.left_out(&path, is_directory, rule);
        }
        let utf8 = level.utf8 && name.to_str().is_ok();
        let level = Level {
            path,
            inherited,
            utf8,
        };
        self.wanted(directory, &name, level, verdict, stat)
    }

    /// Handles an entry that is taken, or that is a directory to look into.
    fn wanted(
        &mut self,
        directory: &OwnedFd,
        name: &CStr,
        level: Level,
        verdict: Verdict,
        stat: Option<Stat>,
    ) -> ControlFlow<()> {
        let entry = match self.read(directory, name, &level, stat) {
            Ok(Some(entry)) => entry,
            Ok(None) => return ControlFlow::Continue(()),
            Err(error) => return self.visitor.problem(error),
        };
        let is_directory = entry.kind == Kind::Directory;
        let mut pending = Some(entry);
        if verdict == Verdict::Take {
            if !level.utf8 {
                return self.visitor.problem(ContextError::NameNotUtf8(level.path));
            }
            self.take_parents()?;
            pending
                .take()
                .map_or(ControlFlow::Continue(()), |entry| self.visitor.entry(entry))?;
        }
        if !is_directory {
            return ControlFlow::Continue(());
        }
        if self.parents.len() >= DEEPEST {
            return self.visitor.problem(ContextError::TooDeep(level.path));
        }
        match rustix::fs::openat(directory, name, DIRECTORY, Mode::empty()) {
            Ok(inside) => {
                self.parents.push(pending);
                self.directory(inside, &level)?;
                drop(self.parents.pop());
                ControlFlow::Continue(())
            }
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => ControlFlow::Continue(()),
            // Nothing may be wanted from it, so docker does not mind either.
            Err(Errno::ACCESS) if verdict == Verdict::LookInside => ControlFlow::Continue(()),
            Err(errno) => self.fail("list", &level.path, errno.into()),
        }
    }

    /// Hands out the directories above that have not been taken for their own sake.
    fn take_parents(&mut self) -> ControlFlow<()> {
        for parent in &mut self.parents {
            if let Some(entry) = parent.take() {
                self.visitor.entry(entry)?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Reads everything about an entry; `None` if it has vanished meanwhile.
    fn read(
        &mut self,
        directory: &OwnedFd,
        name: &CStr,
        level: &Level,
        stat: Option<Stat>,
    ) -> Result<Option<Entry>, ContextError> {
        let failed = |action| ContextError::reading(action, &level.path);
        let stat = match stat.map_or_else(|| stat_of(directory, name), |stat| Ok(Some(stat))) {
            Ok(Some(stat)) => stat,
            Ok(None) => return Ok(None),
            Err(source) => return Err(failed("look at")(source)),
        };
        let kind = match Kind::from_stat(&stat) {
            Some(kind) => kind,
            None => match target_of(directory, name) {
                Ok(Some(target)) => Kind::Symlink(utf8_target(target, &level.path)?),
                Ok(None) => return Ok(None),
                Err(source) => return Err(failed("read the link")(source)),
            },
        };
        let xattrs = if self.options.xattrs {
            let path = self.root.path().join(&level.path);
            xattr::read(&path).map_err(failed("read the extended attributes of"))?
        } else {
            Vec::new()
        };
        let hard_link = self.hard_link(&stat, &kind, &level.path);
        let size = if kind == Kind::Directory {
            0
        } else {
            unsigned(stat.st_size)
        };
        Ok(Some(Entry {
            path: level.path.clone(),
            kind,
            permissions: stat.st_mode & 0o7777,
            size,
            modified: nanoseconds(&stat),
            hard_link,
            xattrs,
        }))
    }

    /// Returns the first path of a file that has been taken under another name.
    fn hard_link(&mut self, stat: &Stat, kind: &Kind, path: &str) -> Option<String> {
        if stat.st_nlink < 2 || matches!(kind, Kind::Directory | Kind::Symlink(_)) {
            return None;
        }
        let file = (stat.st_dev, stat.st_ino);
        let first = self.links.get(&file).cloned();
        if first.is_none() {
            self.links.insert(file, path.to_owned());
        }
        first
    }

    fn fail(&mut self, action: &'static str, path: &str, source: io::Error) -> ControlFlow<()> {
        self.visitor
            .problem(ContextError::reading(action, path)(source))
    }
}

fn stat_of(directory: &OwnedFd, name: &CStr) -> io::Result<Option<Stat>> {
    found(rustix::fs::statat(
        directory,
        name,
        AtFlags::SYMLINK_NOFOLLOW,
    ))
}

fn target_of(directory: &OwnedFd, name: &CStr) -> io::Result<Option<Vec<u8>>> {
    let target = found(rustix::fs::readlinkat(directory, name, Vec::new()))?;
    Ok(target.map(CString::into_bytes))
}

/// Turns what has vanished between two looks into `None`.
fn found<T>(result: Result<T, Errno>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

pub(super) fn utf8_target(target: Vec<u8>, path: &str) -> Result<String, ContextError> {
    String::from_utf8(target).map_err(|_| ContextError::TargetNotUtf8(path.to_owned()))
}

/// Joins a name to the path of its directory; bytes that are not UTF-8 become `\xNN`.
fn below(directory: &str, name: &CStr) -> String {
    let mut path = String::with_capacity(directory.len() + 1 + name.count_bytes());
    if !directory.is_empty() {
        path.push_str(directory);
        path.push('/');
    }
    for chunk in name.to_bytes().utf8_chunks() {
        path.push_str(chunk.valid());
        path.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    path
}

fn unsigned(size: i64) -> u64 {
    u64::try_from(size).unwrap_or_default()
}

fn nanoseconds(stat: &Stat) -> i64 {
    let part = i64::try_from(stat.st_mtime_nsec).unwrap_or_default();
    stat.st_mtime
        .saturating_mul(1_000_000_000)
        .saturating_add(part)
}

#[cfg(test)]
mod tests;
