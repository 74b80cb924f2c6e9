//! A client of the model that a deployment serves.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Result;

/// The frontend of the deployment.
pub(crate) struct Model {
    url: String,
    agent: ureq::Agent,
}

impl Model {
    pub(crate) fn at(address: &str) -> Self {
        let config = ureq::Agent::config_builder();
        // Each request is a connection, as of clients that come and go.
        let config = config
            .max_idle_connections(0)
            .timeout_global(Some(Duration::from_secs(3)));
        Self {
            url: format!("http://{address}:8000/v1/chat/completions"),
            agent: config.build().into(),
        }
    }

    /// Asks for a completion, and returns the worker that served it.
    pub(crate) fn complete(&self) -> Option<u64> {
        let question = json!({
            "model": "model",
            // Another text each time, so that no worker has it already.
            "messages": [{ "role": "user", "content": format!("{} hello", rand::random::<u64>()) }],
            "max_tokens": 2,
            "nvext": { "extra_fields": ["worker_id"] },
        });
        let mut answer = self.agent.post(&self.url).send_json(question).ok()?;
        let answer: Value = answer.body_mut().read_json().ok()?;
        answer["usage"]["completion_tokens"]
            .as_u64()
            .filter(|tokens| *tokens > 0)?;
        answer["nvext"]["worker_id"]["decode_worker_id"].as_u64()
    }

    /// Returns how many workers answer a number of requests.
    pub(crate) fn serving(&self, requests: usize) -> usize {
        let workers = (0..requests).filter_map(|_| self.complete());
        workers.collect::<BTreeSet<_>>().len()
    }

    pub(crate) fn wait_for_workers(&self, count: usize) -> Result<()> {
        let begun = Instant::now();
        while self.serving(6) < count {
            if begun.elapsed() > Duration::from_secs(60) {
                return Err(format!("there are not {count} workers after a minute").into());
            }
            sleep(Duration::from_millis(100));
        }
        Ok(())
    }
}
