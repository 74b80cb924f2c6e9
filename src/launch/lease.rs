//! Which containers a dynrun follows, as files of the user.
//!
//! Labels cannot be changed: that of the owner stays when people detach on purpose, and when the
//! engine restarts a container whose dynrun has ended with it. A lease is taken when dynrun begins
//! to follow and given back however that ends, as long as dynrun lives to see it. So it only
//! outlives a dynrun that was killed. Where no file can be written no container is ever taken for
//! an orphan, which is the safe side.

use std::io;
use std::path::PathBuf;

/// The directory with one file per container that is followed, named by its id.
#[derive(Clone, Debug)]
pub struct Leases(PathBuf);

/// A container that is followed as long as this lives.
#[derive(Debug)]
pub struct Lease(PathBuf);

impl Leases {
    /// Returns the leases in a directory, which need not exist.
    pub const fn new(directory: PathBuf) -> Self {
        Self(directory)
    }

    /// Takes a lease on a container.
    ///
    /// # Errors
    /// Fails when the file cannot be written.
    pub fn take(&self, id: &str) -> io::Result<Lease> {
        fs_err::create_dir_all(&self.0)?;
        let file = self.0.join(id);
        fs_err::write(&file, "")?;
        Ok(Lease(file))
    }

    /// Returns whether somebody follows a container, or was killed while doing so.
    pub fn has(&self, id: &str) -> bool {
        self.0.join(id).exists()
    }

    /// Ends a lease that its dynrun could not give back.
    pub fn end(&self, id: &str) {
        // Without a lease there is nothing to end.
        fs_err::remove_file(self.0.join(id)).ok();
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Somebody may have ended it already.
        fs_err::remove_file(&self.0).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_given_back_unless_its_holder_is_killed() {
        let scratch = tempfile::tempdir().unwrap();
        let leases = Leases::new(scratch.path().join("a/b"));
        assert!(!leases.has("c1"));
        let lease = leases.take("c1").unwrap();
        assert!(leases.has("c1") && !leases.has("c2"));
        drop(lease);
        assert!(!leases.has("c1"));
        std::mem::forget(leases.take("c1").unwrap());
        assert!(leases.has("c1"));
        leases.end("c1");
        assert!(!leases.has("c1"));
    }
}
