//! Taking a worker out of discovery.
//!
//! A worker that was killed stays there until its lease ends, and every request that goes to it
//! fails. Whoever knows that it is gone deletes its entries.

use super::etcd::Etcd;
use super::inside;
use crate::engine::Engine;

/// Where workers are registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Registry {
    /// Files in a directory of every member.
    Files { directory: String },
    /// etcd, where the worker's id is its lease.
    Etcd { endpoints: String },
    /// One that is not ours to change.
    Foreign,
}

impl Registry {
    /// Deletes the entries of a worker: directly if etcd has an address, or by a command in one of
    /// these containers, the first in which it succeeds.
    pub(crate) async fn remove(&self, engine: &Engine, containers: &[String], id: u64) -> bool {
        if let Self::Etcd { endpoints } = self
            && let Some(etcd) = Etcd::at(endpoints)
            && etcd.revoke(id).await
        {
            return true;
        }
        let Some(command) = self.command(id) else {
            return false;
        };
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        for container in containers {
            if inside::succeeds(engine, container, &command).await {
                return true;
            }
        }
        false
    }

    fn command(&self, id: u64) -> Option<Vec<String>> {
        let words: &[&str] = match self {
            // The names of the files end with the id.
            Self::Files { directory } => {
                let script = r#"rm -f -- "$1"/v1/*/*%2F"$2""#;
                &["sh", "-c", script, "sh", directory, &format!("{id:x}")]
            }
            Self::Etcd { endpoints } => &[
                "etcdctl",
                "--endpoints",
                endpoints,
                "lease",
                "revoke",
                &format!("{id:x}"),
            ],
            Self::Foreign => return None,
        };
        Some(words.iter().map(|word| (*word).to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_end_with_the_id_in_hexadecimal() {
        let directory = tempfile::tempdir().unwrap();
        let instances = directory.path().join("v1/instances");
        fs_err::create_dir_all(&instances).unwrap();
        for name in [
            "pd%2Fbackend%2Fgenerate%2F10dc3fdee2818a17",
            "pd%2Fbackend%2Fgenerate%2Fff",
        ] {
            fs_err::write(instances.join(name), "").unwrap();
        }
        let registry = Registry::Files {
            directory: directory.path().display().to_string(),
        };
        let command = registry.command(0x10dc_3fde_e281_8a17).unwrap();
        let status = std::process::Command::new(&command[0])
            .args(&command[1..])
            .status()
            .unwrap();
        let left: Vec<_> = instances
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert!(status.success());
        assert_eq!(left, ["pd%2Fbackend%2Fgenerate%2Fff"]);
    }

    #[test]
    fn the_lease_of_etcd_is_revoked() {
        let registry = Registry::Etcd {
            endpoints: "http://etcd:2379".to_owned(),
        };
        let command = registry.command(255).unwrap().join(" ");
        assert_eq!(
            command,
            "etcdctl --endpoints http://etcd:2379 lease revoke ff"
        );
        assert_eq!(Registry::Foreign.command(1), None);
    }
}
