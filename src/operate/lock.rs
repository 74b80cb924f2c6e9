//! One supervisor per deployment, and what it was started with.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use fs_err::OpenOptions;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

/// What is remembered of a deployment on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    directory: PathBuf,
}

/// How a deployment was started, so that it can be again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The arguments of `dynrun up`, with absolute paths.
    pub(crate) arguments: Vec<String>,
    /// Replicas by worker, where `dynrun scale` changed them.
    pub(crate) replicas: std::collections::BTreeMap<String, u32>,
}

/// Held as long as a supervisor lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Place {
    /// Returns the place of a deployment below the user's directory for what programs remember.
    /// The same name on another engine is another deployment.
    pub(crate) fn new(state: &Path, name: &str, engine: &str) -> Self {
        let engine = crate::hash::sha256_hex(engine.as_bytes());
        let directory = state
            .join("dynrun/deployments")
            .join(format!("{name}.{}", &engine[..8]));
        Self { directory }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("supervisor.log")
    }

    fn record_file(&self) -> PathBuf {
        self.directory.join("record.json")
    }

    /// Takes the lock, or returns the number of the process that has it.
    pub(crate) fn lock(&self) -> io::Result<Result<Lock, Option<u32>>> {
        fs_err::create_dir_all(&self.directory)?;
        let path = self.directory.join("lock");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let mut file = file.into_parts().0;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            return Ok(Err(text.trim().parse().ok()));
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Ok(Lock { _file: file }))
    }

    /// Returns the process that supervises the deployment, if there is one.
    pub(crate) fn supervisor(&self) -> Option<u32> {
        if !self.directory.is_dir() {
            return None;
        }
        self.lock().ok()?.err().flatten()
    }

    pub(crate) fn record(&self) -> Option<Record> {
        let text = fs_err::read(self.record_file()).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Writes the record; what is there is replaced at once.
    pub(crate) fn write(&self, record: &Record) -> io::Result<()> {
        fs_err::create_dir_all(&self.directory)?;
        let new = self.directory.join("record.json.new");
        fs_err::write(&new, serde_json::to_vec_pretty(record)?)?;
        fs_err::rename(new, self.record_file())
    }

    /// Forgets the deployment.
    pub(crate) fn forget(&self) {
        // It may be forgotten already.
        fs_err::remove_dir_all(&self.directory).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_lock() {
        let state = tempfile::tempdir().unwrap();
        let place = Place::new(state.path(), "qwen", "unix:///run/docker.sock");
        assert_eq!(place.supervisor(), None);
        let lock = place.lock().unwrap().unwrap();
        assert_eq!(place.supervisor(), Some(std::process::id()));
        assert!(place.lock().unwrap().is_err());
        let other = Place::new(state.path(), "qwen", "tcp://other:2375");
        assert!(other.lock().unwrap().is_ok());
        drop(lock);
        assert_eq!(place.supervisor(), None);
    }

    #[test]
    fn what_was_written_is_read() {
        let state = tempfile::tempdir().unwrap();
        let place = Place::new(state.path(), "qwen", "e");
        assert_eq!(place.record(), None);
        let record = Record {
            arguments: vec!["/x/qwen.toml".to_owned()],
            ..Record::default()
        };
        place.write(&record).unwrap();
        assert_eq!(place.record(), Some(record));
        place.forget();
        assert_eq!(place.record(), None);
    }
}
