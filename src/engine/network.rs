//! Networks and volumes that containers share.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::deadline::Pace;
use super::http::{Call, escape, found};
use super::{Engine, EngineError, Filters};

/// Labels of a network.
pub type Labels = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    name: String,
}

impl Engine {
    /// Makes a private network, unless one of that name is there.
    pub async fn ensure_network(&self, name: &str, labels: &Labels) -> Result<(), EngineError> {
        let call = Call::get("inspect the network", network(name));
        let found: Option<Value> = found(self.json(call)).await?;
        if found.is_some() {
            return Ok(());
        }
        let request = json!({ "Name": name, "Driver": "bridge", "Labels": labels });
        let action = format!("create network `{name}`");
        let call = Call::post(&action, "/networks/create").json(&request);
        match self.done(call.at(Pace::Work)).await {
            // Somebody else was faster.
            Err(error) if error.status() == Some(409) => Ok(()),
            made => made,
        }
    }

    /// Returns the names of the networks that filters choose.
    pub async fn networks(&self, filters: &Filters) -> Result<Vec<String>, EngineError> {
        let path = format!("/networks?filters={}", escape(&json!(filters).to_string()));
        let networks: Vec<Named> = self.json(Call::get("list networks", path)).await?;
        Ok(networks.into_iter().map(|network| network.name).collect())
    }

    /// Removes a network. One that is gone is as good as removed.
    pub async fn remove_network(&self, name: &str) -> Result<(), EngineError> {
        self.remove(&format!("remove network `{name}`"), network(name))
            .await
    }

    /// Removes a volume. One that is gone is as good as removed.
    pub async fn remove_volume(&self, name: &str) -> Result<(), EngineError> {
        let path = format!("/volumes/{}", escape(name));
        self.remove(&format!("remove volume `{name}`"), path).await
    }

    async fn remove(&self, action: &str, path: String) -> Result<(), EngineError> {
        let call = Call::delete(action, path).at(Pace::Work);
        found(self.done(call)).await.map(drop)
    }
}

fn network(name: &str) -> String {
    format!("/networks/{}", escape(name))
}
