//! What the parts look at and what they return.

use std::path::PathBuf;

use super::secret_file::SecretFile;
use crate::launch::facts::HostFacts;
use crate::launch::flag::{Flag, Flags as _};
use crate::launch::note::Note;
use crate::launch::request::Request;
use crate::problem::Problem;
use crate::profile::RunTable;

/// What was asked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What was typed.
    pub request: &'a Request,
    /// The machine and account.
    pub host: &'a HostFacts,
    /// The profile's `[run]` table.
    pub table: &'a RunTable,
}

impl Context<'_> {
    /// Returns whether docker's flag of this name was typed.
    pub fn typed(&self, name: &str) -> bool {
        self.request.flags.has(name)
    }

    /// Returns whether a variable of this name was typed, with or without a value.
    pub(super) fn typed_variable(&self, name: &str) -> bool {
        let mut variables = self.request.flags.named("env");
        variables.any(|flag| flag.text().split('=').next() == Some(name))
    }
}

/// What a part adds.
#[derive(Clone, Debug, Default)]
pub struct Implied {
    /// Flags for `docker run`.
    pub flags: Vec<Flag>,
    /// Remarks for people.
    pub notes: Vec<Note>,
    /// Directories of the host that must exist before the start, made as the user if missing.
    pub directories: Vec<PathBuf>,
    /// Files with secrets that are put into the container before it starts.
    pub secrets: Vec<SecretFile>,
    /// The directory that is mounted as the workspace.
    pub workspace: Option<PathBuf>,
    /// Whether the container's account database gets an entry for the host's user.
    pub host_user: bool,
    /// What makes the request impossible.
    pub problems: Vec<Problem>,
}

impl Implied {
    pub(super) fn add(&mut self, part: Self) {
        let Self {
            flags,
            notes,
            directories,
            secrets,
            workspace,
            host_user,
            problems,
        } = part;
        self.flags.extend(flags);
        self.notes.extend(notes);
        self.directories.extend(directories);
        self.secrets.extend(secrets);
        self.workspace = workspace.or(self.workspace.take());
        self.host_user |= host_user;
        self.problems.extend(problems);
    }
}
