//! Secrets: values that steps mount by id.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use tonic::{Request, Response, Status};

use crate::buildkit::proto::secrets::secrets_server::Secrets;
use crate::buildkit::proto::secrets::{GetSecretRequest, GetSecretResponse};
use crate::problem::{Problem, ProblemKind};
use crate::secret::Secret;

/// The largest value that BuildKit takes, in bytes (`MaxSecretSize`).
pub const SIZE_LIMIT: usize = 500 << 10;

/// The values that a session knows, and which ids the engine asked for.
///
/// BuildKit goes on without a secret that its client does not know, unless the step says
/// `required=true`. So the ids asked for in vain are kept for the caller to tell.
#[derive(Clone, Debug, Default)]
pub struct SecretStore {
    values: Arc<BTreeMap<String, Secret>>,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

/// Why a value cannot be offered.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SecretError {
    /// It is larger than BuildKit takes.
    #[error("Secret `{id}` has {size} bytes, but BuildKit takes at most {SIZE_LIMIT}")]
    TooLarge {
        /// The secret.
        id: String,
        /// Its size in bytes.
        size: usize,
    },
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        Self::from_error(ProblemKind::Usage, &error)
            .hint("Check that the secret names the file that you mean")
    }
}

impl SecretStore {
    /// Offers values by id.
    pub fn new(values: BTreeMap<String, Secret>) -> Result<Self, SecretError> {
        for (id, value) in &values {
            let size = value.expose().len();
            if size > SIZE_LIMIT {
                return Err(SecretError::TooLarge {
                    id: id.clone(),
                    size,
                });
            }
        }
        Ok(Self {
            values: Arc::new(values),
            asked: Arc::default(),
        })
    }

    /// Offers more values, under ids that have none yet. What was asked for is shared with the old
    /// store.
    #[must_use]
    pub fn with_defaults(self, more: BTreeMap<String, Secret>) -> Self {
        if more.is_empty() {
            return self;
        }
        let mut values = more;
        let known = self.values.iter();
        values.extend(known.map(|(id, value)| (id.clone(), value.clone())));
        Self {
            values: Arc::new(values),
            asked: self.asked,
        }
    }

    /// Returns the ids that the engine asked for and did not get, sorted.
    pub fn missed(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked
            .iter()
            .filter(|id| !self.values.contains_key(*id))
            .cloned()
            .collect()
    }

    /// Returns the ids that were offered and never asked for, sorted.
    pub fn unused(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        self.values
            .keys()
            .filter(|id| !asked.contains(*id))
            .cloned()
            .collect()
    }

    fn answer(&self, id: &str) -> Option<&Secret> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned());
        self.values.get(id)
    }
}

#[tonic::async_trait]
impl Secrets for SecretStore {
    async fn get_secret(
        &self,
        request: Request<GetSecretRequest>,
    ) -> Result<Response<GetSecretResponse>, Status> {
        let id = &request.get_ref().id;
        let secret = self.answer(id);
        let secret = secret.ok_or_else(|| Status::not_found(format!("secret {id} not found")))?;
        Ok(Response::new(GetSecretResponse {
            data: secret.expose().to_vec(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(id: &str, value: impl Into<Vec<u8>>) -> Result<SecretStore, SecretError> {
        SecretStore::new(BTreeMap::from([(id.to_owned(), Secret::new(value))]))
    }

    async fn get(store: &SecretStore, id: &str) -> Result<Vec<u8>, tonic::Code> {
        let request = GetSecretRequest {
            id: id.into(),
            ..Default::default()
        };
        let answer = store.get_secret(Request::new(request)).await;
        answer
            .map(|response| response.into_inner().data)
            .map_err(|status| status.code())
    }

    #[tokio::test]
    async fn knows_what_was_asked_in_vain_and_what_was_not_asked() {
        let store = store("token", "t").unwrap();
        assert_eq!(get(&store, "ca").await, Err(tonic::Code::NotFound));
        assert_eq!(
            (store.missed(), store.unused()),
            (vec!["ca".into()], vec!["token".into()])
        );
        assert_eq!(get(&store, "token").await, Ok(b"t".to_vec()));
        assert_eq!(store.unused(), Vec::<String>::new());
    }

    #[test]
    fn a_value_that_the_engine_would_refuse_is_refused_here() {
        assert!(store("key", vec![0; SIZE_LIMIT]).is_ok());
        let error = store("key", vec![0; SIZE_LIMIT + 1]).unwrap_err();
        let message = "Secret `key` has 512001 bytes, but BuildKit takes at most 512000";
        assert_eq!(error.to_string(), message);
    }
}
