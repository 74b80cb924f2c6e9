//! One supervisor per deployment, and what it was started with.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err::OpenOptions;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

/// How often a lock is tried that is held, and how long between.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

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
    pub(crate) replicas: BTreeMap<String, u32>,
    /// Engines by machine, of what is driven from here on several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) engines: BTreeMap<String, String>,
}

/// Held as long as a supervisor lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// A process that supervises.
#[derive(Debug)]
pub(crate) struct Supervising {
    /// Its number.
    pub(crate) process: u32,
    file: File,
}

impl Supervising {
    /// Returns whether it has ended. The directory may be gone before, and belong to another one.
    pub(crate) fn has_ended(&self) -> bool {
        !is_held(&self.file)
    }
}

/// Returns whether a lock is held. Those who only look do not keep each other off.
fn is_held(file: &File) -> bool {
    flock(file, FlockOperation::NonBlockingLockShared).is_err()
        || flock(file, FlockOperation::Unlock).is_err()
}

fn number_in(file: &mut File) -> io::Result<Option<u32>> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text.trim().parse().ok())
}

impl Place {
    /// Returns the place of a deployment below the user's directory for what programs remember.
    /// The same name on another engine is another deployment.
    pub(crate) fn new(state: &Path, name: &str, engine: &str) -> Self {
        let engine = crate::hash::sha256_hex(engine.as_bytes());
        Self::called(state, &format!("{name}.{}", &engine[..8]))
    }

    /// Returns the place of a deployment whose machines' engines are driven from here. Each machine's
    /// part has a place of its own besides, with lock and record, as if it had been started alone.
    pub(crate) fn of_machines(state: &Path, name: &str) -> Self {
        Self::called(state, &format!("{name}.machines"))
    }

    fn called(state: &Path, directory: &str) -> Self {
        Self {
            directory: state.join("dynrun/deployments").join(directory),
        }
    }

    /// Returns the deployment's name.
    pub(crate) fn name(&self) -> String {
        let name = self.directory.file_stem().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("supervisor.log")
    }

    fn lock_file(&self) -> PathBuf {
        self.directory.join("lock")
    }

    fn record_file(&self) -> PathBuf {
        self.directory.join("record.json")
    }

    /// Takes the lock, or returns the number of the process that has it.
    pub(crate) fn lock(&self) -> io::Result<Result<Lock, Option<u32>>> {
        fs_err::create_dir_all(&self.directory)?;
        let path = self.lock_file();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        let mut file = file.into_parts().0;
        let mut tries = TRIES;
        while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            if tries == 0 {
                return Ok(Err(number_in(&mut file)?));
            }
            // Somebody may just be looking whether it is held.
            tries -= 1;
            std::thread::sleep(PAUSE);
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Ok(Lock { _file: file }))
    }

    /// Returns the process that supervises the deployment, if there is one.
    pub(crate) fn supervisor(&self) -> Option<Supervising> {
        let mut file = File::open(self.lock_file()).ok()?;
        if !is_held(&file) {
            return None;
        }
        let process = number_in(&mut file).ok()??;
        Some(Supervising { process, file })
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
        assert!(place.supervisor().is_none());
        let lock = place.lock().unwrap().unwrap();
        let supervising = place.supervisor().unwrap();
        assert_eq!(supervising.process, std::process::id());
        assert_eq!(place.lock().unwrap().unwrap_err(), Some(std::process::id()));
        let other = Place::new(state.path(), "qwen", "tcp://other:2375");
        assert!(other.lock().unwrap().is_ok());
        // A place that is forgotten and made again is another one's.
        place.forget();
        assert!(place.supervisor().is_none());
        assert!(!supervising.has_ended());
        let next = place.lock().unwrap().unwrap();
        assert!(!supervising.has_ended());
        drop(lock);
        assert!(supervising.has_ended());
        assert!(place.supervisor().is_some());
        drop(next);
        assert!(place.supervisor().is_none());
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
