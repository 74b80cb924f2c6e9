//! What was transferred of a directory, and what was wrong with it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::context::ContextError;
use crate::problem::{Problem, ProblemKind};

/// How many issues of one directory are kept; more tell nothing new.
const MOST_ISSUES: usize = 20;

/// Something about the files of a directory that people should know.
#[derive(Debug, Error)]
pub enum TransferIssue {
    /// A file could not be sent; the build fails.
    #[error(transparent)]
    Unsendable(#[from] ContextError),
    /// A file was written to while it was sent; the build may have half of the change.
    #[error("`{path}` of the build context changed while it was sent")]
    Changed {
        /// The path below the directory.
        path: String,
    },
}

impl TransferIssue {
    /// Returns whether the build fails because of it.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Unsendable(_) => true,
            Self::Changed { .. } => false,
        }
    }

    /// Returns the issue as people are told it.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Unsendable(error) => {
                let problem = Problem::from_error(ProblemKind::Usage, error);
                error.hint().into_iter().fold(problem, Problem::hint)
            }
            Self::Changed { .. } => Problem::new(ProblemKind::Usage, self.to_string())
                .hint("Run the build again, or leave it out with a line in `.dockerignore`"),
        }
    }
}

/// How much has been transferred so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferSize {
    /// Files, directories and links that were looked at and announced.
    pub entries: u64,
    /// Files whose contents the engine asked for and got.
    pub files: u64,
    /// The bytes of those contents.
    pub bytes: u64,
    /// For how long transfers of this directory were open, all together.
    pub duration: Duration,
}

/// One directory's account; may be read while transfers go on.
#[derive(Clone, Debug)]
pub struct Transfer {
    name: Arc<str>,
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    entries: AtomicU64,
    files: AtomicU64,
    bytes: AtomicU64,
    nanoseconds: AtomicU64,
    issues: Mutex<Vec<Arc<TransferIssue>>>,
}

impl Transfer {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            counters: Arc::default(),
        }
    }

    /// Returns the name of the directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how much has been transferred so far.
    pub fn size(&self) -> TransferSize {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TransferSize {
            entries: read(&self.counters.entries),
            files: read(&self.counters.files),
            bytes: read(&self.counters.bytes),
            duration: Duration::from_nanos(read(&self.counters.nanoseconds)),
        }
    }

    /// Returns what was wrong, in the order in which it was found.
    pub fn issues(&self) -> Vec<Arc<TransferIssue>> {
        self.lock_issues().clone()
    }

    pub(super) fn add_entry(&self) {
        self.counters.entries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_file(&self) {
        self.counters.files.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_bytes(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.counters.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn add_issue(&self, issue: impl Into<TransferIssue>) {
        let mut issues = self.lock_issues();
        if issues.len() < MOST_ISSUES {
            issues.push(Arc::new(issue.into()));
        }
    }

    /// Counts time until the returned value is dropped.
    pub(super) fn start_clock(&self) -> Clock {
        Clock {
            transfer: self.clone(),
            started: Instant::now(),
        }
    }

    fn lock_issues(&self) -> MutexGuard<'_, Vec<Arc<TransferIssue>>> {
        self.counters
            .issues
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the time of its life to a transfer.
#[derive(Debug)]
pub(super) struct Clock {
    transfer: Transfer,
    started: Instant,
}

impl Drop for Clock {
    fn drop(&mut self) {
        let passed = u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.transfer
            .counters
            .nanoseconds
            .fetch_add(passed, Ordering::Relaxed);
    }
}
