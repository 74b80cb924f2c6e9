//! A frontend that runs: what it knows of the workers, and completions through it.

use http::Method;
use serde_json::json;

use super::answers::{Counts, Instance, Served, counts, instances, served};
use crate::engine::{ContainerFacts, Engine};
use crate::launch::readiness::{Answer, Places, Route, reachable};

/// Bytes of an answer that are shown of one that was not expected.
const SHOWN: usize = 160;

/// A frontend that answers.
#[derive(Clone, Debug)]
pub(crate) struct Frontend {
    route: Route,
    model: String,
    namespace: String,
}

impl Frontend {
    /// Looks for a way to the frontend in a container: from here, as a client would, or from
    /// inside. Another server may hold the port here, so that one from here has to know the model.
    pub(crate) async fn find(
        engine: &Engine,
        facts: &ContainerFacts,
        port: u16,
        (model, namespace): (&str, &str),
        places: &Places,
    ) -> Option<Self> {
        let direct = reachable(facts, port, places);
        let direct = direct
            .into_iter()
            .map(|(host, port)| Route::direct(&host, port));
        for route in direct {
            let found = Self::new(route, model, namespace);
            if found.counts().await.is_ok_and(|counts| !counts.is_empty()) {
                return Some(found);
            }
        }
        let inside = Self::new(Route::inside(engine, facts, port), model, namespace);
        inside.is_live().await.then_some(inside)
    }

    fn new(route: Route, model: &str, namespace: &str) -> Self {
        Self {
            route,
            model: model.to_owned(),
            namespace: namespace.to_owned(),
        }
    }

    pub(crate) async fn is_live(&self) -> bool {
        let answer = self.route.ask(Method::GET, "/live", "").await;
        answer.is_ok_and(|answer| answer.status == 200)
    }

    /// Returns how many workers of each type it counts; none of a model that it does not know yet.
    pub(crate) async fn counts(&self) -> Result<Counts, String> {
        let path = format!("/v1/models/{}/ready", self.model);
        let answer = self.route.ask(Method::GET, &path, "").await?;
        match answer.status {
            404 => Ok(Counts::default()),
            200 => Ok(counts(&answer.body, &self.namespace)),
            _ => Err(unexpected(&path, &answer)),
        }
    }

    /// Returns the workers that it sees in discovery.
    pub(crate) async fn instances(&self) -> Result<Vec<Instance>, String> {
        let answer = self.route.ask(Method::GET, "/health", "").await?;
        Ok(instances(&answer.body, &self.namespace))
    }

    /// Asks for a few tokens, and returns which workers served them.
    pub(crate) async fn complete(
        &self,
        number: usize,
        pinned: Option<u64>,
    ) -> Result<Served, String> {
        let path = "/v1/chat/completions";
        let mut extension = json!({ "extra_fields": ["worker_id"] });
        if let Some(id) = pinned {
            extension["backend_instance_id"] = json!(id);
        }
        // Different beginnings: a router that knows prefixes would send all to one worker.
        let question = json!({
            "model": self.model,
            "messages": [{ "role": "user", "content": format!("{number} times hello") }],
            "max_tokens": 2,
            "nvext": extension,
        });
        let answer = self
            .route
            .ask(Method::POST, path, &question.to_string())
            .await?;
        match answer.status {
            200 => served(&answer.body).ok_or_else(|| unexpected(path, &answer)),
            _ => Err(unexpected(path, &answer)),
        }
    }
}

fn unexpected(path: &str, answer: &Answer) -> String {
    let body = answer.body.split_whitespace().collect::<Vec<_>>().join(" ");
    let body: String = body.chars().take(SHOWN).collect();
    format!(
        "{path}: {} {}",
        answer.status,
        crate::text::clean_line(&body)
    )
}
