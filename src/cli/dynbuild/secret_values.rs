//! The values of secrets, read when the build begins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use crate::cli::edge::Edge;
use crate::plan::{PlannedSecret, SecretSource};
use crate::problem::{Problem, Problems};
use crate::secret::Secret;

/// How long the writer of a pipe may take. One that asks a person for a password is slow.
const PIPE_LIMIT: Duration = Duration::from_secs(60);

/// Reads the values of secrets, all problems at once. A pipe is read once, however many targets
/// have the secret.
pub(super) fn read_secrets<'a>(
    planned: impl Iterator<Item = &'a PlannedSecret>,
    edge: &Edge,
) -> Result<BTreeMap<String, Secret>, Problems> {
    let mut values: BTreeMap<String, Secret> = BTreeMap::new();
    let mut problems = Problems::default();
    for secret in planned {
        if values.contains_key(&secret.id) {
            continue;
        }
        match read_secret(&secret.source, edge) {
            Ok(value) => {
                values.insert(secret.id.clone(), value);
            }
            Err(why) => {
                let message = format!("Secret `{}` cannot be read: {why}", secret.id);
                let hint = "Correct the place: `--secret id=ID,src=FILE`";
                problems.extend_new([Problem::usage(message).hint(hint)]);
            }
        }
    }
    problems.or(values)
}

fn read_secret(source: &SecretSource, edge: &Edge) -> Result<Secret, String> {
    match source {
        SecretSource::Environment(name) => edge
            .environment
            .get(name)
            .map(Secret::new)
            .ok_or_else(|| format!("the variable `{name}` is not set")),
        SecretSource::File(path) => read_file(&secret_file(path, edge), PIPE_LIMIT),
    }
}

fn read_file(path: &Path, limit: Duration) -> Result<Secret, String> {
    let read = |path: PathBuf| fs_err::read(path).map(Secret::new);
    if path.is_dir() {
        return Err(format!("`{}` is a directory", path.display()));
    }
    if path.is_file() {
        return read(path.to_owned()).map_err(|error| error.to_string());
    }
    // Opening a pipe waits for its writer.
    let (sender, receiver) = channel();
    let owned = path.to_owned();
    std::thread::spawn(move || sender.send(read(owned)).ok());
    match receiver.recv_timeout(limit) {
        Ok(value) => value.map_err(|error| error.to_string()),
        Err(_) => Err(format!(
            "nobody has written to `{}` within {} s",
            path.display(),
            limit.as_secs()
        )),
    }
}

/// Returns where a secret's file is: `~/` is the home directory.
pub(super) fn secret_file(path: &str, edge: &Edge) -> PathBuf {
    match (path.strip_prefix("~/"), edge.environment.home()) {
        (Some(below), Some(home)) => home.join(below),
        _ => edge.absolute(Path::new(path)),
    }
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    fn pipe(place: &Path) -> PathBuf {
        let path = place.join("pipe");
        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        path
    }

    #[test]
    fn a_pipe_is_read_and_a_directory_named() {
        let place = tempfile::tempdir().unwrap();
        let path = pipe(place.path());
        let writer = path.clone();
        std::thread::spawn(move || fs_err::write(writer, "canary").unwrap());
        let value = read_file(&path, PIPE_LIMIT).unwrap();
        assert_eq!(value.expose(), b"canary");
        assert_eq!(
            read_file(Path::new("/dev/null"), PIPE_LIMIT)
                .unwrap()
                .expose(),
            b""
        );
        let directory = read_file(place.path(), PIPE_LIMIT).unwrap_err();
        assert!(directory.ends_with("is a directory"), "{directory}");
    }

    #[test]
    fn a_pipe_that_nobody_writes_to_is_given_up() {
        let place = tempfile::tempdir().unwrap();
        let why = read_file(&pipe(place.path()), Duration::from_millis(10)).unwrap_err();
        assert!(why.starts_with("nobody has written to"), "{why}");
    }
}
