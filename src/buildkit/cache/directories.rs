//! The directories of ours that a build reads and writes, offered to the engine while it lasts.

use std::path::Path;

use super::local::LocalCache;
use crate::buildkit::digest::Digest;
use crate::buildkit::export::ExportResponse;
use crate::buildkit::layout::{Layout, LayoutError};
use crate::buildkit::request::SolveRequest;
use crate::buildkit::session::{ContentService, ContentStore, Session};

/// The directories of one build. Those that it writes are withdrawn with this value.
pub(in super::super) struct Directories {
    content: ContentService,
    written: Vec<Written>,
}

/// A directory that a build writes.
struct Written {
    name: String,
    tag: Option<String>,
    layout: Layout,
    store: ContentStore,
    ignore_error: bool,
}

impl Directories {
    /// Offers all directories that the request names, and makes those that are to be written.
    pub(in super::super) fn offer(
        session: &Session,
        request: &SolveRequest,
    ) -> Result<Self, LayoutError> {
        let mut directories = Self::offer_to_check(session, request)?;
        for cache in request
            .cache_imports
            .iter()
            .filter_map(|entry| entry.local())
        {
            directories.offer_to_read(cache.store(), cache.directory())?;
        }
        for cache in request
            .cache_exports
            .iter()
            .filter_map(|entry| entry.local())
        {
            directories.offer_to_write(cache)?;
        }
        Ok(directories)
    }

    /// Offers only what BuildKit's checks read.
    pub(in super::super) fn offer_to_check(
        session: &Session,
        request: &SolveRequest,
    ) -> Result<Self, LayoutError> {
        let directories = Self {
            content: session.content().clone(),
            written: Vec::new(),
        };
        for context in request.dockerfile.contexts.values() {
            if let Some((name, directory)) = context.layout() {
                directories.offer_to_read(name, directory)?;
            }
        }
        Ok(directories)
    }

    fn offer_to_read(&self, name: String, directory: &Path) -> Result<(), LayoutError> {
        if let Some(layout) = Layout::open(directory)? {
            let store = ContentStore::readable(layout);
            self.content.offer(name, store);
        }
        Ok(())
    }

    fn offer_to_write(&mut self, cache: &LocalCache) -> Result<(), LayoutError> {
        let layout = Layout::create(cache.directory())?;
        let store = ContentStore::writable(layout.clone());
        self.content.offer(cache.store(), store.clone());
        self.written.push(Written {
            name: cache.store(),
            tag: cache.tag().map(str::to_owned),
            layout,
            store,
            ignore_error: cache.ignores_errors(),
        });
        Ok(())
    }

    /// Gives the caches that the engine wrote their tags.
    pub(in super::super) fn publish(&self, response: &ExportResponse) -> Result<(), LayoutError> {
        let told = response.cache_manifest();
        self.written
            .iter()
            .try_for_each(|written| written.publish(told.as_ref()))
    }
}

impl Drop for Directories {
    fn drop(&mut self) {
        for written in &self.written {
            self.content.withdraw(&written.name);
        }
    }
}

impl Written {
    /// Where several caches were written at once, the engine tells the manifest of only one. It
    /// writes each one's after everything else.
    fn publish(&self, told: Option<&Digest>) -> Result<(), LayoutError> {
        let mut written = self.store.written();
        let Some(last) = written.pop() else {
            // Where there was nothing to keep, engines write nothing.
            return Ok(());
        };
        let told = told.and_then(|digest| digest.as_str().parse().ok());
        let told = told.filter(|digest| *digest == last || written.contains(digest));
        match self.layout.describe(&told.unwrap_or(last)) {
            Some(manifest) => self.layout.tag(self.tag.as_deref(), &manifest),
            None if self.ignore_error => Ok(()),
            None => Err(LayoutError::NoManifest {
                directory: self.layout.directory().to_owned(),
            }),
        }
    }
}
