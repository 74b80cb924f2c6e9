//! Whether a container reached its limit of memory, as far as the engine saw that.

use std::time::Duration;

use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use super::http::{Call, escape};
use super::{Engine, EngineError};

/// How long an engine, whose clock may differ from ours, may take to tell of what has happened.
const EVENTS_LAG: Duration = Duration::from_millis(250);

/// Something that happened to a container.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    actor: Actor,
}

/// What it happened to.
#[derive(Deserialize)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
}

/// Reads out of events whether the container reached its limit of memory since it last started. The
/// kill may be reported before or after the end; without either, nothing is known.
fn reached_limit(events: &[u8], id: &str) -> Option<bool> {
    let events = serde_json::Deserializer::from_slice(events).into_iter::<Event>();
    let own = events
        .map_while(Result::ok)
        .filter(|event| event.actor.id == id);
    own.fold(None, |seen, event| match event.action.as_str() {
        "oom" => Some(true),
        "die" => seen.or(Some(false)),
        _ => None,
    })
}

impl Engine {
    /// Returns whether the kernel killed a process of a container because the container reached its
    /// limit of memory, as far as the engine saw that; `None` if the engine does not know the
    /// container's end any more. The id must be whole: the engine's events are found by how an id
    /// or a name begins.
    ///
    /// One that is gone is looked up in the engine's last events (256 of them: moby,
    /// daemon/events).
    pub async fn ran_out_of_memory(&self, id: &str) -> Result<Option<bool>, EngineError> {
        let facts = self.container(id).await?;
        let reported = facts.map(|facts| facts.state.oom_killed);
        if reported == Some(true) {
            return Ok(reported);
        }
        let seen = reached_limit(&self.last_events(id).await?, id);
        Ok(seen.or(reported))
    }

    /// Returns as many of the last events of a container as the engine reports at once.
    async fn last_events(&self, id: &str) -> Result<Vec<u8>, EngineError> {
        let filters = json!({"container": [id], "event": ["start", "oom", "die"]}).to_string();
        // An end makes the engine answer at once, where its clock is not behind ours.
        let until = Timestamp::now().as_duration();
        let path = format!(
            "/events?since=1&until={}.{:09}&filters={}",
            until.as_secs(),
            until.subsec_nanos(),
            escape(&filters)
        );
        let answer = self.send(Call::get("read the engine's events", path));
        let mut events = Vec::new();
        let read = async {
            let mut body = answer.await?.into_body();
            while let Some(Ok(frame)) = body.frame().await {
                events.extend(frame.into_data().unwrap_or_default());
            }
            Ok(())
        };
        match timeout(EVENTS_LAG, read).await {
            Ok(read) => read.map(|()| events),
            Err(_) => Ok(events),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(&[("start", "a"), ("oom", "a"), ("die", "a")], Some(true); "killed for memory")]
    #[test_case(&[("start", "a"), ("die", "a"), ("oom", "a")], Some(true); "reported after the end")]
    #[test_case(&[("start", "a"), ("die", "a")], Some(false); "ended otherwise")]
    #[test_case(&[("oom", "a"), ("die", "a"), ("start", "a"), ("die", "a")], Some(false); "an earlier run of it")]
    #[test_case(&[("oom", "a2"), ("die", "a"), ("oom", "a2")], Some(false); "another container")]
    #[test_case(&[("oom", "a2")], None; "nothing of it")]
    fn events_tell_of_memory(events: &[(&str, &str)], expected: Option<bool>) {
        let lines = events.iter().map(|(action, id)| {
            json!({"Type": "container", "Action": action, "Actor": {"ID": id}}).to_string()
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        assert_eq!(reached_limit(text.as_bytes(), "a"), expected);
    }
}
