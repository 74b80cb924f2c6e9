//! Files that are copied into a container between its creation and its start.

use std::io::{self, Read as _};

use super::account::{self, Account};
use crate::engine::{Engine, EngineError};
use crate::launch::facts::HostFacts;
use crate::launch::implied::{SECRETS, SecretFile, SecretSource};
use crate::problem::{Problem, ProblemKind};
use crate::secret::Secret;

const PASSWD: &str = "/etc/passwd";

/// Why a container could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The engine refused.
    #[error(transparent)]
    Engine(Box<EngineError>),
    /// A secret's value cannot be read.
    #[error("Cannot read the secret `{id}`")]
    Secret {
        /// The secret.
        id: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The image does not have the user that it or `--user` names.
    #[error("The image has no user `{0}`")]
    NoUser(String),
    /// An archive cannot be read or written.
    #[error("Cannot read the container's accounts")]
    Archive(#[from] io::Error),
}

impl From<EngineError> for FillError {
    fn from(error: EngineError) -> Self {
        Self::Engine(Box::new(error))
    }
}

impl From<FillError> for Problem {
    fn from(error: FillError) -> Self {
        match error {
            FillError::Engine(error) => (*error).into(),
            FillError::NoUser(_) => {
                Self::from_error(ProblemKind::Usage, &error).hint("Use a number: `--user 1000`")
            }
            FillError::Secret { .. } | FillError::Archive(_) => {
                Self::from_error(ProblemKind::Usage, &error)
            }
        }
    }
}

/// A container that was created and not started.
#[derive(Debug)]
pub struct Fill<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The container.
    pub id: &'a str,
    /// The host, for values and the user.
    pub host: &'a HostFacts,
}

impl Fill<'_> {
    /// Copies secrets to [`SECRETS`], each readable for `user` only. A volume there has to be named,
    /// because the engine does not write to one through the directories around it.
    pub async fn secrets(
        &self,
        secrets: &[SecretFile],
        user: &str,
        has_volume: bool,
    ) -> Result<(), FillError> {
        if secrets.is_empty() {
            return Ok(());
        }
        let owner = self.account(user).await?;
        let owner = owner.ok_or_else(|| FillError::NoUser(user.to_owned()))?;
        let mut archive = Archive::default();
        let top = if has_volume { SECRETS } else { "/" };
        if !has_volume {
            archive.directory(&format!("{}/", &SECRETS[1..]))?;
        }
        for secret in secrets {
            let value = self.value(secret)?;
            let target = secret.target();
            let inside = target.trim_start_matches(top).trim_start_matches('/');
            archive.file(inside, value.expose(), 0o400, owner)?;
        }
        self.put(archive, top).await
    }

    /// Returns the account of a user that `--user` or the image names.
    pub(super) async fn account(&self, user: &str) -> Result<Option<Account>, FillError> {
        Ok(account::find(&self.passwd().await?, user))
    }

    /// Gives the host's user an account, so that programs find a name and a home.
    pub async fn host_user(&self) -> Result<(), FillError> {
        let passwd = self.passwd().await?;
        let account = Account {
            uid: self.host.uid.into(),
            gid: self.host.gid.into(),
        };
        let name = self.host.user_name.as_deref().unwrap_or("host");
        let Some(with_user) = account::with_user(&passwd, name, account, "/home/dynamo") else {
            return Ok(());
        };
        let root = Account { uid: 0, gid: 0 };
        let mut archive = Archive::default();
        archive.file(&PASSWD[1..], with_user.as_bytes(), 0o644, root)?;
        self.put(archive, "/").await
    }

    async fn put(&self, archive: Archive, directory: &str) -> Result<(), FillError> {
        let archive = archive.0.into_inner()?;
        Ok(self
            .engine
            .put_archive(self.id, directory, archive.into())
            .await?)
    }

    fn value(&self, secret: &SecretFile) -> Result<Secret, FillError> {
        let read = match &secret.source {
            SecretSource::Variable(name) => {
                let value = self.host.env.get(name).cloned();
                value.ok_or_else(|| {
                    io::Error::new(io::ErrorKind::NotFound, format!("`{name}` is not set"))
                })
            }
            SecretSource::File(path) => fs_err::read_to_string(path),
        };
        let text = read.map_err(|source| FillError::Secret {
            id: secret.id.clone(),
            source,
        })?;
        // Editors end files with a line feed, tokens have none.
        Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
    }

    async fn passwd(&self) -> Result<String, FillError> {
        let Some(archive) = self.engine.get_archive(self.id, PASSWD).await? else {
            return Ok(String::new());
        };
        Ok(first_file(&archive)?)
    }
}

fn first_file(archive: &[u8]) -> io::Result<String> {
    let mut text = String::new();
    for entry in tar::Archive::new(archive).entries()? {
        entry?.read_to_string(&mut text)?;
    }
    Ok(text)
}

/// A tar archive in memory.
struct Archive(tar::Builder<Vec<u8>>);

impl Default for Archive {
    fn default() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }
}

impl Archive {
    fn directory(&mut self, path: &str) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_mode(0o755);
        header.set_size(0);
        self.0.append_data(&mut header, path, io::empty())
    }

    fn file(&mut self, path: &str, content: &[u8], mode: u32, owner: Account) -> io::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_uid(owner.uid);
        header.set_gid(owner.gid);
        header.set_size(content.len() as u64);
        self.0.append_data(&mut header, path, content)
    }
}
